#include "percentiles.h"

const struct percentile percentiles[PERCENTILE_COUNT] = {
    {"p50", 50, 2},        {"p90", 90, 10},          {"p99", 99, 100},
    {"p99.9", 99.9, 1000}, {"p99.99", 99.99, 10000}, {"max", 100, 1},
};

bool percentile_is_known(const struct histogram *histogram, unsigned which)
{
    return histogram->count >= percentiles[which].least;
}

double percentile_us(const struct histogram *histogram, unsigned which)
{
    return (double)histogram_percentile(histogram, percentiles[which].percent) / 1000;
}

json_t *percentiles_json(const struct histogram *histogram)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < PERCENTILE_COUNT; i++) {
        char key[16];
        snprintf(key, sizeof key, "%s_us", percentiles[i].name);
        json_object_set_new(object, key,
                            percentile_is_known(histogram, i)
                                ? json_real(percentile_us(histogram, i))
                                : json_null());
    }
    return object;
}

void percentiles_print_heads(FILE *file)
{
    for (unsigned i = 0; i < PERCENTILE_COUNT; i++)
        fprintf(file, " %9s", percentiles[i].name);
}

void percentiles_print(const struct histogram *histogram, FILE *file)
{
    for (unsigned i = 0; i < PERCENTILE_COUNT; i++) {
        if (percentile_is_known(histogram, i))
            fprintf(file, " %9.0f", percentile_us(histogram, i));
        else
            fprintf(file, " %9s", "-");
    }
}
