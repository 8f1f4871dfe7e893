#include "histogram.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SUB_COUNT (UINT64_C(1) << HISTOGRAM_SUB_BITS)

static size_t bucket_of(uint64_t value)
{
    if (value < SUB_COUNT)
        return (size_t)value;
    if (value >> HISTOGRAM_MAX_BITS != 0)
        return HISTOGRAM_BUCKETS - 1;
    unsigned exponent = 63U - (unsigned)__builtin_clzll(value);
    unsigned shift = exponent - HISTOGRAM_SUB_BITS;
    return (size_t)((((uint64_t)shift + 1) << HISTOGRAM_SUB_BITS) + (value >> shift) - SUB_COUNT);
}

/* The largest value that falls into the bucket. */
static uint64_t bucket_top(size_t bucket)
{
    if (bucket < SUB_COUNT)
        return bucket;
    unsigned shift = (unsigned)(bucket >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t sub = (bucket & (SUB_COUNT - 1)) + SUB_COUNT;
    return ((sub + 1) << shift) - 1;
}

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
    histogram->min = UINT64_MAX;
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
    histogram->buckets[bucket_of(value)]++;
    histogram->count++;
    if (value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
    if (from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    if (histogram->count == 0)
        return 0;
    if (percent >= 100)
        return histogram->max;
    double exact = percent <= 0 ? 0 : percent / 100 * (double)histogram->count;
    uint64_t rank = (uint64_t)exact;
    /* 57.1 % of 20,000 is 11,420 and a hair in binary: a hair is no further value. */
    if ((double)rank + 1e-6 < exact || rank == 0)
        rank++;
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank) {
            /* The last bucket is open above, and a top can lie above all that was recorded. */
            uint64_t top = bucket_top(i);
            return i == HISTOGRAM_BUCKETS - 1 || top > histogram->max ? histogram->max : top;
        }
    }
    return histogram->max;
}

int histogram_write_hgrm(const struct histogram *histogram, double unit, FILE *file)
{
    fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] == 0)
            continue;
        seen += histogram->buckets[i];
        uint64_t top = bucket_top(i);
        double value = (double)(top > histogram->max ? histogram->max : top) / unit;
        double share = (double)seen / (double)histogram->count;
        fprintf(file, "%12.3f %14.12f %10" PRIu64, value, share, seen);
        if (seen < histogram->count)
            fprintf(file, " %14.2f\n", 1 / (1 - share));
        else
            fprintf(file, "\n");
    }
    fprintf(file, "#[Max = %12.3f, Total count = %10" PRIu64 "]\n", (double)histogram->max / unit,
            histogram->count);
    return ferror(file) ? -EIO : 0;
}
