/*
 * What locker-bench stages measured: the stages of each station under each load, by round, read
 * from the accounts that a traced station gives (station/trace/stage.h); and the forms in which
 * they are given.
 */
#ifndef LOCKER_STAGES_TABLE_H
#define LOCKER_STAGES_TABLE_H

#include "load_table.h"
#include "output.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define STAGES_CELLS_MAX  16
#define STAGES_ROWS_MAX   128
#define STAGES_ROUNDS_MAX 25
#define STAGES_NAME_SIZE  24

enum stages_figure {
    STAGES_TIMES,   /* a request of that process (the keeper's: a change) */
    STAGES_MEAN_NS, /* of one time; of laps, without the mark itself */
    STAGES_P50_NS,
    STAGES_P99_NS,
    STAGES_MARK_NS, /* what its marks cost a request */
};

#define STAGES_FIGURES 5

/* One stage of one process. */
struct stages_row {
    char process[STAGES_NAME_SIZE];
    char stage[STAGES_NAME_SIZE];
    bool span; /* between two processes; else a lap */
    double figures[STAGES_FIGURES][STAGES_ROUNDS_MAX];
};

/* How long deposits were on their way, as their clients saw it. */
struct stages_trip {
    double per_second; /* requests answered, pickups too */
    double mean_ns, p50_ns, p99_ns;
};

/* Processor time, of all threads: what libzmq's take is no stage. */
enum stages_process { STAGES_DRIVER_DESK, STAGES_KEYPAD_DESK, STAGES_KEEPER, STAGES_CLIENT };

#define STAGES_PROCESSES 4

extern const char *const stages_processes[STAGES_PROCESSES]; /* their names */

/* A station under a load. */
struct stages_cell {
    const char *station; /* "durable" */
    struct load_shape shape;
    unsigned rounds;
    struct stages_trip trips[STAGES_ROUNDS_MAX];
    struct stages_trip echo[STAGES_ROUNDS_MAX];
    double processor_ns[STAGES_PROCESSES][STAGES_ROUNDS_MAX]; /* a request of either kind */
    unsigned row_count;
    struct stages_row rows[STAGES_ROWS_MAX];
};

struct stages_table {
    unsigned cell_count;
    struct stages_cell *cells[STAGES_CELLS_MAX];
};

/* Room for a further cell; NULL: no memory, or too many. */
struct stages_cell *stages_table_add(struct stages_table *table);
void stages_table_free(struct stages_table *table);

/* Read a station's accounts as those of the round that comes next. 0; -EINVAL: that is no such
 * file, or nothing was counted in it. */
int stages_read(struct stages_cell *cell, FILE *file) __attribute__((warn_unused_result));

/* A figure's median over the rounds; 0 where there is no such stage. */
double stages_median(const struct stages_cell *cell, const char *process, const char *stage,
                     enum stages_figure figure);

/* The way of one deposit: parts that follow one another, and come to the round trip. */
enum stages_part {
    PART_TRANSPORT, /* there and back, the client's own part too */
    PART_DECIDED,
    PART_HANDED,
    PART_TAKEN,
    PART_STORED,
    PART_RELEASED,
    PART_SENT
};

#define STAGES_PARTS 7

/* Mean ns of each in that round. */
void stages_way(const struct stages_cell *cell, unsigned round, double parts[STAGES_PARTS]);

/* Everything that output_give() needs. */
struct output_source stages_output(const struct stages_table *table);

#endif
