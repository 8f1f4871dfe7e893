#include "request_memory.h"

#include "locker_state.h"
#include "walk_ahead.h"

#include <string.h>

static bool has_request(const struct event *event)
{
    return (event->request_key[0] | event->request_key[1]) != 0;
}

void request_memory_answer_of(const struct event *event, struct answer *answer)
{
    *answer = (struct answer){
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
}

void request_memory_answer(const struct remembered_request *request, struct answer *answer)
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

void request_memory_fill(struct remembered_request *request, const uint64_t key[2],
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

const struct remembered_request *request_memory_find(const struct locker *locker,
                                                     const uint64_t key[2])
{
    const uint32_t slot = slot_table_find(&locker->request_keys, locker->requests, key[0]);
    if (slot == SLOT_TABLE_NONE || locker->requests[slot].key[1] != key[1])
        return NULL;
    return &locker->requests[slot];
}

void request_memory_write(struct locker *locker, const struct event *event)
{
    struct locker_state *state = locker->state;
    struct answer answer;
    if (!has_request(event))
        return;
    request_memory_answer_of(event, &answer);
    request_memory_fill(&locker->requests[request_slot(locker, event->request_position)],
                        event->request_key, event->request_fingerprint, &answer);
    state->request_head = event->request_position + 1;
    if (state->request_head - state->request_tail > state->shape.remember_requests)
        state->request_tail = state->request_head - state->shape.remember_requests;
}

void request_memory_trim(struct locker *locker, const struct event *event)
{
    struct locker_state *state = locker->state;
    if (!has_request(event) ||
        state->request_head - state->request_tail < state->shape.remember_requests)
        return;
    const uint32_t slot = request_slot(locker, state->request_tail);
    const uint64_t key = locker->requests[slot].key[0];
    if (key != 0)
        slot_table_remove(&locker->request_keys, locker->requests, key, slot);
    state->request_tail++;
}

void request_memory_index(struct locker *locker, const struct event *event)
{
    if (!has_request(event))
        return;
    slot_table_insert(&locker->request_keys, locker->requests, event->request_key[0],
                      request_slot(locker, event->request_position));
    /* The next one will take the oldest's place: by then its slot is in the cache. */
    const struct remembered_request *oldest =
        &locker->requests[request_slot(locker, locker->state->request_tail)];
    slot_table_expect(&locker->request_keys, oldest->key[0]);
    __builtin_prefetch(oldest + 1, 1);
}

void request_memory_index_all(struct locker *locker)
{
    for (uint64_t i = locker->state->request_tail; i != locker->state->request_head; i++) {
        const uint32_t slot = request_slot(locker, i);
        walk_ahead_requests(locker, i);
        if (locker->requests[slot].key[0] != 0)
            slot_table_insert(&locker->request_keys, locker->requests,
                              locker->requests[slot].key[0], slot);
    }
}

void request_memory_supersede(struct locker *locker, const struct event *event)
{
    if (!has_request(event))
        return;
    const uint64_t key = event->request_key[0];
    const uint32_t slot = slot_table_find(&locker->request_keys, locker->requests, key);
    if (slot == SLOT_TABLE_NONE)
        return;
    slot_table_remove(&locker->request_keys, locker->requests, key, slot);
    memset(locker->requests[slot].key, 0, sizeof locker->requests[slot].key);
}
