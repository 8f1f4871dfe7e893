#include "retired_codes.h"

#include "locker_state.h"
#include "walk_ahead.h"

/* How many forgotten codes one change clears away: more than change after change can add. */
#define TRIM_A_CHANGE 3

bool retired_codes_remembers(const struct locker *locker, uint32_t slot, int64_t now_ms)
{
    return now_ms - *retired_time(locker, slot) < locker->state->policy.remember_ms;
}

void retired_codes_put(struct locker *locker, uint64_t position, uint64_t code_hash,
                       enum retirement retirement, int64_t at_ms)
{
    struct locker_state *state = locker->state;
    const uint32_t slot = retired_slot(locker, position);
    retired_code_put(&locker->retired[slot], code_hash, retirement);
    *retired_time(locker, slot) = at_ms;
    state->retired_head = position + 1;
    if (state->retired_head - state->retired_tail > state->shape.remember_codes)
        state->retired_tail = state->retired_head - state->shape.remember_codes;
}

void retired_codes_write(struct locker *locker, const struct event *event)
{
    if (event->retired_hash != 0)
        retired_codes_put(locker, event->retired_position, event->retired_hash,
                          (enum retirement)event->retirement, event->at_ms);
}

static void forget_oldest(struct locker *locker)
{
    struct locker_state *state = locker->state;
    const uint32_t slot = retired_slot(locker, state->retired_tail);
    const struct retired_code *oldest = &locker->retired[slot];
    if (retired_code_retirement(oldest) != RETIRED_NOT)
        slot_table_remove(&locker->codes, locker, retired_code_hash(oldest),
                          code_number_of_retired(locker, slot));
    state->retired_tail++;
}

void retired_codes_trim(struct locker *locker, const struct event *event)
{
    struct locker_state *state = locker->state;
    for (int i = 0; i < TRIM_A_CHANGE && state->retired_tail != state->retired_head; i++) {
        if (retired_codes_remembers(locker, retired_slot(locker, state->retired_tail),
                                    event->at_ms))
            break;
        forget_oldest(locker);
    }
    if (event->retired_hash != 0 &&
        state->retired_head - state->retired_tail == state->shape.remember_codes)
        forget_oldest(locker);
}

void retired_codes_index(struct locker *locker, const struct event *event)
{
    if (event->retired_hash == 0)
        return;
    const uint32_t slot = retired_slot(locker, event->retired_position);
    slot_table_renumber(&locker->codes, event->retired_hash, event_retires_from(event),
                        code_number_of_retired(locker, slot));
    /* The next one may take the oldest's place: by then its slot is in the cache. */
    const uint32_t oldest = retired_slot(locker, locker->state->retired_tail);
    slot_table_expect(&locker->codes, retired_code_hash(&locker->retired[oldest]));
}

void retired_codes_index_all(struct locker *locker)
{
    for (uint64_t i = locker->state->retired_tail; i != locker->state->retired_head; i++) {
        const uint32_t slot = retired_slot(locker, i);
        const struct retired_code *code = &locker->retired[slot];
        walk_ahead_retired(locker, i);
        if (retired_code_retirement(code) != RETIRED_NOT)
            slot_table_insert(&locker->codes, locker, retired_code_hash(code),
                              code_number_of_retired(locker, slot));
    }
}

void retired_codes_supersede(struct locker *locker, uint64_t code_hash)
{
    const uint32_t compartments = locker->state->shape.compartments;
    const uint32_t number = slot_table_find(&locker->codes, locker, code_hash);
    if (number == SLOT_TABLE_NONE || number < compartments)
        return;
    slot_table_remove(&locker->codes, locker, code_hash, number);
    retired_code_put(&locker->retired[number - compartments], code_hash, RETIRED_NOT);
}
