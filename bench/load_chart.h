/*
 * A load's table as charts: throughput against clients and windows, latency by percentile.
 */
#ifndef LOCKER_LOAD_CHART_H
#define LOCKER_LOAD_CHART_H

#include "chart.h"
#include "load_table.h"

#include <stdio.h>

/* Draw the values of a ns histogram by percentile. */
void load_chart_percentiles(struct chart *chart, struct chart_series *series,
                            const struct histogram *histogram);

/* Write the SVG. 0, -ENOMEM, or -EIO. */
int load_chart_write(const struct load_table *table, FILE *file)
    __attribute__((warn_unused_result));

#endif
