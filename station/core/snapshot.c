#include "snapshot.h"

#include "locker_state.h"
#include "request_memory.h"
#include "retired_codes.h"
#include "soundness.h"

#include <errno.h>
#include <string.h>

void snapshot_get_scalars(const struct locker *locker, struct snapshot_scalars *scalars)
{
    *scalars = (struct snapshot_scalars){
        .sequence = locker_sequence(locker),
        .at_ms = locker->state->clock.last_ms,
        .guess_full_at_ms = locker->state->guesses.full_at_ms,
    };
}

void snapshot_get_compartment(const struct locker *locker, uint32_t index,
                              struct snapshot_compartment *record)
{
    *record = (struct snapshot_compartment){
        .code_hash = locker->doors[index].code_hash,
        .expires_at_ms = door_expires_at_ms(&locker->doors[index]),
        .in_service = !door_is_out(&locker->doors[index]),
    };
    memcpy(record->reason, locker->services[index].reason, sizeof record->reason);
}

uint64_t snapshot_retired_count(const struct locker *locker)
{
    return locker->state->retired_head - locker->state->retired_tail;
}

void snapshot_get_retired(const struct locker *locker, uint64_t i, struct snapshot_retired *record)
{
    const uint32_t slot = retired_slot(locker, locker->state->retired_tail + i);
    *record = (struct snapshot_retired){
        .code_hash = retired_code_hash(&locker->retired[slot]),
        .retired_at_ms = *retired_time(locker, slot),
        .retirement = (uint8_t)retired_code_retirement(&locker->retired[slot]),
    };
}

uint64_t snapshot_request_count(const struct locker *locker)
{
    return locker->state->request_head - locker->state->request_tail;
}

void snapshot_get_request(const struct locker *locker, uint64_t i, struct snapshot_request *record)
{
    const struct remembered_request *request =
        &locker->requests[request_slot(locker, locker->state->request_tail + i)];
    record->request_key[0] = request->key[0];
    record->request_key[1] = request->key[1];
    record->request_fingerprint = request->fingerprint;
    request_memory_answer(request, &record->answer);
}

void snapshot_put_scalars(struct locker *locker, const struct snapshot_scalars *scalars)
{
    struct locker_state *state = locker->state;
    atomic_store(&state->recorded_sequence, scalars->sequence);
    atomic_store(&state->applied_sequence, scalars->sequence);
    atomic_store(&state->durable_sequence, scalars->sequence);
    state->clock.last_ms = scalars->at_ms;
    state->guesses.full_at_ms = scalars->guess_full_at_ms;
}

void snapshot_put_compartment(struct locker *locker, uint32_t index,
                              const struct snapshot_compartment *record)
{
    door_put_token(&locker->doors[index], record->code_hash, record->expires_at_ms);
    door_put_out(&locker->doors[index], !record->in_service);
    memcpy(locker->services[index].reason, record->reason, sizeof record->reason);
}

void snapshot_put_retired(struct locker *locker, const struct snapshot_retired *record)
{
    retired_codes_put(locker, locker->state->retired_head, record->code_hash,
                      (enum retirement)(record->retirement % 4), record->retired_at_ms);
}

void snapshot_put_request(struct locker *locker, const struct snapshot_request *record)
{
    struct locker_state *state = locker->state;
    request_memory_fill(&locker->requests[request_slot(locker, state->request_head++)],
                        record->request_key, record->request_fingerprint, &record->answer);
    if (state->request_head - state->request_tail > state->shape.remember_requests)
        state->request_tail++;
}

void snapshot_clear(struct locker *locker)
{
    struct locker_state *state = locker->state;
    for (uint32_t i = 0; i < state->shape.compartments; i++)
        snapshot_put_compartment(locker, i, &(struct snapshot_compartment){.in_service = true});
    state->retired_head = state->retired_tail = 0;
    state->request_head = state->request_tail = 0;
    state->clock = (struct trusted_clock){0};
    snapshot_put_scalars(locker, &(struct snapshot_scalars){0});
    locker_rebuild(locker);
}

int snapshot_finish(struct locker *locker, char *why, size_t why_size)
{
    if (!locker_primary_is_sane(locker, why, why_size))
        return -EINVAL;
    locker_rebuild(locker);
    return locker_check(locker, why, why_size) ? 0 : -EINVAL;
}
