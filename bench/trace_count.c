#include "trace_count.h"

#include <errno.h>
#include <stdlib.h>

struct wall {
    int64_t *free_at_ms[SIZE_COUNT]; /* by door */
    const uint32_t *doors;
};

static uint64_t occupied_at(const struct wall *wall, int64_t now_ms)
{
    uint64_t occupied = 0;
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        for (uint32_t door = 0; door < wall->doors[size]; door++)
            occupied += wall->free_at_ms[size][door] > now_ms;
    return occupied;
}

static void deposit(struct wall *wall, const struct trace_parcel *parcel, int64_t ttl_ms,
                    struct trace_totals *totals)
{
    int64_t *free_at_ms = wall->free_at_ms[parcel->size];
    uint32_t door = 0;
    while (door < wall->doors[parcel->size] && free_at_ms[door] > parcel->offset_ms)
        door++;
    if (door == wall->doors[parcel->size]) {
        totals->refused[parcel->size]++;
        return;
    }
    bool in_time = parcel->dwell_ms != TRACE_NEVER && parcel->dwell_ms < ttl_ms;
    free_at_ms[door] = parcel->offset_ms + (in_time ? parcel->dwell_ms : ttl_ms);
    totals->deposits++;
    if (in_time)
        totals->picked_up++;
    else
        totals->expired++;
    if (free_at_ms[door] > totals->end_ms)
        totals->end_ms = free_at_ms[door];
    uint64_t occupied = occupied_at(wall, parcel->offset_ms);
    if (occupied > totals->occupied_max)
        totals->occupied_max = occupied;
}

int trace_count(const struct trace *trace, const uint32_t doors[SIZE_COUNT], int64_t ttl_ms,
                struct trace_totals *totals)
{
    *totals = (struct trace_totals){0};
    struct wall wall = {.doors = doors};
    int result = -ENOMEM;
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        wall.free_at_ms[size] = calloc(doors[size] + 1U, sizeof(int64_t));
        if (wall.free_at_ms[size] == NULL)
            goto done;
    }
    for (size_t i = 0; i < trace->count; i++)
        deposit(&wall, &trace->parcels[i], ttl_ms, totals);
    result = 0;
done:
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        free(wall.free_at_ms[size]);
    return result;
}
