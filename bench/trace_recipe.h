/*
 * Making a trace out of stated figures: a busy lobby, parcel by parcel.
 *
 * The figures are in trace_recipe.c and explained in bench/README.md. Everything is integer
 * arithmetic on a generator of our own (splitmix64), so the same seed gives the same bytes on every
 * machine.
 */
#ifndef LOCKER_TRACE_RECIPE_H
#define LOCKER_TRACE_RECIPE_H

#include "size.h"

#include <stdint.h>
#include <stdio.h>

struct trace_recipe {
    uint64_t seed;
    uint32_t days;              /* the first is a Monday; 1 to 366 */
    uint32_t parcels_a_day;     /* of an average weekday */
    uint32_t doors[SIZE_COUNT]; /* sizes are asked for in these proportions; not all 0 */
};

/* What locker-bench trace makes without options, and demo/month.csv is. */
#define DEMO_RECIPE                                                                                \
    ((struct trace_recipe){.seed = 1, .days = 30, .parcels_a_day = 160, .doors = {36, 28, 12}})

/* Write the trace as CSV. 0, -ENOMEM, or -EIO. */
int trace_recipe_write(const struct trace_recipe *recipe, FILE *file)
    __attribute__((warn_unused_result));

#endif
