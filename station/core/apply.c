#include "apply.h"

#include "expiry_queue.h"
#include "invariant.h"
#include "locker_state.h"
#include "name_index.h"
#include "soundness.h"

#include <errno.h>
#include <string.h>

/* How many forgotten codes one change clears away, beyond the one it needs the place of: more
 * than change after change can add. */
#define TRIM_A_CHANGE 3

/* ---- primary state: every write says what the event says, whatever stood there ----------- */

static bool event_has_request(const struct event *event)
{
    return (event->request_key[0] | event->request_key[1]) != 0;
}

void remembered_request_answer(const struct remembered_request *request, struct answer *answer)
{
    *answer = (struct answer){
        .sequence = request->sequence,
        .kind = request->kind,
        .code_digits = request->code_digits,
        .in_service = request->in_service != 0,
        .compartment = request->compartment,
        .given_up = request->given_up,
        .code_nonce = request->code_nonce,
    };
    if (request->kind == EVENT_SWEPT)
        answer->amount = request->value;
    else if (request->kind == EVENT_CLOCK_ACCEPTED)
        answer->at_ms = request->value;
    else
        answer->expires_at_ms = request->value;
}

void remembered_request_fill(struct remembered_request *request, const uint64_t key[2],
                             uint64_t fingerprint, const struct answer *answer)
{
    *request = (struct remembered_request){
        .key = {key[0], key[1]},
        .fingerprint = fingerprint,
        .sequence = answer->sequence,
        .code_nonce = answer->code_nonce,
        .value = answer->expires_at_ms,
        .compartment = answer->compartment,
        .given_up = answer->given_up,
        .kind = answer->kind,
        .code_digits = answer->code_digits,
        .in_service = answer->in_service,
    };
    if (answer->kind == EVENT_SWEPT)
        request->value = answer->amount;
    else if (answer->kind == EVENT_CLOCK_ACCEPTED)
        request->value = answer->at_ms;
}

static void write_token(struct locker *locker, uint32_t compartment, uint64_t code_hash,
                        int64_t expires_at_ms)
{
    struct access_token *token = &locker->tokens[compartment];
    token->code_hash = code_hash;
    token->expires_at_ms = expires_at_ms;
}

static void write_service(struct locker *locker, uint32_t compartment, bool in_service,
                          const char *reason)
{
    struct service_record *service = &locker->services[compartment];
    service->out = !in_service;
    memcpy(service->reason, reason, sizeof service->reason);
}

static void write_compartment(struct locker *locker, const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_EXCHANGED:
        write_token(locker, event->given_up, 0, 0);
        if (event->reason[0] != '\0')
            write_service(locker, event->given_up, false, event->reason);
        write_token(locker, event->compartment, event->code_hash, event->expires_at_ms);
        break;
    case EVENT_DEPOSITED:
    case EVENT_REISSUED:
        write_token(locker, event->compartment, event->code_hash, event->expires_at_ms);
        break;
    case EVENT_EXTENDED:
        locker->tokens[event->compartment].expires_at_ms = event->expires_at_ms;
        break;
    case EVENT_CANCELLED:
        write_token(locker, event->compartment, 0, 0);
        if (event->reason[0] != '\0')
            write_service(locker, event->compartment, false, event->reason);
        break;
    case EVENT_EXPIRED:
        write_token(locker, event->compartment, 0, event->held ? event->expires_at_ms : 0);
        break;
    case EVENT_PICKED_UP:
    case EVENT_COLLECTED:
    case EVENT_RELEASED:
        write_token(locker, event->compartment, 0, 0);
        break;
    case EVENT_SERVICE_CHANGED:
        write_service(locker, event->compartment, event->in_service, event->reason);
        break;
    case EVENT_NONE:
    case EVENT_SWEPT:
    case EVENT_CLOCK_ACCEPTED:
    case EVENT_OUTAGE_CREDITED:
        break;
    }
}

