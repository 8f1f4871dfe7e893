#include "retired_codes.h"

#include "locker_state.h"

/* How many forgotten codes one change clears away: more than change after change can add. */
#define TRIM_A_CHANGE 3

void retired_codes_write(struct locker *locker, const struct event *event)
{
    struct locker_state *state = locker->state;
    if (event->retired_hash == 0)
        return;
    struct retired_code *code = &locker->retired[retired_slot(locker, event->retired_position)];
    code->code_hash = event->retired_hash;
    code->ended = event->at_ms * 4 + event->retirement;
    state->retired_head = event->retired_position + 1;
    if (state->retired_head - state->retired_tail > state->shape.remember_codes)
        state->retired_tail = state->retired_head - state->shape.remember_codes;
}

static void forget_oldest(struct locker *locker)
{
    struct locker_state *state = locker->state;
    const uint64_t oldest = state->retired_tail;
    const uint64_t hash = locker->retired[retired_slot(locker, oldest)].code_hash;
    if (hash != 0)
        slot_table_remove(&locker->codes, locker, hash, code_number_of_retired(locker, oldest));
    state->retired_tail = oldest + 1;
}

void retired_codes_trim(struct locker *locker, const struct event *event)
{
    struct locker_state *state = locker->state;
    for (int i = 0; i < TRIM_A_CHANGE && state->retired_tail != state->retired_head; i++) {
        const struct retired_code *oldest =
            &locker->retired[retired_slot(locker, state->retired_tail)];
        if (retired_code_is_remembered(locker, oldest, event->at_ms))
            break;
        forget_oldest(locker);
    }
    if (event->retired_hash != 0 &&
        state->retired_head - state->retired_tail == state->shape.remember_codes)
        forget_oldest(locker);
}

void retired_codes_index(struct locker *locker, const struct event *event)
{
    if (event->retired_hash != 0)
        slot_table_renumber(&locker->codes, event->retired_hash, event_retires_from(event),
                            code_number_of_retired(locker, event->retired_position));
}

void retired_codes_index_all(struct locker *locker)
{
    for (uint64_t i = locker->state->retired_tail; i != locker->state->retired_head; i++) {
        const uint64_t hash = locker->retired[retired_slot(locker, i)].code_hash;
        if (hash != 0)
            slot_table_insert(&locker->codes, locker, hash, code_number_of_retired(locker, i));
    }
}

void retired_codes_supersede(struct locker *locker, uint64_t code_hash)
{
    const uint32_t number = slot_table_find(&locker->codes, locker, code_hash);
    if (number == SLOT_TABLE_NONE || number < locker->state->shape.compartments)
        return;
    slot_table_remove(&locker->codes, locker, code_hash, number);
    locker->retired[number - locker->state->shape.compartments].code_hash = 0;
}
