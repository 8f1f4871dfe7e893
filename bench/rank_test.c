#include "rank_test.h"

#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_MAX  40 /* values in all */
#define POOL_MAX   (2 * STATISTICS_ROUNDS_MAX)
#define SUM_MAX    (EXACT_MAX * (EXACT_MAX + 1)) /* of doubled ranks */
#define TAIL_OF_95 0.025
#define Z_OF_95    1.959964

struct ranked {
    double value;
    bool is_old;
    unsigned rank; /* doubled, so that the mean of tied ranks is whole */
};

/* How often each sum of doubled ranks comes up when chance picks `picked` of them. */
struct distribution {
    double share[SUM_MAX + 1];
};

static int by_value(const void *a, const void *b)
{
    double left = ((const struct ranked *)a)->value;
    double right = ((const struct ranked *)b)->value;
    return (left > right) - (left < right);
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Rank the pool. The sum over groups of equals of t^3 - t, which the variance is corrected by. */
static double rank(struct ranked *pool, unsigned count)
{
    double ties = 0;
    qsort(pool, count, sizeof *pool, by_value);
    for (unsigned from = 0, to; from < count; from = to) {
        to = from + 1;
        while (to < count && pool[to].value <= pool[from].value)
            to++;
        for (unsigned i = from; i < to; i++)
            pool[i].rank = from + to + 1;
        double t = to - from;
        ties += t * t * t - t;
    }
    return ties;
}

static int count_ways(const struct ranked *pool, unsigned count, unsigned picked,
                      struct distribution *distribution)
{
    double(*ways)[SUM_MAX + 1] = calloc(picked + 1U, sizeof *ways);
    if (ways == NULL)
        return -ENOMEM;
    ways[0][0] = 1;
    double all = 1;
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = (i < picked ? i + 1 : picked); k > 0; k--)
            for (unsigned sum = SUM_MAX; sum >= pool[i].rank; sum--)
                ways[k][sum] += ways[k - 1][sum - pool[i].rank];
    for (unsigned i = 0; i < picked; i++)
        all = all * (count - i) / (i + 1);
    for (unsigned sum = 0; sum <= SUM_MAX; sum++)
        distribution->share[sum] = ways[picked][sum] / all;
    free(ways);
    return 0;
}

static double two_sided(const struct distribution *distribution, unsigned sum)
{
    double below = 0;
    double above = 0;
    for (unsigned i = 0; i <= SUM_MAX; i++) {
        below += i <= sum ? distribution->share[i] : 0;
        above += i >= sum ? distribution->share[i] : 0;
    }
    double p = 2 * (below < above ? below : above);
    return p > 1 ? 1 : p;
}

static double normal_p(double sum, unsigned old_count, unsigned new_count, double ties)
{
    double n = old_count;
    double m = new_count;
    double all = n + m;
    double mean = n * (all + 1) / 2;
    double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
    if (variance <= 0)
        return 1;
    double away = fabs(sum - mean) - 0.5; /* sums are whole, the curve is not */
    return away <= 0 ? 1 : erfc(away / sqrt(2 * variance));
}

/* How many of the outermost pairs lie outside the interval on each side: the most for which chance
 * leaves the middle out in no more than 5 % of all cases; 0 where even none are too many. */
static unsigned outside(const struct distribution *untied, unsigned old_count, unsigned new_count)
{
    double pairs = (double)old_count * new_count;
    if (untied == NULL) {
        double width = Z_OF_95 * sqrt(pairs * (old_count + new_count + 1) / 12);
        double k = floor(pairs / 2 - width);
        return k > 1 ? (unsigned)k - 1 : 0;
    }
    unsigned least = old_count * (old_count + 1); /* doubled rank sum of the lowest ranks */
    double below = 0;
    unsigned k = 0;
    for (; k < old_count * new_count / 2; k++) {
        below += untied->share[least + 2 * k];
        if (below > TAIL_OF_95)
            break;
    }
    return k > 0 ? k - 1 : 0;
}

static int estimate(const double *old, unsigned old_count, const double *new, unsigned new_count,
                    unsigned k, struct rank_test *result)
{
    unsigned pairs = old_count * new_count;
    double *ratios = calloc(pairs, sizeof *ratios);
    if (ratios == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < pairs; i++)
        ratios[i] = new[i / old_count] / old[i % old_count];
    qsort(ratios, pairs, sizeof *ratios, by_size);
    result->ratio = (ratios[(pairs - 1) / 2] + ratios[pairs / 2]) / 2;
    result->low = ratios[k];
    result->high = ratios[pairs - 1 - k];
    free(ratios);
    return 0;
}

int rank_test(const double *old, unsigned old_count, const double *new, unsigned new_count,
              struct rank_test *result)
{
    struct ranked pool[POOL_MAX];
    struct distribution tied;
    struct distribution untied;
    unsigned count = old_count + new_count;
    for (unsigned i = 0; i < count; i++)
        pool[i] = (struct ranked){.value = i < old_count ? old[i] : new[i - old_count],
                                  .is_old = i < old_count};
    double ties = rank(pool, count);
    unsigned sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += pool[i].is_old ? pool[i].rank : 0;
    bool exact = count <= EXACT_MAX;
    int status = 0;
    if (exact) {
        status = count_ways(pool, count, old_count, &tied);
        for (unsigned i = 0; i < count; i++)
            pool[i].rank = 2 * (i + 1);
        if (status == 0)
            status = count_ways(pool, count, old_count, &untied);
        if (status != 0)
            return status;
    }
    unsigned least = old_count * (old_count + 1);
    result->p = exact ? two_sided(&tied, sum) : normal_p(sum / 2.0, old_count, new_count, ties);
    result->p_least =
        exact ? two_sided(&untied, least) : normal_p(least / 2.0, old_count, new_count, 0);
    return estimate(old, old_count, new, new_count,
                    outside(exact ? &untied : NULL, old_count, new_count), result);
}
