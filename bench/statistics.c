#include "statistics.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

struct spread spread_of(const double *values, unsigned count)
{
    double sorted[STATISTICS_ROUNDS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, by_value);
    return (struct spread){
        .median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
        .min = sorted[0],
        .max = sorted[count - 1],
    };
}

double median_of(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_value);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

void ratios_of(const double *values, const double *bases, unsigned count, double *ratios)
{
    for (unsigned i = 0; i < count; i++)
        ratios[i] = bases[i] > 0 ? values[i] / bases[i] : 0;
}
