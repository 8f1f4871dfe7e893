#include "locker.h"

#include "apply.h"
#include "expiry_queue.h"
#include "invariant.h"
#include "layout.h"
#include "locker_state.h"
#include "name_index.h"
#include "request_memory.h"

#include <errno.h>
#include <string.h>

/* Events that one intent may need: what it touches has expired, and what makes room for it, and
 * its own. */
#define EVENTS_A_CHANGE 3

/* What a client is told when the disk is behind by a whole ring. */
#define RING_FULL_RETRY_MS 100

bool locker_has_room(const struct locker *locker, uint32_t events)
{
    const struct locker_state *state = locker->state;
    /* In this order: what is durable was recorded before, and a desk asks without the lock. */
    const uint64_t durable = atomic_load_explicit(&state->durable_sequence, memory_order_acquire);
    const uint64_t waiting =
        atomic_load_explicit(&state->recorded_sequence, memory_order_relaxed) - durable;
    /* One slot stays free: the oldest event cannot be read out of a ring that is wholly full, for
     * its slot is the next to be written. */
    return waiting + events < state->shape.event_ring;
}

bool locker_offer_is_fresh(const struct locker *locker, const struct code_offer *offer)
{
    return slot_table_find(&locker->codes, locker, offer->hash) == SLOT_TABLE_NONE;
}

bool locker_find_repeat(const struct locker *locker, const struct intent *intent,
                        enum outcome *outcome, struct answer *answer)
{
    if (!intent->has_id)
        return false;
    const struct remembered_request *request = request_memory_find(locker, intent->request_key);
    if (!request)
        return false;
    if (request->fingerprint != intent->request_fingerprint) {
        *outcome = OUTCOME_ID_REUSED;
        return true;
    }
    request_memory_answer(request, answer);
    answer->repeated = true;
    *outcome = OUTCOME_OK;
    return true;
}

void locker_expect_id(const struct locker *locker, const struct intent *intent)
{
    if (intent->has_id)
        slot_table_expect(&locker->request_keys, intent->request_key[0]);
}

void locker_expect_code(const struct locker *locker, const struct intent *intent)
{
    if (intent->code_hash != 0)
        slot_table_expect(&locker->codes, intent->code_hash);
    if (intent->offer.hash != 0)
        slot_table_expect(&locker->codes, intent->offer.hash);
}

void locker_expect_door(const struct locker *locker, const struct intent *intent)
{
    if (intent->code_hash == 0)
        return;
    const uint32_t number = slot_table_guess(&locker->codes, intent->code_hash);
    if (number < locker->state->shape.compartments) {
        __builtin_prefetch(&locker->doors[number], 1);
        __builtin_prefetch(&locker->queue.place[number], 1);
    }
}

void locker_expect_replay(const struct locker *locker, const struct event *event)
{
    if (event->code_hash != 0)
        slot_table_expect(&locker->codes, event->code_hash);
    if (event->retired_hash != 0)
        slot_table_expect(&locker->codes, event->retired_hash);
    if (event->request_key[0] != 0)
        slot_table_expect(&locker->request_keys, event->request_key[0]);
}

static void locker_become(struct locker *locker, struct event *event)
{
    apply_expect(locker, event);
    locker_record(locker, event);
    locker_apply(locker, event_slot(locker, event->sequence));
}

/* The token's time is over: an event of its own. */
static void locker_expire_one(struct locker *locker, struct moment now, uint32_t compartment)
{
    const struct access_token token = door_token(&locker->doors[compartment], compartment);
    struct event event = {
        .sequence = locker_sequence(locker) + 1,
        .at_ms = now.now_ms,
        .elapsed_ms = now.elapsed_ms,
        .retired_hash = token.code_hash,
        .expires_at_ms = token.expires_at_ms,
        .compartment = compartment,
        .given_up = COMPARTMENT_NONE,
        .kind = EVENT_EXPIRED,
        .retirement = RETIRED_EXPIRED,
        .held = locker->state->policy.hold_expired,
        .role = EVENT_ROLE_STATION,
    };
    locker_become(locker, &event);
}

/* Where an expired parcel stands in the way of a deposit of this size, or COMPARTMENT_NONE: there
 * is none, or it would not help, or the deposit has a place without. */
