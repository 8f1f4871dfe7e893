/*
 * The ledger: every change of the station, in order, on disk before it is acknowledged.
 *
 * DIR/ledger.db   SQLite, WAL, synchronous=FULL. Table events: one row a change, readable with the
 *                 sqlite3 shell; every row carries the epoch and a keyed BLAKE2b-128 checksum,
 *                 chained to the row before it. Compartments stand there by name, so the wall may
 *                 be rearranged.
 * DIR/checkpoint  the whole state after one event, portable (little-endian), checksummed, replaced
 *                 atomically: a start reads it and only the rows after it.
 * DIR/mark        one page: the last durable sequence, written after each commit and not flushed in
 *                 the reply path (the page cache outlives every process). A ledger that ends
 *                 before the mark has lost acknowledged rows (SQLite drops a WAL silently from its
 *                 first bad frame on), and is refused. It also holds the durable floor of time and
 *                 the guess limit.
 * DIR/history.db  which rows speak of which compartment: the archivist's, for the history only. It
 *                 can be thrown away at any moment.
 *
 * One writer: the keeper. Lock required: none (nothing here touches the segment).
 */
#ifndef LOCKER_LEDGER_H
#define LOCKER_LEDGER_H

#include "locker.h"
#include "segment.h"
#include "station_key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_WHY_SIZE 512

struct ledger;

struct ledger_options {
    const char *directory;
    const uint8_t *key;  /* station_keys.ledger, 32 bytes; NULL: for the history only */
    const char *station; /* must match the name in an existing ledger, or be new */
    const struct compartment *wall;
    uint32_t compartments;
    const uint8_t *boot_id; /* of this boot, BOOT_ID_SIZE: what is appended belongs to it; NULL: not
                               known before ledger_end() or ledger_mark_time() tells it */
    bool readonly;          /* history and audit only */
    bool existing;          /* never begin a new one, whatever is missing */
};

/* Open, or create when the directory holds none. -errno with a sentence in why (LEDGER_WHY_SIZE)
 * that names the file, the cause and the remedy. */
int ledger_open(struct ledger **ledger, const struct ledger_options *options, char *why)
    __attribute__((warn_unused_result));
void ledger_close(struct ledger *ledger);
const char *ledger_path(const struct ledger *ledger);

/* What stands in the ledger before anything of it is loaded. */
struct ledger_end {
    uint64_t sequence; /* of the last row; 0: empty */
    uint64_t checkpoint_sequence;
    struct clock_floor floor; /* same_boot judged against the boot id given to ledger_end() */
    int64_t alive_at_ms;      /* the last trusted time the station is known to have been up */
    int64_t guess_full_at_ms;
};
int ledger_end(struct ledger *ledger, const uint8_t boot_id[BOOT_ID_SIZE], struct ledger_end *end,
               char *why) __attribute__((warn_unused_result));

/*
 * Rebuild: checkpoint, then every row after it, verified, replayed into an empty formatted locker.
 * Any damage (a checksum, a gap, rows missing below the mark, a checkpoint that does not match its
 * row) is -EBADMSG: the start is refused, and why says what is damaged and what can be done. A
 * compartment that holds a parcel but is not in the configuration any more: -EXDEV, named in why.
 * Rows before the checkpoint: the newest LEDGER_VERIFY_BEHIND of them are verified too; the rest is
 * ledger_audit()'s.
 */
#define LEDGER_VERIFY_BEHIND 4096
int ledger_load(struct ledger *ledger, struct locker *locker, char *why)
    __attribute__((warn_unused_result));

/* The last durable row of a ledger that is open for writing. */
void ledger_stamp_end(const struct ledger *ledger, struct ledger_stamp *stamp);

/* Is this place one of this ledger? 0; -EBADMSG: it is of another, or of a copy that has gone
 * another way since; -ENOENT: the ledger does not reach so far. */
int ledger_holds(struct ledger *ledger, const struct ledger_stamp *stamp)
    __attribute__((warn_unused_result));

/* Does the row at this event's sequence say the same as the event? (An adopted segment against
 * its ledger.) 0; -EBADMSG when it differs; -ENOENT. */
int ledger_compare(struct ledger *ledger, const struct event *event)
    __attribute__((warn_unused_result));

/*
 * Append events (consecutive, after the last row) in one transaction; durable on return, and the
 * mark set. A failure (-ENOSPC, -EROFS, -EIO, -EDQUOT …) leaves nothing of the batch; the handle is
 * closed and a later call opens, verifies the end and starts over: a failed flush is never taken
 * back as success.
 */
int ledger_append(struct ledger *ledger, const struct event *events, size_t count)
    __attribute__((warn_unused_result));

/* After a batch, when its replies may leave: what the ledger has to do for itself and can wait. */
void ledger_tend(struct ledger *ledger);

/*
 * Are the files that are written to still those that stand in the directory? Somebody may have
 * removed or replaced them, and what is committed into a file without a name is lost with the
 * process. What can be put right is; a ledger that is back, or another file with the same contents,
 * is taken. 0, or -errno after logging, once, what is the matter.
 */
int ledger_look(struct ledger *ledger) __attribute__((warn_unused_result));

/* The same where nothing in the directory has happened since the last look: nearly for nothing. */
int ledger_glance(struct ledger *ledger) __attribute__((warn_unused_result));

/* The floor of time and the guess limit, into the mark; flush: also onto the disk. */
struct ledger_time {
    int64_t now_ms;     /* trusted */
    int64_t elapsed_ms; /* CLOCK_BOOTTIME then */
    int64_t origin_ms;  /* trusted_clock_origin() */
    int64_t guess_full_at_ms;
};
void ledger_mark_time(struct ledger *ledger, const uint8_t boot_id[BOOT_ID_SIZE],
                      const struct ledger_time *time, bool flush);

/* Write a checkpoint of this locker (quiescent, everything in it durable in the ledger). */
int ledger_checkpoint(struct ledger *ledger, const struct locker *locker, char *why)
    __attribute__((warn_unused_result));

/* Newest first, at most limit lines into lines; of one compartment when id is not NULL. Strings
 * point into static names or into the lines themselves. Returns the count or -errno. */
int ledger_history(struct ledger *ledger, const char *compartment, uint32_t limit,
                   struct history_line *lines) __attribute__((warn_unused_result));

/* Bring DIR/history.db up to the last row: with it the history of one compartment is found, not
 * searched for. The archivist's. 0, or -errno with why; the ledger is none the worse for that. */
int ledger_index(struct ledger *ledger, char *why) __attribute__((warn_unused_result));

/* Verify the chain of every row there is, in slices of short reads. 0 or
 * -EBADMSG with why. *checked counts rows. */
int ledger_audit(struct ledger *ledger, uint64_t *checked, char *why)
    __attribute__((warn_unused_result));

#endif
