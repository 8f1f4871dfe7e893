/*
 * Gathering: when the next flush of the disk begins.
 *
 * A flush takes about as long for one change as for a hundred, and costs about as much CPU. The
 * terminals whose replies the last flush released will ask for something new within a moment, so a
 * flush that begins at the first of them makes all the others wait for another one. After a flush
 * the next therefore waits until as many changes have come as were released and were waiting then,
 * but no longer than that flush took. A lone terminal, and whoever comes to an idle station, waits
 * for nobody.
 *
 * The idea is that of group commit with a delay for siblings (PostgreSQL's commit_delay and
 * commit_siblings); here nothing is to be configured, both numbers follow from the last flush.
 * Plain values; no clock is read.
 */
#ifndef LOCKER_GATHERING_H
#define LOCKER_GATHERING_H

#include <stdint.h>

struct gathering {
    uint64_t expected; /* the sequence that is worth waiting for */
    int64_t until_ns;  /* CLOCK_MONOTONIC; nobody waits longer */
};

/* A flush took from began_ns to now_ns and made `released` changes durable, the last of them
 * `durable`; by then `recorded` was the last one recorded. At most `most` are flushed at once. */
void gathering_flushed(struct gathering *gathering, uint64_t durable, uint64_t recorded,
                       uint64_t released, uint64_t most, int64_t began_ns, int64_t now_ns);

/* The sequence whose recording begins the next flush, as seen at now_ns: durable + 1 when there is
 * nothing to wait for. */
uint64_t gathering_begins_at(const struct gathering *gathering, uint64_t durable, int64_t now_ns);

#endif
