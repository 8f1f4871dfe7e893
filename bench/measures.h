/*
 * Results that are a list of named figures, a value a round, in the forms of output.h.
 */
#ifndef LOCKER_MEASURES_H
#define LOCKER_MEASURES_H

#include "histogram.h"
#include "output.h"

#define MEASURES_CURVES_MAX 4

struct measures {
    const char *heading; /* what the figures are, for people */
    struct samples samples;
    /* Latencies in ns that are drawn by percentile. */
    unsigned curve_count;
    const char *curve_names[MEASURES_CURVES_MAX];
    struct histogram curves[MEASURES_CURVES_MAX];
};

/* A further value of the figure of that name (with its unit in it), in the order of the first ones.
 * 0 or -ENOMEM. */
int measures_add(struct measures *measures, const char *name, bool more_is_better, double value)
    __attribute__((warn_unused_result));

/* The same of a figure that counts something. */
int measures_add_count(struct measures *measures, const char *name, bool more_is_better,
                       uint64_t count) __attribute__((warn_unused_result));

/* The histogram drawn under that name; the first time, an empty one. */
struct histogram *measures_curve(struct measures *measures, const char *name);

void measures_free(struct measures *measures);

/* Give them in every form asked for: see output_give(). Without a single figure, a refusal. */
int measures_give(struct output_options *options, const struct measures *measures);

#endif
