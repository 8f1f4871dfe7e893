/*
 * The head of the locker's memory: what there is one of. For the files of this layer only.
 */
#ifndef LOCKER_LOCKER_STATE_H
#define LOCKER_LOCKER_STATE_H

#include "door.h"
#include "locker.h"

#include <stdalign.h>
#include <stdatomic.h>

struct locker_state {
    uint64_t memory_bytes;
    struct locker_shape shape;
    struct policy policy;

    struct trusted_clock clock;
    struct guess_limit guesses;

    /* Ends of the rings, counted from the first ever: entry i is at slot i % capacity. */
    uint64_t retired_head; /* the next to be written */
    uint64_t retired_tail; /* the oldest remembered */
    uint64_t request_head;
    uint64_t request_tail;

    /* Derived. */
    uint32_t free_count[SIZE_COUNT];
    uint32_t queue_count[SIZE_COUNT];
    uint32_t spent_count;
    uint32_t out_count;

    /* recorded == applied: at rest. recorded == applied + 1: a change is under way. */
    alignas(64) _Atomic uint64_t recorded_sequence;
    _Atomic uint64_t applied_sequence;
    alignas(64) _Atomic uint64_t durable_sequence; /* the keeper's line */
};

static inline uint32_t retired_slot(const struct locker *locker, uint64_t position)
{
    return (uint32_t)(position % locker->state->shape.remember_codes);
}

static inline uint32_t request_slot(const struct locker *locker, uint64_t position)
{
    return (uint32_t)(position % locker->state->shape.remember_requests);
}

static inline struct event *event_slot(const struct locker *locker, uint64_t sequence)
{
    return &locker->events[sequence % locker->state->shape.event_ring];
}

/* When the code in this slot ended; in a large ring, when the last of it and its neighbours did. */
static inline int64_t *retired_time(const struct locker *locker, uint32_t slot)
{
    return &locker->retired_times[slot >> locker->retired_times_shift];
}

/* Numbers in the code index: compartments first, then slots of the ring of retired codes. */
static inline uint32_t code_number_of_retired(const struct locker *locker, uint32_t slot)
{
    return locker->state->shape.compartments + slot;
}

/* Who has this code: a number of the code index, or SLOT_TABLE_NONE. The index knows only as much
 * of a hash as the retired ones keep; a code that is to open a door must agree wholly. */
static inline uint32_t code_number_find(const struct locker *locker, uint64_t code_hash)
{
    const uint32_t number = slot_table_find(&locker->codes, locker, code_hash);
    if (number < locker->state->shape.compartments && locker->doors[number].code_hash != code_hash)
        return SLOT_TABLE_NONE;
    return number;
}

/* Whether there is a live token whose time is over. */
static inline bool token_is_due(const struct locker *locker, uint32_t compartment, int64_t now_ms)
{
    const struct access_token token = door_token(&locker->doors[compartment], compartment);
    return access_token_is_live(&token) &&
           access_token_compartment_if_valid(&token, now_ms) == COMPARTMENT_NONE;
}

#endif
