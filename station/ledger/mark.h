/*
 * The mark: DIR/mark, one page beside the ledger that says how far it must reach.
 *
 * Two slots, each with a keyed checksum, written alternately: whatever a death or a power loss
 * leaves of one, the other still stands. Written after each durable batch, with pwrite(2) into a
 * page that was allocated at creation: unlike a mapped page, it can meet a full disk or a bad
 * sector without a SIGBUS. It is in the page cache when the call returns, which is all that a
 * death of the process or of the station needs; it is flushed only by mark_flush().
 */
#ifndef LOCKER_MARK_H
#define LOCKER_MARK_H

#include <stdbool.h>
#include <stdint.h>

#define MARK_KEY_SIZE 32

struct mark_state {
    uint8_t identity[16]; /* of the ledger */
    uint64_t epoch;
    uint64_t sequence; /* the last row that is durable */
    uint8_t chain[16]; /* its checksum */
    uint8_t boot_id[16];
    int64_t now_ms;     /* the latest trusted time; 0: none yet */
    int64_t elapsed_ms; /* CLOCK_BOOTTIME then, in the boot boot_id */
    int64_t origin_ms;  /* trusted_clock_origin() in that boot */
    int64_t guess_full_at_ms;
};

struct mark {
    int fd;         /* -1: there is no file */
    bool believed;  /* a slot was right: state is what it says */
    bool unflushed; /* written since the last mark_flush() */
    uint64_t turn;  /* counts the writes; its lowest bit is the slot */
    uint8_t key[MARK_KEY_SIZE];
    struct mark_state state;
};

/* Look at DIRECTORY/mark. 0, also when there is none (fd -1) or neither slot is right (believed
 * false); -EBADMSG: it is no file; other -errno. A writer keeps it open for mark_write(). */
int mark_open(struct mark *mark, const char *directory, const uint8_t key[MARK_KEY_SIZE],
              bool readonly) __attribute__((warn_unused_result));

/* Make the file when there is none, its page allocated. */
int mark_create(struct mark *mark, const char *directory) __attribute__((warn_unused_result));

/* Whether the file that is open is the one that stands there: 0, -ENOENT or -ESTALE. */
int mark_look(const struct mark *mark, const char *directory) __attribute__((warn_unused_result));

/* Put one with the same state where it stood, or where something else stands now. */
int mark_replace(struct mark *mark, const char *directory) __attribute__((warn_unused_result));

/* Write the state into the slot that is not the newest. */
int mark_write(struct mark *mark) __attribute__((warn_unused_result));

int mark_flush(struct mark *mark) __attribute__((warn_unused_result));

void mark_close(struct mark *mark);

#endif
