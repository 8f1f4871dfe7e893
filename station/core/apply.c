#include "apply.h"

#include "expiry_queue.h"
#include "invariant.h"
#include "locker_state.h"
#include "request_memory.h"
#include "retired_codes.h"

#include <string.h>

/* ---- primary state: every write says what the event says, whatever stood there ----------- */

static void write_token(struct locker *locker, uint32_t compartment, uint64_t code_hash,
                        int64_t expires_at_ms)
{
    door_put_token(&locker->doors[compartment], code_hash, expires_at_ms);
}

static void write_service(struct locker *locker, uint32_t compartment, bool in_service,
                          const char *reason)
{
    door_put_out(&locker->doors[compartment], !in_service);
    memcpy(locker->services[compartment].reason, reason, SERVICE_REASON_SIZE);
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
        write_token(locker, event->compartment, locker->doors[event->compartment].code_hash,
                    event->expires_at_ms);
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
    case EVENT_CLOCK_ACCEPTED:
        trusted_clock_accept(&locker->state->clock, event->at_ms, event->elapsed_ms);
        break;
    case EVENT_NONE:
    case EVENT_SWEPT:
    case EVENT_OUTAGE_CREDITED:
        break;
    }
}

void apply_write(struct locker *locker, const struct event *event)
{
    write_compartment(locker, event);
    retired_codes_write(locker, event);
    request_memory_write(locker, event);
}

void apply_expect(const struct locker *locker, const struct event *event)
{
    if (event->compartment == COMPARTMENT_NONE)
        return;
    __builtin_prefetch(&locker->doors[event->compartment], 1);
    if (event->retired_hash != 0)
        expiry_queue_expect_removal(&locker->queue, event_retires_from(event));
    else
        __builtin_prefetch(&locker->queue.place[event->compartment], 1);
}

/* ---- derived indexes -------------------------------------------------------------------- */

/* Take the compartment out of every index that its present state put it into. But a code that the
 * event retires stays in the index of codes: it will be the retired one's (40 ns for each end of a
 * parcel, and a cache miss where the wall is large). */
static void unindex_compartment(struct locker *locker, uint32_t index, const struct event *event)
{
    struct locker_state *state = locker->state;
    const struct door *door = &locker->doors[index];
    const struct access_token token = door_token(door, index);
    const uint8_t size = door_size(door);
    const bool out = door_is_out(door);
    if (access_token_is_live(&token)) {
        expiry_queue_remove(&locker->queue, index);
        if (token.code_hash != event->retired_hash)
            slot_table_remove(&locker->codes, locker, token.code_hash, index);
    } else if (access_token_is_spent(&token)) {
        free_set_remove(&locker->spent, index);
        state->spent_count--;
    } else if (!out) {
        free_set_remove(&locker->free[size], index);
        state->free_count[size]--;
    }
    state->out_count -= out;
}

void apply_index_compartment(struct locker *locker, uint32_t index)
{
    struct locker_state *state = locker->state;
    const struct door *door = &locker->doors[index];
    const struct access_token token = door_token(door, index);
    const uint8_t size = door_size(door);
    const bool out = door_is_out(door);
    if (access_token_is_live(&token)) {
        expiry_queue_insert(&locker->queue, index);
        slot_table_insert(&locker->codes, locker, token.code_hash, index);
    } else if (access_token_is_spent(&token)) {
        free_set_insert(&locker->spent, index);
        state->spent_count++;
    } else if (!out) {
        free_set_insert(&locker->free[size], index);
        state->free_count[size]++;
    }
    state->out_count += out;
}

static void unindex_event(struct locker *locker, const struct event *event)
{
    if (event->compartment != COMPARTMENT_NONE)
        unindex_compartment(locker, event->compartment, event);
    if (event->given_up != COMPARTMENT_NONE)
        unindex_compartment(locker, event->given_up, event);
    retired_codes_trim(locker, event);
    request_memory_trim(locker, event);
}

static void index_event(struct locker *locker, const struct event *event)
{
    /* First: until then the index says that its code is the compartment's. */
    retired_codes_index(locker, event);
    if (event->compartment != COMPARTMENT_NONE)
        apply_index_compartment(locker, event->compartment);
    if (event->given_up != COMPARTMENT_NONE)
        apply_index_compartment(locker, event->given_up);
    request_memory_index(locker, event);
}

/* Every live token at once: the order of the expiry heaps stays as it is. */
static void credit_all(struct locker *locker, int64_t by_ms)
{
    for (uint32_t i = 0; i < locker->state->shape.compartments; i++) {
        const struct access_token token = door_token(&locker->doors[i], i);
        if (access_token_is_live(&token))
            write_token(locker, i, token.code_hash, token.expires_at_ms + by_ms);
    }
}

/* ---- record, apply ------------------------------------------------------------- */

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
    apply_write(locker, event);
    index_event(locker, event);
    if (event->kind == EVENT_OUTAGE_CREDITED)
        credit_all(locker, event->amount);
    atomic_store_explicit(&locker->state->applied_sequence, event->sequence, memory_order_release);
}
