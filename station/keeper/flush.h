/*
 * The flush: what the desks have recorded, batch by batch onto the disk.
 *
 * Owns the ledger's writer. A disk that fails, at any time and from the first moment on, is said in
 * the segment (header->storage) and tried again every second; until then nothing becomes durable.
 * The keeper's; lock required: none.
 */
#ifndef LOCKER_FLUSH_H
#define LOCKER_FLUSH_H

#include "job.h"
#include "ledger.h"

#include <stddef.h>
#include <stdint.h>

struct flush {
    const struct job *job;
    struct segment *segment;
    struct ledger *ledger; /* NULL when ephemeral, or while it cannot be opened */
    struct event *batch;   /* the events of one flush */
    int64_t retry_at_ms;   /* CLOCK_BOOTTIME; 0: the disk is good */
};

/* 0 or -ENOMEM; a ledger that cannot be opened is a disk that fails. */
int flush_open(struct flush *flush, const struct job *job, struct segment *segment)
    __attribute__((warn_unused_result));
void flush_close(struct flush *flush);

/* A chore: look at the ledger's files by their paths, whether or not there is something to flush.
 */
void flush_look(struct flush *flush);

/* The sequence whose recording begins the next flush; SLEEPER_UNTIL_TOLD when nothing does, 0 when
 * a failed disk is to be tried again, whatever was recorded. */
uint64_t flush_begins_at(const struct flush *flush);

/* One batch. Returns how many events became durable. The desks that wait for them have been woken.
 */
size_t flush_batch(struct flush *flush);

/* Wake the desks that wait for this sequence to become durable. */
void flush_tell_desks(struct flush *flush, uint64_t durable);

#endif
