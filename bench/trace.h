/*
 * A trace: the parcels that came to a station, one a line of a CSV file.
 *
 *   offset,size,dwell
 *   28805,medium,32400
 *   28870,small,
 *
 * offset is the time from the start to the deposit, dwell the time until the customer comes; both
 * in seconds (28805, 12.5) or as durations (8h, 90m). An empty dwell: the customer never comes.
 * The header names the columns, in any order; lines may come in any order and are sorted.
 */
#ifndef LOCKER_TRACE_H
#define LOCKER_TRACE_H

#include "size.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TRACE_NEVER (-1)

struct trace_parcel {
    int64_t offset_ms;
    int64_t dwell_ms; /* TRACE_NEVER: forgotten */
    enum parcel_size size;
};

struct trace {
    struct trace_parcel *parcels; /* by offset */
    size_t count;
};

/* The most mistakes that are reported one by one. */
#define TRACE_MISTAKES_MAX 20

/*
 * Read a trace. name stands in messages. 0 and *trace (trace_free() it), or -EINVAL: every bad
 * line has been reported on `mistakes` as "NAME:LINE: what is wrong; what to do"; -EIO; -ENOMEM.
 */
int trace_read(struct trace *trace, FILE *file, const char *name, FILE *mistakes)
    __attribute__((warn_unused_result));
void trace_free(struct trace *trace);

/* A time of a trace: seconds, with up to three decimals, or a duration. 0 or -EINVAL. */
int trace_time(const char *text, int64_t *ms) __attribute__((warn_unused_result));

#endif
