/*
 * The percentiles that are reported everywhere, in microseconds of nanosecond histograms.
 */
#ifndef LOCKER_PERCENTILES_H
#define LOCKER_PERCENTILES_H

#include "histogram.h"

#include <jansson.h>
#include <stdbool.h>

#define PERCENTILE_COUNT 6

struct percentile {
    const char *name; /* "p99.9" */
    double percent;
    uint64_t least; /* values it takes: with fewer, it would be another name for the maximum */
};

/* p50, p90, p99, p99.9, p99.99, max. */
extern const struct percentile percentiles[PERCENTILE_COUNT];

bool percentile_is_known(const struct histogram *histogram, unsigned which);
double percentile_us(const struct histogram *histogram, unsigned which);

/* {"p50_us": …}, null where there are too few values. A new reference, NULL: no memory. */
json_t *percentiles_json(const struct histogram *histogram);

/* "p50 us", … right-aligned in columns of 9; and the values, "-" where there are too few. */
void percentiles_print_heads(FILE *file);
void percentiles_print(const struct histogram *histogram, FILE *file);

#endif
