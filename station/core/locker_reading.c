/*
 * What can be seen of a locker: nothing here changes it, but for the keeper's durable sequence.
 */
#include "locker.h"

#include "door.h"
#include "expiry_queue.h"
#include "invariant.h"
#include "locker_state.h"
#include "name_index.h"

#include <errno.h>
#include <string.h>

uint32_t locker_compartment_count(const struct locker *locker)
{
    return locker->state->shape.compartments;
}

const struct compartment *locker_compartment(const struct locker *locker, uint32_t index)
{
    INVARIANT(index < locker->state->shape.compartments);
    return &locker->compartments[index];
}

uint32_t locker_find_compartment(const struct locker *locker, const char *id)
{
    return name_index_find(locker, id);
}

const struct policy *locker_policy(const struct locker *locker)
{
    return &locker->state->policy;
}

struct trusted_clock *locker_clock(struct locker *locker)
{
    return &locker->state->clock;
}

struct guess_limit *locker_guess_limit(struct locker *locker)
{
    return &locker->state->guesses;
}

void locker_occupancy(const struct locker *locker, struct occupancy *occupancy)
{
    const struct locker_state *state = locker->state;
    *occupancy = (struct occupancy){
        .expired = state->spent_count,
        .out_of_service = state->out_count,
    };
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        occupancy->free[size] = state->free_count[size];
        occupancy->total[size] = state->shape.by_size[size];
        occupancy->occupied += state->queue_count[size];
    }
}

void locker_describe(const struct locker *locker, uint32_t index, int64_t now_ms,
                     struct compartment_line *line)
{
    const struct compartment *compartment = &locker->compartments[index];
    const struct access_token token = door_token(&locker->doors[index], index);
    *line = (struct compartment_line){
        .size = (enum parcel_size)compartment->size,
        .state = STATE_FREE,
        .in_service = !door_is_out(&locker->doors[index]),
    };
    memcpy(line->compartment, compartment->id, sizeof line->compartment);
    memcpy(line->reason, locker->services[index].reason, sizeof line->reason);
    const bool due = token_is_due(locker, index, now_ms);
    if (access_token_is_spent(&token) || (due && locker->state->policy.hold_expired))
        line->state = STATE_EXPIRED;
    else if (access_token_is_live(&token) && !due)
        line->state = STATE_OCCUPIED;
    if (line->state != STATE_FREE)
        line->expires_at_ms = token.expires_at_ms;
}

uint32_t locker_next_spent(const struct locker *locker, uint32_t from)
{
    return free_set_next(&locker->spent, from);
}

uint64_t locker_sequence(const struct locker *locker)
{
    return atomic_load_explicit(&locker->state->recorded_sequence, memory_order_acquire);
}

uint64_t locker_durable_sequence(const struct locker *locker)
{
    return atomic_load_explicit(&locker->state->durable_sequence, memory_order_acquire);
}

void locker_set_durable(struct locker *locker, uint64_t sequence)
{
    atomic_store_explicit(&locker->state->durable_sequence, sequence, memory_order_release);
}

int locker_read_event(const struct locker *locker, uint64_t sequence, struct event *event)
{
    const uint64_t last = locker_sequence(locker);
    const uint32_t ring = locker->state->shape.event_ring;
    if (sequence == 0 || sequence > last || last - sequence >= ring)
        return -ENOENT;
    memcpy(event, event_slot(locker, sequence), sizeof *event);
    atomic_thread_fence(memory_order_acquire);
    /* The slot of the next one to be recorded may be half written: never trust the oldest. */
    const uint64_t now_last =
        atomic_load_explicit(&locker->state->recorded_sequence, memory_order_relaxed);
    return now_last + 1 - sequence >= ring || event->sequence != sequence ? -ENOENT : 0;
}

uint64_t locker_read_begin(const struct locker *locker)
{
    const uint64_t applied =
        atomic_load_explicit(&locker->state->applied_sequence, memory_order_acquire);
    return applied == locker_sequence(locker) ? applied + 1 : 0;
}

bool locker_read_valid(const struct locker *locker, uint64_t ticket)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&locker->state->recorded_sequence, memory_order_relaxed) + 1 ==
           ticket;
}
