/*
 * What a load measured: targets × shapes × rounds, with latency histograms. Whoever loads servers
 * (locker-bench load and others) fills this one table; output.h prints it in every form.
 */
#ifndef LOCKER_LOAD_TABLE_H
#define LOCKER_LOAD_TABLE_H

#include "histogram.h"
#include "statistics.h"

#include <stdbool.h>
#include <stdint.h>

#define LOAD_TARGETS_MAX     8
#define LOAD_SHAPES_MAX      18
#define LOAD_ROUNDS_MAX      STATISTICS_ROUNDS_MAX
#define LOAD_SHAPE_TEXT_SIZE 32

/* One way of loading. Closed loop: so many REQ clients. Pipelined: one DEALER with a window. Open
 * loop: requests fall due at a rate, whatever the answers do, spread over so many DEALERs. */
struct load_shape {
    unsigned clients;
    unsigned window; /* 0: not pipelined */
    unsigned rate;   /* requests a second; 0: not open */
};

/* One target under one shape: by round, and the latencies of all rounds. */
struct load_cell {
    double per_second[LOAD_ROUNDS_MAX];
    double p50_us[LOAD_ROUNDS_MAX]; /* of the response times, closed loop: service times */
    double p99_us[LOAD_ROUNDS_MAX];
    bool skipped; /* the target cannot be loaded in this shape: nothing else here means anything */
    uint64_t refused;
    unsigned rounds_short;     /* open loop: rounds in which the rate was not reached */
    struct histogram service;  /* ns from when it was sent until it was answered */
    struct histogram response; /* ns from when it fell due; open loop only */
};

/* Targets when both stations are started: target 0 is the floor that the others are given as ratios
 * to. compare's peers come after these. */
enum { LOAD_ECHO, LOAD_EPHEMERAL, LOAD_DURABLE, LOAD_FLUSHING_ECHO };

struct load_table {
    const char *targets[LOAD_TARGETS_MAX];
    const char *notes[LOAD_TARGETS_MAX]; /* what the target guarantees, NULL: not said */
    unsigned target_count;
    struct load_shape shapes[LOAD_SHAPES_MAX];
    unsigned shape_count;
    unsigned rounds; /* completed in every cell */
    double seconds;  /* of one round of one cell */
    struct load_cell *cells[LOAD_TARGETS_MAX][LOAD_SHAPES_MAX];
};

/* What one round of one cell came to. The histograms are of this round alone. */
struct load_round {
    uint64_t answered; /* requests answered with ok */
    uint64_t refused;  /* answered otherwise */
    double seconds;    /* until the last of them */
    bool fell_short;   /* open loop: the rate was not reached */
    struct histogram service;
    struct histogram response;
};

void load_round_clear(struct load_round *round);

/* Empty cells for the table's targets and shapes. 0 or -ENOMEM; load_table_free() either way. */
int load_table_make_cells(struct load_table *table) __attribute__((warn_unused_result));
void load_table_free(struct load_table *table);

/* Take down round number `number` of a cell; the rounds of the table are counted by the caller. */
void load_table_record(struct load_table *table, unsigned target, unsigned shape, unsigned number,
                       const struct load_round *round);

/* "8 clients", "window 64", "10000/s". */
void load_shape_text(const struct load_shape *shape, char text[LOAD_SHAPE_TEXT_SIZE]);

/* What its clients wait: response times in an open loop, else service times. */
const struct histogram *load_cell_latency(const struct load_cell *cell);

/* Rates of one cell, and their ratios to another target's, round by round. */
struct spread load_table_rate(const struct load_table *table, unsigned target, unsigned shape);
struct spread load_table_ratio(const struct load_table *table, unsigned target, unsigned to,
                               unsigned shape);

#endif
