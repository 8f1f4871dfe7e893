/*
 * A latency histogram: log-linear, mergeable, of fixed size.
 *
 * Every power of two is cut into 128 equal buckets, so a value read back is never below the one
 * recorded and at most 1/128 above it. Values below 128 are kept exactly; minimum and maximum
 * always are. The layout follows Gil Tene's HdrHistogram. Any unit; the benchmarks use nanoseconds.
 */
#ifndef LOCKER_HISTOGRAM_H
#define LOCKER_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#define HISTOGRAM_SUB_BITS 7
#define HISTOGRAM_MAX_BITS 42 /* values up to 2^42 - 1: 73 minutes in ns; larger: last bucket */
#define HISTOGRAM_BUCKETS  ((HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
    uint64_t count;
    uint64_t min; /* of the values recorded; UINT64_MAX while there are none */
    uint64_t max; /* 0 while there are none */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *histogram);
void histogram_record(struct histogram *histogram, uint64_t value);

/* Add all of `from` to `into`: the same as recording every value of both in one. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The smallest value that at least percent % of the values do not exceed (nearest rank), 0 when
 * there are none. 100 is the maximum. percent is clamped to 0 … 100. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

/* Write the percentile distribution in the .hgrm text form that HdrHistogram's plotter reads;
 * values divided by unit. 0 or -EIO. */
int histogram_write_hgrm(const struct histogram *histogram, double unit, FILE *file)
    __attribute__((warn_unused_result));

#endif
