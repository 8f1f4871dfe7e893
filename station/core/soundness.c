/*
 * Every invariant of the locker's memory. Believes nothing: every number is held against its
 * bounds before it is used.
 */
#include "soundness.h"

#include "expiry_queue.h"
#include "locker_state.h"
#include "name_index.h"
#include "walk_ahead.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
    const struct locker *locker;
    char *why;
    size_t why_size;
    uint32_t free_count[SIZE_COUNT];
    uint32_t live_count[SIZE_COUNT];
    uint32_t spent_count;
    uint32_t out_count;
    uint64_t codes; /* that the index must hold */
    uint64_t requests;
};

__attribute__((format(printf, 2, 3))) static bool broken(const struct check *check,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->why, check->why_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool check_sequences(const struct check *check)
{
    const struct locker *locker = check->locker;
    struct locker_state *state = locker->state;
    const uint64_t recorded = atomic_load(&state->recorded_sequence);
    const uint64_t applied = atomic_load(&state->applied_sequence);
    const uint64_t durable = atomic_load(&state->durable_sequence);
    if (recorded != applied)
        return broken(check, "change %" PRIu64 " was recorded and not applied", recorded);
    if (durable > recorded)
        return broken(check, "more is said to be durable than was recorded");
    if (recorded - durable >= state->shape.event_ring)
        return broken(check, "more waits for the disk than can be read out of the event ring");
    if (recorded > durable && event_slot(locker, recorded)->sequence != recorded)
        return broken(check, "the event ring does not hold its last event");
    return true;
}

static bool check_bounds_of(const struct check *check, const struct slot_table *table,
                            uint64_t numbers, const char *name)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const uint32_t number = table->slots[i] & table->number_mask;
        if (number > numbers)
            return broken(check, "the index of %s names record %" PRIu32, name, number);
    }
    return true;
}

static uint64_t used_slots(const struct slot_table *table)
{
    uint64_t used = 0;
    for (uint32_t i = 0; i < table->count; i++)
        used += table->slots[i] != 0;
    return used;
}

/* Before anything is looked up: no number in any index leads outside. */
static bool check_bounds(const struct check *check)
{
    const struct locker *locker = check->locker;
    const struct locker_shape *shape = &locker->state->shape;
    const uint32_t n = shape->compartments;
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        if (locker->state->queue_count[size] > shape->by_size[size])
            return broken(check, "an expiry queue is longer than there are compartments");
    }
    return check_bounds_of(check, &locker->codes, (uint64_t)n + shape->remember_codes, "codes") &&
           check_bounds_of(check, &locker->names, n, "names") &&
           check_bounds_of(check, &locker->request_keys, shape->remember_requests, "requests");
}

static bool check_ends(const struct check *check)
{
    const struct locker_state *state = check->locker->state;
    if (state->retired_tail > state->retired_head ||
        state->retired_head - state->retired_tail > state->shape.remember_codes)
        return broken(check, "the ring of retired codes has impossible ends");
    if (state->request_tail > state->request_head ||
        state->request_head - state->request_tail > state->shape.remember_requests)
        return broken(check, "the ring of remembered requests has impossible ends");
    return true;
}

bool locker_primary_is_sane(const struct locker *locker, char *why, size_t why_size)
{
    const struct check check = {.locker = locker, .why = why, .why_size = why_size};
    uint32_t by_size[SIZE_COUNT] = {0};
    for (uint32_t i = 0; i < locker->state->shape.compartments; i++) {
        const struct compartment *compartment = &locker->compartments[i];
        if (compartment->size >= SIZE_COUNT || compartment->size != door_size(&locker->doors[i]))
            return broken(&check, "compartment %" PRIu32 " has no size", i);
        by_size[compartment->size]++;
        if (compartment->id[0] == '\0' || !memchr(compartment->id, '\0', COMPARTMENT_ID_SIZE))
            return broken(&check, "compartment %" PRIu32 " has no name", i);
        if (!memchr(locker->services[i].reason, '\0', SERVICE_REASON_SIZE))
            return broken(&check, "compartment %" PRIu32 " has a bad service record", i);
    }
    if (memcmp(by_size, locker->state->shape.by_size, sizeof by_size) != 0)
        return broken(&check, "the sizes of the compartments do not add up");
    return check_ends(&check);
}

static bool check_queue_place(const struct check *check, uint32_t index)
{
    const struct expiry_queue *queue = &check->locker->queue;
    const uint8_t size = door_size(&queue->doors[index]);
    const uint32_t place = queue->place[index];
    const uint32_t *heap = queue->heap + queue->base[size];
    if (place >= queue->counts[size] || heap[place] != index)
        return broken(check, "compartment %" PRIu32 " is not in its expiry queue", index);
    if (place == 0)
        return true;
    const uint32_t parent = heap[(place - 1) / 4];
    if (parent >= check->locker->state->shape.compartments ||
        door_expires_at_ms(&queue->doors[parent]) > door_expires_at_ms(&queue->doors[index]))
        return broken(check, "an expiry queue is out of order at compartment %" PRIu32, index);
    return true;
}