static void write_rings(struct locker *locker, const struct event *event)
{
    struct locker_state *state = locker->state;
    if (event->retired_hash != 0) {
        struct retired_code *code = &locker->retired[retired_slot(locker, event->retired_position)];
        code->code_hash = event->retired_hash;
        code->ended = event->at_ms * 4 + event->retirement;
        state->retired_head = event->retired_position + 1;
        if (state->retired_head - state->retired_tail > state->shape.remember_codes)
            state->retired_tail = state->retired_head - state->shape.remember_codes;
    }
    if (event_has_request(event)) {
        const struct answer answer = {
            .sequence = event->sequence,
            .kind = event->kind,
            .code_digits = event->code_digits,
            .in_service = event->in_service != 0,
            .compartment = event->compartment,
            .given_up = event->given_up,
            .code_nonce = event->code_nonce,
            .expires_at_ms = event->expires_at_ms,
            .amount = event->amount,
            .at_ms = event->at_ms,
        };
        remembered_request_fill(&locker->requests[request_slot(locker, event->request_position)],
                                event->request_key, event->request_fingerprint, &answer);
        state->request_head = event->request_position + 1;
        if (state->request_head - state->request_tail > state->shape.remember_requests)
            state->request_tail = state->request_head - state->shape.remember_requests;
    }
}

/* ---- derived indexes -------------------------------------------------------------------- */

/* Take the compartment out of every index that its present state put it into. */
static void unindex_compartment(struct locker *locker, uint32_t index)
{
    struct locker_state *state = locker->state;
    const struct access_token *token = &locker->tokens[index];
    const uint8_t size = locker->compartments[index].size;
    if (access_token_is_live(token)) {
        expiry_queue_remove(&locker->queue, index);
        slot_table_remove(&locker->codes, token->code_hash, index);
    } else if (access_token_is_spent(token)) {
        free_set_remove(&locker->spent, index);
        state->spent_count--;
    } else if (!locker->services[index].out) {
        free_set_remove(&locker->free[size], index);
        state->free_count[size]--;
    }
    state->out_count -= locker->services[index].out;
}

static void index_compartment(struct locker *locker, uint32_t index)
{
    struct locker_state *state = locker->state;
    const struct access_token *token = &locker->tokens[index];
    const uint8_t size = locker->compartments[index].size;
    if (access_token_is_live(token)) {
        expiry_queue_insert(&locker->queue, index);
        slot_table_insert(&locker->codes, token->code_hash, index);
    } else if (access_token_is_spent(token)) {
        free_set_insert(&locker->spent, index);
        state->spent_count++;
    } else if (!locker->services[index].out) {
        free_set_insert(&locker->free[size], index);
        state->free_count[size]++;
    }
    state->out_count += locker->services[index].out;
}

static void forget_oldest_code(struct locker *locker)
{
    struct locker_state *state = locker->state;
    const uint64_t oldest = state->retired_tail;
    const uint64_t hash = locker->retired[retired_slot(locker, oldest)].code_hash;
    if (hash != 0)
        slot_table_remove(&locker->codes, hash, code_number_of_retired(locker, oldest));
    state->retired_tail = oldest + 1;
}

/* Clear away some codes that are not remembered any more, so that they can be issued again, and
 * make room for the one about to be retired. */
static void trim_retired(struct locker *locker, const struct event *event)
{
    struct locker_state *state = locker->state;
    for (int i = 0; i < TRIM_A_CHANGE && state->retired_tail != state->retired_head; i++) {
        const struct retired_code *oldest =
            &locker->retired[retired_slot(locker, state->retired_tail)];
        if (retired_code_is_remembered(locker, oldest, event->at_ms))
            break;
        forget_oldest_code(locker);
    }
    if (event->retired_hash != 0 &&
        state->retired_head - state->retired_tail == state->shape.remember_codes)
        forget_oldest_code(locker);
}

static void forget_oldest_request_if_full(struct locker *locker)
{
    struct locker_state *state = locker->state;
    if (state->request_head - state->request_tail < state->shape.remember_requests)
        return;
    const uint32_t slot = request_slot(locker, state->request_tail);
    const uint64_t key = locker->requests[slot].key[0];
    if (key != 0)
        slot_table_remove(&locker->request_keys, key, slot);
    state->request_tail++;
}

