/*
 * The board: the accounts of all processes, in the segment of a traced build. Each is written by
 * its process alone.
 */
#ifndef LOCKER_STAGE_BOARD_H
#define LOCKER_STAGE_BOARD_H

#include "stage.h"

#include <stdalign.h>
#include <stdatomic.h>

#define STAGE_PROCESSES 5 /* as many as there are kinds of jobs */

/* Every power of two is cut into eight: a value read back is at most 1/8 above the one counted. */
#define STAGE_SUB_BITS 3
#define STAGE_BUCKETS  320 /* up to 2^42 ns; longer ones into the last */

/* Changes on the way at a time: no fewer than a desk holds back and the event ring holds. */
#define STAGE_MOMENTS 8192

struct stage_sum {
    uint64_t count;
    uint64_t sum_ns;
    uint32_t buckets[STAGE_BUCKETS];
};

struct stage_account {
    alignas(64) double mark_ns; /* what one mark costs itself, when all is warm */
    _Atomic uint64_t roused_ns; /* when somebody last woke it; 0: that is counted */
    struct stage_sum stages[STAGE_COUNT];
};

/* What the keeper did with a change. */
struct stage_moment {
    uint64_t sequence;
    uint64_t taken_ns;
    uint64_t stored_ns;
};

struct stage_board {
    struct stage_account accounts[STAGE_PROCESSES];
    struct stage_moment moments[STAGE_MOMENTS]; /* by sequence */
};

/* Where a time falls, and the longest that falls there. */
unsigned stage_bucket(uint64_t ns);
uint64_t stage_bucket_top(unsigned bucket);

#endif
