/*
 * The results of locker-bench engine, in the forms of output.h.
 */
#ifndef LOCKER_ENGINE_REPORT_H
#define LOCKER_ENGINE_REPORT_H

#include "output.h"
#include "statistics.h"

#include <stdint.h>

#define ENGINE_WALLS_MAX 8
#define ENGINE_FILLS_MAX 4

/* One wall at one occupancy. */
struct engine_row {
    uint32_t compartments;
    unsigned fill_percent;
    uint32_t inside;
    unsigned code_digits;
    unsigned rounds;
    double pair_ns[STATISTICS_ROUNDS_MAX];
    double hash_ns[STATISTICS_ROUNDS_MAX]; /* of the same round: a pair's hashes and codes alone */
    double cache_misses;                   /* a pair; negative: not available */
    double instructions;                   /* the same */
    uint64_t bytes;                        /* all of the wall's memory; */
    uint64_t request_bytes;                /* of them the memory of request ids */
};

struct engine_results {
    unsigned row_count;
    struct engine_row rows[ENGINE_WALLS_MAX * ENGINE_FILLS_MAX]; /* by wall, then occupancy */
    int counter_error; /* why there are no cache misses, an errno; 0: there are */
};

/* Everything that output_give() needs. */
struct output_source engine_output(const struct engine_results *results);

#endif