static void unindex_event(struct locker *locker, const struct event *event)
{
    if (event->compartment != COMPARTMENT_NONE)
        unindex_compartment(locker, event->compartment);
    if (event->given_up != COMPARTMENT_NONE)
        unindex_compartment(locker, event->given_up);
    trim_retired(locker, event);
    if (event_has_request(event))
        forget_oldest_request_if_full(locker);
}

static void index_event(struct locker *locker, const struct event *event)
{
    if (event->compartment != COMPARTMENT_NONE)
        index_compartment(locker, event->compartment);
    if (event->given_up != COMPARTMENT_NONE)
        index_compartment(locker, event->given_up);
    if (event->retired_hash != 0)
        slot_table_insert(&locker->codes, event->retired_hash,
                          code_number_of_retired(locker, event->retired_position));
    if (event_has_request(event))
        slot_table_insert(&locker->request_keys, event->request_key[0],
                          request_slot(locker, event->request_position));
}

/* Every live token at once: the order of the expiry heaps stays as it is. */
static void credit_all(struct locker *locker, int64_t by_ms)
{
    for (uint32_t i = 0; i < locker->state->shape.compartments; i++) {
        if (access_token_is_live(&locker->tokens[i]))
            locker->tokens[i].expires_at_ms += by_ms;
    }
}

/* ---- record, apply, recover ------------------------------------------------------------- */

void locker_record(struct locker *locker, const struct event *event)
{
    struct locker_state *state = locker->state;
    struct event *slot = event_slot(locker, event->sequence);
    INVARIANT(event->sequence ==
              atomic_load_explicit(&state->recorded_sequence, memory_order_relaxed) + 1);
    *slot = *event;
    slot->retired_position = state->retired_head;
    slot->request_position = state->request_head;
    atomic_store_explicit(&state->recorded_sequence, event->sequence, memory_order_release);
    /* Readers without the lock must see the new sequence before anything that follows from it. */
    atomic_thread_fence(memory_order_release);
}

void locker_apply(struct locker *locker, const struct event *event)
{
    unindex_event(locker, event);
    write_compartment(locker, event);
    write_rings(locker, event);
    index_event(locker, event);
    if (event->kind == EVENT_OUTAGE_CREDITED)
        credit_all(locker, event->amount);
    atomic_store_explicit(&locker->state->applied_sequence, event->sequence, memory_order_release);
}

/* Whether the event speaks only of compartments that there are. */
static bool event_in_bounds(const struct locker *locker, const struct event *event)
{
    const uint32_t n = locker->state->shape.compartments;
    const bool of_station = event->kind == EVENT_SWEPT || event->kind == EVENT_CLOCK_ACCEPTED ||
                            event->kind == EVENT_OUTAGE_CREDITED;
    if (event->kind == EVENT_NONE || event->kind >= EVENT_KIND_COUNT ||
        event->retirement > RETIRED_CANCELLED || !memchr(event->reason, '\0', sizeof event->reason))
        return false;
    if (of_station ? event->compartment != COMPARTMENT_NONE : event->compartment >= n)
        return false;
    if (event->kind != EVENT_EXCHANGED)
        return event->given_up == COMPARTMENT_NONE;
    return event->given_up < n && event->given_up != event->compartment;
}

/* Whether the event can have happened in this state: what a ledger says is checked, not
 * believed. */
static bool event_fits(const struct locker *locker, const struct event *event)
{
    const bool issues = event->kind == EVENT_DEPOSITED || event->kind == EVENT_EXCHANGED ||
                        event->kind == EVENT_REISSUED;
    if (event->sequence != locker_sequence(locker) + 1 || !event_in_bounds(locker, event))
        return false;
    if (issues != (event->code_hash != 0) || event->expires_at_ms < 0)
        return false;
    if (issues && slot_table_find(&locker->codes, locker, event->code_hash) <
                      locker->state->shape.compartments)
        return false; /* a live code is never issued again */
    return event->kind != EVENT_EXTENDED ||
           access_token_is_live(&locker->tokens[event->compartment]);
}

