/*
 * An axis of a chart: its range, its ticks, and what is written at them. Pure.
 */
#ifndef LOCKER_AXIS_H
#define LOCKER_AXIS_H

#include <stdbool.h>
#include <stddef.h>

#define AXIS_TICKS_MAX 16
#define AXIS_TEXT_SIZE 24

enum axis_unit {
    AXIS_NUMBER,     /* 20, 3k, 1.5M */
    AXIS_NS,         /* 400 ns, 20 us, 3 ms, 1 s: the values are ns */
    AXIS_PERCENTILE, /* 1 / (1 - share): 1, 10, 100 are 0 %, 90 %, 99 % */
};

struct axis {
    const char *label;
    enum axis_unit unit;
    bool is_log;
    double low, high; /* log: > 0; low < high after axis_settle() */
    bool has_range;
    bool ticks_at_values; /* log only: at the values themselves, for a few sizes measured */
    unsigned value_count;
    double values[AXIS_TICKS_MAX];
};

struct tick {
    double value;
    char text[AXIS_TEXT_SIZE];
};

/* Make room for a value. On a log axis values that are not above 0 are passed over. */
void axis_include(struct axis *axis, double value);

/* The values are all in: round the range outwards to ticks; a linear axis begins at 0. An axis
 * without values gets the range from 1 to 10. */
void axis_settle(struct axis *axis);

/* Where a value lies, 0 at low to 1 at high; outside it is clamped. */
double axis_place(const struct axis *axis, double value);

/* Ascending. How many. */
unsigned axis_ticks(const struct axis *axis, struct tick ticks[AXIS_TICKS_MAX]);

/* The text for one value. */
void axis_text(const struct axis *axis, double value, char *text, size_t size);

#endif