static uint32_t locker_expired_in_the_way(const struct locker *locker, int64_t now_ms,
                                          enum parcel_size size)
{
    const struct locker_state *state = locker->state;
    const unsigned last = state->policy.fallback ? SIZE_COUNT - 1 : size;
    uint32_t found = COMPARTMENT_NONE;
    for (unsigned s = size; s <= last && found == COMPARTMENT_NONE; s++) {
        if (state->policy.hold_expired || state->free_count[s] > 0)
            break;
        found = expiry_queue_first_of_use(&locker->queue, (enum parcel_size)s, now_ms);
    }
    return found;
}

/* Expire what the intent touches, so that it is decided on what is true now. */
static void locker_expire_touched(struct locker *locker, struct moment now,
                                  const struct intent *intent)
{
    uint32_t touched = intent->compartment;
    if (intent->code_hash != 0) {
        const uint32_t number = code_number_find(locker, intent->code_hash);
        touched = number < locker->state->shape.compartments ? number : COMPARTMENT_NONE;
    }
    if (touched != COMPARTMENT_NONE && token_is_due(locker, touched, now.now_ms))
        locker_expire_one(locker, now, touched);
    if (intent->operation != OP_DEPOSIT && !(intent->operation == OP_CANCEL && intent->has_size))
        return;
    const uint32_t place = locker_expired_in_the_way(locker, now.now_ms, intent->size);
    if (place != COMPARTMENT_NONE)
        locker_expire_one(locker, now, place);
}

/* Whether a refusal, of an intent for which nothing could be expired first, might be none if it
 * could. A code's is not: that it has expired shows without an event. */
static bool locker_refuses_for_expired(const struct locker *locker, struct moment now,
                                       const struct intent *intent, enum outcome outcome)
{
    if (outcome == OUTCOME_NO_SPACE)
        return locker_expired_in_the_way(locker, now.now_ms, intent->size) != COMPARTMENT_NONE;
    return intent->compartment != COMPARTMENT_NONE &&
           token_is_due(locker, intent->compartment, now.now_ms);
}

enum outcome locker_perform(struct locker *locker, struct moment now, const struct intent *intent,
                            bool storable, struct answer *answer)
{
    struct locker_state *state = locker->state;
    enum outcome outcome;
    struct event event;
    *answer = (struct answer){.compartment = COMPARTMENT_NONE, .given_up = COMPARTMENT_NONE};
    if (locker_find_repeat(locker, intent, &outcome, answer))
        return outcome;
    const bool guessing = intent->operation == OP_PICKUP;
    if (guessing) {
        const int64_t wait_ms =
            guess_limit_wait_ms(&state->guesses, state->policy.wrong_codes, now.now_ms);
        answer->retry_after_ms = wait_ms;
        if (wait_ms > 0)
            return OUTCOME_TRY_LATER;
    }
    if (storable && !locker_has_room(locker, EVENTS_A_CHANGE)) {
        answer->retry_after_ms = RING_FULL_RETRY_MS;
        return OUTCOME_TRY_LATER;
    }
    if (storable)
        locker_expire_touched(locker, now, intent);
    outcome = locker_decide(locker, now, intent, &event);
    if (!storable &&
        (outcome == OUTCOME_OK || locker_refuses_for_expired(locker, now, intent, outcome)))
        return OUTCOME_STORAGE_UNAVAILABLE;
    if (outcome == OUTCOME_OK) {
        locker_become(locker, &event);
        request_memory_answer_of(&event, answer);
    } else if (guessing && outcome == OUTCOME_INVALID_CODE) {
        guess_limit_spend(&state->guesses, state->policy.wrong_codes, now.now_ms);
    }
    return outcome;
}

uint32_t locker_expire(struct locker *locker, struct moment now, uint32_t limit)
{
    uint32_t expired = 0;
    while (expired < limit && locker_has_room(locker, EVENTS_A_CHANGE + 1)) {
        const uint32_t first = expiry_queue_first(&locker->queue);
        if (first == COMPARTMENT_NONE || !token_is_due(locker, first, now.now_ms))
            break;
        locker_expire_one(locker, now, first);
        expired++;
    }
    return expired;
}

