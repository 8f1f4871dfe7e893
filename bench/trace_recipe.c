#include "trace_recipe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define HOUR (INT64_C(3600))
#define DAY  (24 * HOUR)

/* Carriers come in the morning, less in the afternoon. Parts of 100. */
static const unsigned arrivals_by_hour[24] = {
    [7] = 4,  [8] = 10, [9] = 14, [10] = 14, [11] = 11, [12] = 8, [13] = 7,
    [14] = 8, [15] = 8, [16] = 7, [17] = 5,  [18] = 3,  [19] = 1,
};

/* Monday to Sunday, per cent of an average weekday; each day varies by up to 15 % either way. */
static const unsigned arrivals_by_weekday[7] = {105, 115, 105, 100, 110, 75, 10};

#define DAY_SPREAD_PERCENT 15

/* Log-normal dwell time, median 7 h, sigma 0.7: the quantiles 0.2 %, 5 %, 10 % … 95 %, 99.8 %
 * in seconds. Between them it is interpolated. */
static const int64_t dwell_quantiles[] = {3361,  7968,  10275, 12199, 13981, 15716, 17457,
                                          19242, 21105, 23078, 25200, 27517, 30090, 33002,
                                          36377, 40406, 45421, 52057, 61802, 79698, 188964};

#define QUANTILE_STEPS ((uint64_t)(sizeof dwell_quantiles / sizeof dwell_quantiles[0] - 1))

/* Nobody collects between 23:00 and 6:00; whoever would have comes between 6:00 and 9:00. */
#define NIGHT_FROM  (23 * HOUR)
#define NIGHT_UNTIL (6 * HOUR)

#define FORGOTTEN_PERMILLE 30
#define LATE_PERMILLE      5 /* come only after the week is over: 12 h to 48 h late */
#define WEEK               (7 * DAY)

struct parcel {
    int64_t offset;
    int64_t dwell; /* -1: forgotten */
    enum parcel_size size;
};

/* splitmix64 (Sebastiano Vigna, public domain description). */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 to bound - 1; the bias of the remainder is below 2^-40 for the bounds used here. */
static uint64_t draw_below(uint64_t *state, uint64_t bound)
{
    return draw(state) % bound;
}

/* An index, each as likely as its weight. */
static unsigned draw_weighted(uint64_t *state, const uint32_t *weights, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += weights[i];
    uint64_t at = draw_below(state, sum);
    unsigned i = 0;
    while (at >= weights[i])
        at -= weights[i++];
    return i;
}

static int64_t draw_dwell(uint64_t *state, int64_t offset)
{
    uint64_t chance = draw_below(state, 1000);
    if (chance < FORGOTTEN_PERMILLE)
        return -1;
    if (chance < FORGOTTEN_PERMILLE + LATE_PERMILLE)
        return WEEK + 12 * HOUR + (int64_t)draw_below(state, (uint64_t)(36 * HOUR));
    uint64_t place = draw_below(state, QUANTILE_STEPS << 20);
    size_t step = (size_t)(place >> 20);
    int64_t width = dwell_quantiles[step + 1] - dwell_quantiles[step];
    int64_t dwell = dwell_quantiles[step] + ((width * (int64_t)(place & ((1U << 20) - 1))) >> 20);
    int64_t clock = (offset + dwell) % DAY;
    if (clock >= NIGHT_FROM || clock < NIGHT_UNTIL) {
        int64_t until_morning = (NIGHT_UNTIL - clock + DAY) % DAY;
        dwell += until_morning + (int64_t)draw_below(state, (uint64_t)(3 * HOUR));
    }
    return dwell;
}

static uint32_t draw_day_count(uint64_t *state, const struct trace_recipe *recipe, uint32_t day)
{
    uint64_t spread = 100 - DAY_SPREAD_PERCENT + draw_below(state, 2 * DAY_SPREAD_PERCENT + 1);
    return (uint32_t)(recipe->parcels_a_day * arrivals_by_weekday[day % 7] * spread / 10000);
}

static int by_offset(const void *a, const void *b)
{
    const struct parcel *left = a;
    const struct parcel *right = b;
    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    if (left->size != right->size)
        return left->size < right->size ? -1 : 1;
    return (left->dwell > right->dwell) - (left->dwell < right->dwell);
}

static void draw_parcel(uint64_t *state, const struct trace_recipe *recipe, uint32_t day,
                        struct parcel *parcel)
{
    parcel->offset = day * DAY + draw_weighted(state, arrivals_by_hour, 24) * HOUR +
                     (int64_t)draw_below(state, (uint64_t)HOUR);
    parcel->size = (enum parcel_size)draw_weighted(state, recipe->doors, SIZE_COUNT);
    parcel->dwell = draw_dwell(state, parcel->offset);
}

int trace_recipe_write(const struct trace_recipe *recipe, FILE *file)
{
    uint64_t state = recipe->seed;
    fputs("offset,size,dwell\n", file);
    for (uint32_t day = 0; day < recipe->days; day++) {
        uint32_t count = draw_day_count(&state, recipe, day);
        struct parcel *parcels = calloc(count + 1U, sizeof *parcels);
        if (parcels == NULL)
            return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
            draw_parcel(&state, recipe, day, &parcels[i]);
        qsort(parcels, count, sizeof parcels[0], by_offset);
        for (uint32_t i = 0; i < count; i++) {
            fprintf(file, "%" PRId64 ",%s,", parcels[i].offset, size_name(parcels[i].size));
            if (parcels[i].dwell >= 0)
                fprintf(file, "%" PRId64, parcels[i].dwell);
            fputc('\n', file);
        }
        free(parcels);
    }
    return fflush(file) != 0 || ferror(file) ? -EIO : 0;
}
