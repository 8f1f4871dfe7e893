/*
 * One sweep of locker-bench scale: stations that differ in one size, side by side with an echo.
 */
#ifndef LOCKER_SCALE_SWEEP_H
#define LOCKER_SCALE_SWEEP_H

#include "scale_report.h"

#include <stdint.h>

enum scale_size { SCALE_WALL, SCALE_CLIENTS, SCALE_TOKENS, SCALE_LEDGER, SCALE_IDS, SCALE_SIZES };

struct scale_plan {
    const char *program; /* the station's; NULL: beside this one */
    const char *scratch; /* where directories are made; NULL: $TMPDIR, else /tmp */
    unsigned clients;
    unsigned rounds;
    double seconds; /* of a round of one station */
};

/* Measure what `size` costs at those values, into a curve; Ctrl-C leaves the rounds completed. 0,
 * or -errno after a message. */
int scale_sweep(const struct scale_plan *plan, enum scale_size size, const uint64_t *values,
                unsigned count, struct scale_curve *curve) __attribute__((warn_unused_result));

/* What the time from a start until the station serves is measured against. */
enum scale_start { SCALE_START_ROWS, SCALE_START_TOKENS, SCALE_STARTS };

/* The same for that time: after an orderly end, after kill -9, after kill -9 with its memory lost;
 * and, against the parcels inside, with the checkpoint lost besides. */
int scale_startup(const struct scale_plan *plan, enum scale_start against, const uint64_t *values,
                  unsigned count, struct scale_curve *curve) __attribute__((warn_unused_result));

/* Give the ledger of a station that runs in run_dir so many rows, by depositing and picking up. 0,
 * or -errno after a message. */
int scale_write_rows(const char *run_dir, uint64_t rows) __attribute__((warn_unused_result));

#endif
