/*
 * What a run measured, as named samples of one value a round: what a later run is compared with.
 *
 * Values are ratios to something measured in the same round wherever there is such a thing, because
 * the machine differs from one run to the next.
 */
#ifndef LOCKER_SAMPLES_H
#define LOCKER_SAMPLES_H

#include "statistics.h"

#include <jansson.h>
#include <stdbool.h>

#define SAMPLE_NAME_SIZE 96

struct sample {
    char name[SAMPLE_NAME_SIZE]; /* the same in every run */
    bool more_is_better;
    bool is_count; /* whole by nature: tables give it without decimals */
    unsigned count;
    double values[STATISTICS_ROUNDS_MAX];
};

struct samples {
    struct sample *list;
    unsigned count;
};

/* A further sample, not yet named or filled. NULL: no memory. */
struct sample *samples_add(struct samples *samples);
void samples_free(struct samples *samples);

/* An array, as it stands under "samples" in the output of --json. A new reference, NULL: no
 * memory. */
json_t *samples_json(const struct samples *samples);

/* Read that again. 0, -EINVAL (it is no such thing), -ENOMEM; samples_free() either way. */
int samples_read(struct samples *samples, const json_t *array) __attribute__((warn_unused_result));

#endif
