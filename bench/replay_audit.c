#include "replay_audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A request takes effect at some unknown moment between sending and answer. So a parcel is
 * *certainly* inside from the deposit's answer until the pickup is sent, and *possibly* inside
 * from the sending of the deposit until the pickup's answer. An expired one is inside until its
 * expiry, which is known exactly (to the millisecond in which the station reads its clock).
 */
#define CLOCK_GRAIN_US 2000

static bool was_accepted(const struct replay_parcel *parcel)
{
    return parcel->fate == REPLAY_INSIDE || parcel->fate == REPLAY_PICKED_UP ||
           parcel->fate == REPLAY_EXPIRED;
}

static int64_t certainly_until_us(const struct replay_parcel *parcel)
{
    return parcel->fate == REPLAY_PICKED_UP ? parcel->pickup_sent_us
                                            : parcel->expires_at_us - CLOCK_GRAIN_US;
}

static int64_t possibly_until_us(const struct replay_parcel *parcel)
{
    return parcel->fate == REPLAY_PICKED_UP ? parcel->pickup_done_us
                                            : parcel->expires_at_us + CLOCK_GRAIN_US;
}

static int by_compartment(const void *a, const void *b)
{
    const struct replay_parcel *left = *(const struct replay_parcel *const *)a;
    const struct replay_parcel *right = *(const struct replay_parcel *const *)b;
    int order = strcmp(left->compartment, right->compartment);
    if (order != 0)
        return order;
    return (left->deposit_done_us > right->deposit_done_us) -
           (left->deposit_done_us < right->deposit_done_us);
}

/* accepted: sorted by compartment, then time. */
static uint64_t count_given_twice(const struct replay_parcel *const *accepted, size_t count)
{
    uint64_t twice = 0;
    for (size_t i = 1; i < count; i++)
        twice += strcmp(accepted[i - 1]->compartment, accepted[i]->compartment) == 0 &&
                 accepted[i]->deposit_done_us < certainly_until_us(accepted[i - 1]);
    return twice;
}

/* accepted: sorted by compartment. How many compartments of the size may have been taken at some
 * moment while the refused deposit was decided. */
static uint32_t possibly_taken(const struct replay_parcel *const *accepted, size_t count,
                               const struct replay_parcel *refused)
{
    uint32_t taken = 0;
    const char *last = "";
    for (size_t i = 0; i < count; i++) {
        const struct replay_parcel *parcel = accepted[i];
        if (parcel->planned->size != refused->planned->size ||
            parcel->deposit_sent_us > refused->deposit_done_us ||
            possibly_until_us(parcel) < refused->deposit_sent_us ||
            strcmp(parcel->compartment, last) == 0)
            continue;
        last = parcel->compartment;
        taken++;
    }
    return taken;
}

static int by_moment(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static int count_occupied_max(const struct replay_parcel *const *accepted, size_t count,
                              uint64_t *max)
{
    int64_t *from = calloc(count + 1, sizeof *from);
    int64_t *until = calloc(count + 1, sizeof *until);
    int result = from == NULL || until == NULL ? -ENOMEM : 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        from[i] = accepted[i]->deposit_done_us;
        until[i] = certainly_until_us(accepted[i]);
    }
    if (result == 0) {
        qsort(from, count, sizeof *from, by_moment);
        qsort(until, count, sizeof *until, by_moment);
        *max = 0;
        for (size_t i = 0, gone = 0; i < count; i++) {
            while (until[gone] <= from[i] && gone < i)
                gone++;
            if (i + 1 - gone > *max)
                *max = i + 1 - gone;
        }
    }
    free(from);
    free(until);
    return result;
}

static void add_up(const struct replay_parcel *parcel, int64_t ttl_ms, struct replay_audit *audit)
{
    int64_t dwell_ms = parcel->planned->dwell_ms;
    bool in_time = dwell_ms != TRACE_NEVER && dwell_ms < ttl_ms;
    switch (parcel->fate) {
    case REPLAY_WAITING:
        audit->unsettled++;
        break;
    case REPLAY_REFUSED:
        audit->totals.refused[parcel->planned->size]++;
        break;
    case REPLAY_INSIDE:
        audit->totals.deposits++;
        audit->unsettled++;
        break;
    case REPLAY_PICKED_UP:
        audit->totals.deposits++;
        audit->totals.picked_up++;
        audit->not_as_planned += !in_time;
        break;
    case REPLAY_EXPIRED:
        audit->totals.deposits++;
        audit->totals.expired++;
        audit->not_as_planned += in_time;
        break;
    case REPLAY_BROKEN:
        break;
    }
}

int replay_judge(const struct replay *replay, const uint32_t doors[SIZE_COUNT], int64_t ttl_ms,
                 struct replay_audit *audit)
{
    *audit = (struct replay_audit){0};
    const struct replay_parcel **accepted = calloc(replay->count + 1, sizeof(void *));
    if (accepted == NULL)
        return -ENOMEM;
    size_t count = 0;
    for (size_t i = 0; i < replay->count; i++) {
        add_up(&replay->parcels[i], ttl_ms, audit);
        if (was_accepted(&replay->parcels[i]))
            accepted[count++] = &replay->parcels[i];
    }
    qsort(accepted, count, sizeof(void *), by_compartment);
    audit->given_twice = count_given_twice(accepted, count);
    for (size_t i = 0; i < replay->count; i++) {
        const struct replay_parcel *parcel = &replay->parcels[i];
        if (parcel->fate == REPLAY_REFUSED)
            audit->refused_wrongly +=
                possibly_taken(accepted, count, parcel) < doors[parcel->planned->size];
    }
    int result = count_occupied_max(accepted, count, &audit->totals.occupied_max);
    free(accepted);
    return result;
}
