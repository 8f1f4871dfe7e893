/*
 * What changed against an earlier run, and whether it is more than noise.
 *
 * Sample by sample, the ratios of this run's rounds with those of the earlier one (rank_test.h). It
 * speaks of the two runs: what differed between them for their whole length (another kernel, a
 * neighbour on the machine) is in it, as far as the floor did not feel it too.
 */
#ifndef LOCKER_COMPARISON_H
#define LOCKER_COMPARISON_H

#include "samples.h"

#include <jansson.h>
#include <stdio.h>

/* Read the samples of an earlier run's --json output. False after a message. */
bool comparison_load(const char *path, struct samples *samples);

/* For people. 0 or -ENOMEM. */
int comparison_print(const struct samples *old, const struct samples *now, FILE *file)
    __attribute__((warn_unused_result));

/* An array of what both runs measured. A new reference, NULL: no memory. */
json_t *comparison_json(const struct samples *old, const struct samples *now);

#endif
