/*
 * Finishing what a death left half done, and building the state again from events.
 */
#include "apply.h"

#include "expiry_queue.h"
#include "locker_state.h"
#include "name_index.h"
#include "request_memory.h"
#include "retired_codes.h"
#include "soundness.h"
#include "walk_ahead.h"

#include <errno.h>
#include <string.h>

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
    if (issues != (event->code_hash != 0) || event->expires_at_ms < 0 ||
        (event->retired_hash != 0) != (event->retirement != RETIRED_NOT))
        return false;
    if (issues && slot_table_find(&locker->codes, locker, event->code_hash) <
                      locker->state->shape.compartments)
        return false; /* a live code is never issued again */
    return event->kind != EVENT_EXTENDED || locker->doors[event->compartment].code_hash != 0;
}

/* Whether the code that the event retires is the one of the token that it ends. */
static bool event_retires_its_token(const struct locker *locker, const struct event *event)
{
    if (event->retired_hash == 0)
        return true;
    const uint32_t holder = event_retires_from(event);
    return holder != COMPARTMENT_NONE && locker->doors[holder].code_hash == event->retired_hash;
}

int locker_replay(struct locker *locker, const struct event *event)
{
    if (!event_fits(locker, event) || !event_retires_its_token(locker, event))
        return -EINVAL;
    /* A memory that has grown since (--remember, --remember-requests) may still hold what had been
     * forgotten when the event came, and could be used again. The newer one counts. */
    retired_codes_supersede(locker, event->code_hash);
    request_memory_supersede(locker, event);
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
        apply_write(locker, event);
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
        walk_ahead(locker, i);
        apply_index_compartment(locker, i);
        name_index_insert(locker, i);
    }
    retired_codes_index_all(locker);
    request_memory_index_all(locker);
}