/* Whether the code that the event retires is the one of the token that it ends. */
static bool event_retires_its_token(const struct locker *locker, const struct event *event)
{
    if (event->retired_hash == 0)
        return true;
    const uint32_t holder =
        event->given_up != COMPARTMENT_NONE ? event->given_up : event->compartment;
    return holder != COMPARTMENT_NONE && locker->tokens[holder].code_hash == event->retired_hash;
}

/* A memory that has grown since (--remember, --remember-requests) may still hold what had been
 * forgotten when the event came, and could be used again. The newer one counts. */
static void supersede(struct locker *locker, const struct event *event)
{
    if (event->code_hash != 0) {
        const uint32_t number = slot_table_find(&locker->codes, locker, event->code_hash);
        if (number != SLOT_TABLE_NONE) {
            slot_table_remove(&locker->codes, event->code_hash, number);
            locker->retired[number - locker->state->shape.compartments].code_hash = 0;
        }
    }
    if (event_has_request(event)) {
        const uint64_t key = event->request_key[0];
        const uint32_t slot = slot_table_find(&locker->request_keys, locker->requests, key);
        if (slot != SLOT_TABLE_NONE) {
            slot_table_remove(&locker->request_keys, key, slot);
            memset(locker->requests[slot].key, 0, sizeof locker->requests[slot].key);
        }
    }
}

int locker_replay(struct locker *locker, const struct event *event)
{
    if (!event_fits(locker, event) || !event_retires_its_token(locker, event))
        return -EINVAL;
    supersede(locker, event);
    locker_record(locker, event);
    locker_apply(locker, event_slot(locker, event->sequence));
    locker_set_durable(locker, event->sequence);
    return 0;
}

void locker_recover(struct locker *locker)
{
    struct locker_state *state = locker->state;
    const uint64_t recorded = atomic_load_explicit(&state->recorded_sequence, memory_order_relaxed);
    const uint64_t applied = atomic_load_explicit(&state->applied_sequence, memory_order_relaxed);
    char why[160];
    if (!locker_primary_is_sane(locker, why, sizeof why))
        return; /* damaged, not half done: locker_check() will say so */
    if (recorded != applied) {
        const struct event *event = event_slot(locker, recorded);
        if (recorded != applied + 1 || event->sequence != recorded ||
            !event_in_bounds(locker, event))
            return;
        write_compartment(locker, event);
        write_rings(locker, event);
    }
    locker_rebuild(locker);
    /* Last: until here a death means doing all of this again. */
    atomic_store_explicit(&state->applied_sequence, recorded, memory_order_release);
}

static void rebuild_clear(struct locker *locker)
{
    struct locker_state *state = locker->state;
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        free_set_clear(&locker->free[size]);
        state->free_count[size] = 0;
    }
    free_set_clear(&locker->spent);
    state->spent_count = 0;
    state->out_count = 0;
    expiry_queue_clear(&locker->queue, state->shape.compartments);
    slot_table_clear(&locker->codes);
    slot_table_clear(&locker->names);
    slot_table_clear(&locker->request_keys);
}

void locker_rebuild(struct locker *locker)
{
    struct locker_state *state = locker->state;
    rebuild_clear(locker);
    for (uint32_t i = 0; i < state->shape.compartments; i++) {
        index_compartment(locker, i);
        name_index_insert(locker, i);
    }
    for (uint64_t i = state->retired_tail; i != state->retired_head; i++) {
        const uint64_t hash = locker->retired[retired_slot(locker, i)].code_hash;
        if (hash != 0)
            slot_table_insert(&locker->codes, hash, code_number_of_retired(locker, i));
    }
    for (uint64_t i = state->request_tail; i != state->request_head; i++) {
        const uint64_t key = locker->requests[request_slot(locker, i)].key[0];
        if (key != 0)
            slot_table_insert(&locker->request_keys, key, request_slot(locker, i));
    }
}
