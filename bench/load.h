/*
 * locker-bench load: stations beside a bare echo, in interleaved rounds.
 */
#ifndef LOCKER_LOAD_H
#define LOCKER_LOAD_H

#include "arguments.h"
#include "histogram.h"

#include <stdbool.h>
#include <stdint.h>

#define LOAD_TARGETS_MAX 3 /* echo, and two stations */
#define LOAD_SHAPES_MAX  12
#define LOAD_ROUNDS_MAX  100

/* One way of loading: so many REQ clients, or one DEALER with a window. */
struct load_shape {
    unsigned clients;
    unsigned window; /* 0: REQ clients */
};

/* One target under one shape, over all rounds. */
struct load_cell {
    double per_second[LOAD_ROUNDS_MAX];
    uint64_t refused;
    struct histogram latency;
};

/* What was measured. Target 0 is the echo. */
struct load_table {
    const char *targets[LOAD_TARGETS_MAX];
    unsigned target_count;
    struct load_shape shapes[LOAD_SHAPES_MAX];
    unsigned shape_count;
    unsigned rounds; /* completed in every cell */
    double seconds;  /* of one round of one cell */
    struct load_cell *cells[LOAD_TARGETS_MAX][LOAD_SHAPES_MAX];
};

int load_command(const struct subcommand *self, int argc, char **argv);
extern const char load_help[];

#endif