int64_t locker_next_expiry_ms(const struct locker *locker)
{
    const uint32_t first = expiry_queue_first(&locker->queue);
    return first == COMPARTMENT_NONE ? INT64_MAX : door_expires_at_ms(&locker->doors[first]);
}

int locker_credit_outage(struct locker *locker, struct moment now, int64_t by_ms)
{
    if (!locker_has_room(locker, 1))
        return -ENOSPC;
    struct event event = {
        .sequence = locker_sequence(locker) + 1,
        .at_ms = now.now_ms,
        .elapsed_ms = now.elapsed_ms,
        .amount = by_ms,
        .compartment = COMPARTMENT_NONE,
        .given_up = COMPARTMENT_NONE,
        .kind = EVENT_OUTAGE_CREDITED,
        .role = EVENT_ROLE_STATION,
    };
    locker_become(locker, &event);
    return 0;
}

void locker_set_policy(struct locker *locker, const struct policy *policy)
{
    locker->state->policy = *policy;
}

/* ---- memory ---------------------------------------------------------------------------- */

static uint64_t hash_of_code(const void *records, uint32_t number)
{
    const struct locker *locker = records;
    const uint32_t compartments = locker->state->shape.compartments;
    return number < compartments ? locker->doors[number].code_hash
                                 : retired_code_hash(&locker->retired[number - compartments]);
}

static uint64_t hash_of_request(const void *records, uint32_t number)
{
    const struct remembered_request *requests = records;
    return requests[number].key[0];
}

static void attach_indexes(struct locker *locker, unsigned char *base,
                           const struct locker_layout *layout)
{
    const struct locker_shape *shape = &locker->state->shape;
    locker->codes = (struct slot_table){
        .slots = (void *)(base + layout->codes),
        .count = layout->code_slots,
        .records_max = (uint32_t)locker_codes_in_use_max(shape),
        .unkept_bits = RETIRED_CODE_UNKEPT_BITS,
        .hash_of = hash_of_code,
    };
    locker->names = (struct slot_table){
        .slots = (void *)(base + layout->names),
        .count = layout->name_slots,
        .records_max = shape->compartments,
        .hash_of = name_index_hash_of,
    };
    locker->request_keys = (struct slot_table){
        .slots = (void *)(base + layout->request_keys),
        .count = layout->request_slots,
        .records_max = shape->remember_requests,
        .hash_of = hash_of_request,
    };
    slot_table_measure(&locker->codes);
    slot_table_measure(&locker->names);
    slot_table_measure(&locker->request_keys);
}

void locker_attach(struct locker *locker, void *memory)
{
    unsigned char *base = memory;
    struct locker_state *state = memory;
    struct locker_layout layout;
    locker_layout_of(&state->shape, &layout);
    const uint32_t n = state->shape.compartments;
    *locker = (struct locker){
        .state = state,
        .compartments = (void *)(base + layout.compartments),
        .services = (void *)(base + layout.services),
        .doors = (void *)(base + layout.doors),
        .retired = (void *)(base + layout.retired),
        .retired_times = (void *)(base + layout.retired_times),
        .retired_times_shift = locker_retired_times_shift(&state->shape),
        .requests = (void *)(base + layout.requests),
        .events = (void *)(base + layout.events),
    };
    attach_indexes(locker, base, &layout);
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        free_set_attach(&locker->free[size], (void *)(base + layout.free[size]), n);
    free_set_attach(&locker->spent, (void *)(base + layout.spent), n);
    locker->queue = (struct expiry_queue){
        .heap = (void *)(base + layout.heap),
        .place = (void *)(base + layout.heap_place),
        .base = {0, state->shape.by_size[0], state->shape.by_size[0] + state->shape.by_size[1]},
        .counts = state->queue_count,
        .doors = locker->doors,
    };
}

void locker_format(struct locker *locker, void *memory, const struct locker_shape *shape,
                   const struct compartment *wall, const struct policy *policy)
{
    struct locker_state *state = memory;
    state->memory_bytes = locker_memory_bytes(shape);
    state->shape = *shape;
    state->policy = *policy;
    locker_attach(locker, memory);
    memcpy(locker->compartments, wall, (size_t)shape->compartments * sizeof *wall);
    for (uint32_t i = 0; i < shape->compartments; i++)
        door_put_size(&locker->doors[i], wall[i].size);
    locker_rebuild(locker);
}
