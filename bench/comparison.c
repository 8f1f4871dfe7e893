#include "comparison.h"

#include "rank_test.h"

#include <errno.h>
#include <string.h>

/* Fewer false alarms than the customary 0.05: a table has many rows. */
#define P_OF_NOISE 0.01

bool comparison_load(const char *path, struct samples *samples)
{
    json_error_t error;
    json_t *object = json_load_file(path, 0, &error);
    if (object == NULL) {
        fprintf(stderr, "locker-bench: --compare %s: %s\n", path, error.text);
        return false;
    }
    int status = samples_read(samples, json_object_get(object, "samples"));
    json_decref(object);
    if (status != 0)
        fprintf(stderr, "locker-bench: --compare %s: not what --json has written: %s\n", path,
                status == -ENOMEM ? strerror(ENOMEM) : "there are no samples in it");
    return status == 0;
}

static const struct sample *find(const struct samples *samples, const char *name)
{
    for (unsigned i = 0; i < samples->count; i++)
        if (strcmp(samples->list[i].name, name) == 0)
            return &samples->list[i];
    return NULL;
}

static bool is_testable(const struct sample *sample)
{
    for (unsigned i = 0; i < sample->count; i++)
        if (!(sample->values[i] > 0))
            return false;
    return true;
}

static const char *verdict_of(const struct sample *sample, const struct rank_test *test)
{
    if (test->p_least > P_OF_NOISE)
        return "too few rounds";
    if (test->p > P_OF_NOISE)
        return "within noise";
    return (test->ratio > 1) == sample->more_is_better ? "BETTER" : "WORSE";
}

/* The pair of this sample, tested. 1; 0: the old run has no such sample; -ENOMEM. */
static int test(const struct samples *old, const struct sample *sample,
                const struct sample **before, struct rank_test *result)
{
    *before = find(old, sample->name);
    if (*before == NULL || !is_testable(*before) || !is_testable(sample))
        return 0;
    int status =
        rank_test((*before)->values, (*before)->count, sample->values, sample->count, result);
    return status < 0 ? status : 1;
}

int comparison_print(const struct samples *old, const struct samples *now, FILE *file)
{
    unsigned count = 0;
    for (unsigned i = 0; i < now->count; i++) {
        const struct sample *sample = &now->list[i];
        const struct sample *before;
        struct rank_test result;
        int status = test(old, sample, &before, &result);
        if (status < 0)
            return status;
        if (status == 0)
            continue;
        if (count++ == 0)
            fprintf(file, "\n%-44s %8s %8s %8s  %-20s %6s\n", "against the earlier run", "was",
                    "is", "change", "95 % interval", "p");
        fprintf(file, "%-44s %8.4g %8.4g %+7.1f%%  %+6.1f%% to %+6.1f%%   %6.3f  %s\n",
                sample->name, spread_of(before->values, before->count).median,
                spread_of(sample->values, sample->count).median, 100 * (result.ratio - 1),
                100 * (result.low - 1), 100 * (result.high - 1), result.p,
                verdict_of(sample, &result));
    }
    if (count == 0)
        fputs("\nNothing of this run was measured in the earlier one.\n", file);
    else
        fprintf(file,
                "\nRounds against rounds: exact Mann-Whitney test, noise when p > %g; the change "
                "is the\nmedian over all pairs (Hodges and Lehmann). Of %u rows, %.1f would be "
                "called changed\nby chance alone.\n",
                P_OF_NOISE, count, count * P_OF_NOISE);
    return 0;
}

json_t *comparison_json(const struct samples *old, const struct samples *now)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < now->count; i++) {
        const struct sample *sample = &now->list[i];
        const struct sample *before;
        struct rank_test result;
        int status = test(old, sample, &before, &result);
        if (status < 0) {
            json_decref(array);
            return NULL;
        }
        if (status > 0)
            json_array_append_new(array, json_pack("{s:s, s:f, s:f, s:f, s:f, s:s}", "name",
                                                   sample->name, "ratio", result.ratio, "low",
                                                   result.low, "high", result.high, "p", result.p,
                                                   "verdict", verdict_of(sample, &result)));
    }
    return array;
}