static bool check_live(struct check *check, uint32_t index)
{
    const struct locker *locker = check->locker;
    const struct access_token token = door_token(&locker->doors[index], index);
    check->live_count[door_size(&locker->doors[index])]++;
    if (token.expires_at_ms <= 0)
        return broken(check, "compartment %" PRIu32 " has a token without expiry", index);
    check->codes++;
    if (slot_table_find(&locker->codes, locker, token.code_hash) != index)
        return broken(check, "the code of compartment %" PRIu32 " is not in the index", index);
    return check_queue_place(check, index);
}

static bool check_compartment(struct check *check, uint32_t index)
{
    const struct locker *locker = check->locker;
    const struct access_token token = door_token(&locker->doors[index], index);
    const uint8_t size = door_size(&locker->doors[index]);
    const bool out = door_is_out(&locker->doors[index]);
    const bool free = access_token_is_empty(&token) && !access_token_is_live(&token) && !out;
    if (name_index_find(locker, locker->compartments[index].id) != index)
        return broken(check, "the name of compartment %" PRIu32 " is not in the index", index);
    check->free_count[size] += free;
    check->out_count += out;
    for (unsigned s = 0; s < SIZE_COUNT; s++) {
        if (free_set_has(&locker->free[s], index) != (free && s == size))
            return broken(check, "compartment %" PRIu32 " is in the wrong free set", index);
    }
    if (free_set_has(&locker->spent, index) != access_token_is_spent(&token))
        return broken(check, "compartment %" PRIu32 " is in the wrong set of expired ones", index);
    check->spent_count += access_token_is_spent(&token);
    return access_token_is_live(&token) ? check_live(check, index) : true;
}

static bool check_retired(struct check *check)
{
    const struct locker *locker = check->locker;
    for (uint64_t i = locker->state->retired_tail; i != locker->state->retired_head; i++) {
        const uint32_t slot = retired_slot(locker, i);
        const struct retired_code *code = &locker->retired[slot];
        walk_ahead_retired(locker, i);
        if (retired_code_retirement(code) == RETIRED_NOT)
            continue;
        check->codes++;
        if (slot_table_find(&locker->codes, locker, retired_code_hash(code)) !=
            code_number_of_retired(locker, slot))
            return broken(check, "a retired code is not in the index");
    }
    return used_slots(&locker->codes) == check->codes ||
           broken(check, "the index of codes holds what it should not");
}

static bool check_requests(struct check *check)
{
    const struct locker *locker = check->locker;
    const uint32_t n = locker->state->shape.compartments;
    for (uint64_t i = locker->state->request_tail; i != locker->state->request_head; i++) {
        const struct remembered_request *request = &locker->requests[request_slot(locker, i)];
        walk_ahead_requests(locker, i);
        if (request->key[0] == 0)
            continue;
        if (request->in_service > 1 || request->kind >= EVENT_KIND_COUNT ||
            (request->compartment >= n && request->compartment != COMPARTMENT_NONE) ||
            (request->given_up >= n && request->given_up != COMPARTMENT_NONE))
            return broken(check, "a remembered request has an impossible answer");
        check->requests++;
        if (slot_table_find(&locker->request_keys, locker->requests, request->key[0]) !=
            request_slot(locker, i))
            return broken(check, "a remembered request is not in the index");
    }
    return used_slots(&locker->request_keys) == check->requests ||
           broken(check, "the index of requests holds what it should not");
}

/* Each bit of a level tells whether the word below it is empty; none beyond the end. */
static bool check_set(const struct check *check, const struct free_set *set, uint32_t members)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < set->words[0]; i++)
        found += (uint64_t)__builtin_popcountll(set->level[0][i]);
    if (found != members)
        return broken(check, "a set has members that it should not have");
    for (uint32_t level = 1; level < set->levels; level++) {
        uint64_t full = 0;
        for (uint32_t i = 0; i < set->words[level - 1]; i++) {
            const bool any = set->level[level - 1][i] != 0;
            full += any;
            if (((set->level[level][i / 64] >> (i % 64) & 1) != 0) != any)
                return broken(check, "a set's levels disagree");
        }
        for (uint32_t i = 0; i < set->words[level]; i++)
            full -= (uint64_t)__builtin_popcountll(set->level[level][i]);
        if (full != 0)
            return broken(check, "a set reaches beyond its end");
    }
    return true;
}

static bool check_counts(const struct check *check)
{
    const struct locker_state *state = check->locker->state;
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        if (state->free_count[size] != check->free_count[size] ||
            state->queue_count[size] != check->live_count[size])
            return broken(check, "the counts of %s compartments are wrong",
                          size_name((enum parcel_size)size));
        if (!check_set(check, &check->locker->free[size], check->free_count[size]))
            return false;
    }
    if (state->spent_count != check->spent_count || state->out_count != check->out_count)
        return broken(check, "the counts of expired or out-of-service compartments are wrong");
    return check_set(check, &check->locker->spent, check->spent_count);
}

bool locker_check(const struct locker *locker, char *why, size_t why_size)
{
    struct check check = {.locker = locker, .why = why, .why_size = why_size};
    if (!check_sequences(&check) || !locker_primary_is_sane(locker, why, why_size) ||
        !check_bounds(&check))
        return false;
    for (uint32_t i = 0; i < locker->state->shape.compartments; i++) {
        walk_ahead(locker, i);
        if (!check_compartment(&check, i))
            return false;
    }
    if (used_slots(&locker->names) != locker->state->shape.compartments)
        return broken(&check, "the index of names holds what it should not");
    return check_retired(&check) && check_requests(&check) && check_counts(&check);
}
