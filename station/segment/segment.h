/*
 * The segment: the station's state in shared memory, /dev/shm/locker-NAME-HASH (HASH: of the run
 * directory, so that stations of one name in different run directories never meet).
 *
 * Layout: a header page, then the locker's memory. Native byte order and offsets; only processes
 * of one build on one boot share it. The layout version is stored last, with release: 0 means not
 * ready. Change anything here or in the locker's memory: raise SEGMENT_LAYOUT_VERSION or
 * LOCKER_LAYOUT_VERSION.
 */
#ifndef LOCKER_SEGMENT_H
#define LOCKER_SEGMENT_H

#include "locker.h"
#include "sleeper.h"
#include "station_lock.h"

#ifdef LOCKER_TRACE
#include "stage_board.h"
#endif

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SEGMENT_LAYOUT_VERSION 3
#define SEGMENT_MAGIC          "LOCKERSM"
#define SEGMENT_NAME_SIZE      64

#define BOOT_ID_SIZE 16

/* A place in a ledger, as the ledger itself tells it. */
struct ledger_stamp {
    uint8_t identity[16]; /* which ledger; zero: none */
    uint64_t sequence;    /* of the row; 0: before the first */
    uint8_t chain[16];    /* its checksum, which speaks for all rows before it, too */
};

/* What the disk says of itself. */
enum storage_state { STORAGE_GOOD = 0, STORAGE_UNAVAILABLE = 1 };

/* One desk's own line of the header; only that desk writes the counters. */
struct desk_line {
    alignas(64) struct sleeper sleeper; /* until the oldest reply held back may leave */
    _Atomic uint32_t pid;
    _Atomic uint64_t operations[OPERATION_COUNT]; /* requests answered, by operation */
    _Atomic uint64_t errors[OUTCOME_COUNT];       /* refusals, by outcome */
};

struct segment_header {
    char magic[8];
    _Atomic uint32_t version; /* SEGMENT_LAYOUT_VERSION when ready, stored last */
    uint32_t locker_version;
    uint64_t fingerprint;      /* of header and locker layout */
    uint64_t wall_fingerprint; /* of the configured compartments, in order */
    uint64_t size;             /* of the whole segment, bytes */
    uint64_t locker_offset;
    struct ledger_stamp ledger; /* the end of the ledger that it was built from, or agreed with */
    uint8_t boot_id[BOOT_ID_SIZE];
    char station[STATION_NAME_SIZE];
    _Atomic uint32_t supervisor_pid;
    bool ephemeral;
    int64_t started_elapsed_ms; /* CLOCK_BOOTTIME then */

    alignas(64) struct station_lock lock;

    /* Keeper's line. */
    alignas(64) struct sleeper keeper_sleeper; /* until there is something to flush */
    _Atomic uint32_t chores_wanted;            /* 1: look at the timer and the guess limit */
    _Atomic uint32_t keeper_pid;
    _Atomic uint32_t storage;             /* enum storage_state */
    _Atomic int64_t timer_ms;             /* trusted time at which the keeper wakes by itself */
    _Atomic uint64_t checkpoint_sequence; /* what the newest checkpoint contains */

    /* The event feed's line; only the operator's desk writes it. */
    alignas(64) _Atomic uint64_t published_sequence; /* the last one told while it was wanted */
    _Atomic uint32_t feed_wanted;                    /* 1: somebody subscribes */

    struct desk_line desks[ROLE_COUNT];
#ifdef LOCKER_TRACE
    struct stage_board stages;
#endif
};

struct segment {
    struct segment_header *header;
    struct locker locker;
    size_t size;
    int fd;
    bool readonly;
    char name[SEGMENT_NAME_SIZE]; /* as shm_open() takes it */
};

/* The name for a station of this name in this run directory: "/locker-NAME-HASH". The directory
 * is taken as realpath(3) gives it. 0 or -errno. */
int segment_name(const char *station, const char *run_dir, char name[SEGMENT_NAME_SIZE])
    __attribute__((warn_unused_result));

struct segment_plan {
    const char *name; /* from segment_name() */
    const char *station;
    const struct compartment *wall;
    uint32_t compartments;
    struct policy policy;
    uint8_t boot_id[BOOT_ID_SIZE];
    bool ephemeral;
};

/* A new, empty, not yet ready segment; one of that name that stood there before is unlinked first.
 * Its memory is allocated at once (a full /dev/shm is -ENOSPC here, not a SIGBUS later). Mode
 * 0600. The mapping is kept out of core dumps. */
int segment_create(struct segment *segment, const struct segment_plan *plan)
    __attribute__((warn_unused_result));

/*
 * Open one that a station before this left behind, and judge it: same layout, same boot, same wall
 * and station name and kind, ready, lock obtainable, every invariant holds (after finishing what a
 * dead owner left half done). 0: it can be trusted, and has the plan's policy. -ENOENT: none.
 * -ESTALE: it cannot, why (at least 200 bytes) says the reason. Other -errno: could not look.
 * Nothing of it is trusted unchecked; a short or foreign file is -ESTALE, never a crash.
 */
int segment_adopt(struct segment *segment, const struct segment_plan *plan, char *why,
                  size_t why_size) __attribute__((warn_unused_result));

/* Map one through an inherited descriptor (station processes), or by name, read-only (tools that
 * watch a station without asking it; the segment's mode decides who may). -EPROTO when it is not
 * ready or of another layout. */
int segment_map(struct segment *segment, int fd) __attribute__((warn_unused_result));
int segment_open_readonly(struct segment *segment, const char *name)
    __attribute__((warn_unused_result));

/* Everything is in place: store the version, with release. */
void segment_ready(struct segment *segment);
/* Nobody is to trust it until segment_ready() is called again. */
void segment_not_ready(struct segment *segment);

void segment_unmap(struct segment *segment);
/* unlink its name: an orderly end. */
void segment_remove(struct segment *segment);

/*
 * Take the lock; after a dead owner, recover the locker first. 0: held. Negative: it cannot be
 * used any more (-ETIMEDOUT an owner is stuck, -ENOTRECOVERABLE): log it and leave. *recovered (may
 * be NULL) tells whether a recovery took place, for the log, after release.
 */
int segment_lock(struct segment *segment, bool *recovered) __attribute__((warn_unused_result));
void segment_unlock(struct segment *segment);

/* Where a traced build counts (stage.h); NULL in any other. */
struct stage_board;
static inline struct stage_board *segment_stages(struct segment *segment)
{
#ifdef LOCKER_TRACE
    return &segment->header->stages;
#else
    (void)segment;
    return NULL;
#endif
}

/* Keyed by nothing: tells two walls apart (names, sizes, order). */
uint64_t wall_fingerprint(const struct compartment *wall, uint32_t compartments);

#endif
