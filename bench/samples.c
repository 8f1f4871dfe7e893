#include "samples.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sample *samples_add(struct samples *samples)
{
    struct sample *list = realloc(samples->list, (samples->count + 1U) * sizeof samples->list[0]);
    if (list == NULL)
        return NULL;
    samples->list = list;
    struct sample *sample = &list[samples->count++];
    *sample = (struct sample){0};
    return sample;
}

void samples_free(struct samples *samples)
{
    free(samples->list);
    *samples = (struct samples){0};
}

json_t *samples_json(const struct samples *samples)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->list[i];
        json_t *values = json_array();
        for (unsigned j = 0; j < sample->count; j++)
            json_array_append_new(values, json_real(sample->values[j]));
        json_array_append_new(array, json_pack("{s:s, s:s, s:o}", "name", sample->name, "better",
                                               sample->more_is_better ? "more" : "less", "values",
                                               values));
    }
    return array;
}

static int read_one(struct sample *sample, const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    const char *better = json_string_value(json_object_get(object, "better"));
    const json_t *values = json_object_get(object, "values");
    size_t count = json_array_size(values);
    if (name == NULL || better == NULL || strlen(name) >= sizeof sample->name || count == 0 ||
        count > STATISTICS_ROUNDS_MAX)
        return -EINVAL;
    memcpy(sample->name, name, strlen(name) + 1);
    sample->more_is_better = strcmp(better, "more") == 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(values, i);
        if (!json_is_number(value))
            return -EINVAL;
        sample->values[i] = json_number_value(value);
    }
    sample->count = (unsigned)count;
    return 0;
}

int samples_read(struct samples *samples, const json_t *array)
{
    if (!json_is_array(array))
        return -EINVAL;
    int status = 0;
    for (size_t i = 0; i < json_array_size(array) && status == 0; i++) {
        struct sample *sample = samples_add(samples);
        status = sample == NULL ? -ENOMEM : read_one(sample, json_array_get(array, i));
    }
    return status;
}
