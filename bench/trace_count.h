/*
 * What a trace must come to, counted plainly: the independent check of a replay.
 *
 * A wall of doors, each with the moment from which it is free; nothing of the station's code.
 * Sizes are strict (no fallback), an expired parcel's door is free at once.
 */
#ifndef LOCKER_TRACE_COUNT_H
#define LOCKER_TRACE_COUNT_H

#include "trace.h"

struct trace_totals {
    uint64_t deposits;            /* accepted */
    uint64_t refused[SIZE_COUNT]; /* no door of that size was free */
    uint64_t picked_up;
    uint64_t expired; /* forgotten, or the customer came at or after the ttl */
    uint64_t occupied_max;
    int64_t end_ms; /* when the last door is free again */
};

/* 0 or -ENOMEM. */
int trace_count(const struct trace *trace, const uint32_t doors[SIZE_COUNT], int64_t ttl_ms,
                struct trace_totals *totals) __attribute__((warn_unused_result));

#endif
