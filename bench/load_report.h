/*
 * The results of locker-bench load, for people and for programs.
 */
#ifndef LOCKER_LOAD_REPORT_H
#define LOCKER_LOAD_REPORT_H

#include "load.h"

/* A sample's median and ends. */
struct spread {
    double median;
    double min;
    double max;
};

/* count > 0. */
struct spread spread_of(const double *values, unsigned count);

/* Rates of one cell, and their ratio to the other target's in the same round. */
struct spread load_rate(const struct load_table *table, unsigned target, unsigned shape);
struct spread load_ratio(const struct load_table *table, unsigned target, unsigned to,
                         unsigned shape);

void load_print(const struct load_table *table, FILE *file);
/* Bars: the ratio to the echo, cell by cell. */
void load_plot(const struct load_table *table, FILE *file);
/* One JSON object. 0, -ENOMEM, or -EIO. */
int load_print_json(const struct load_table *table, FILE *file) __attribute__((warn_unused_result));

#endif
