/*
 * What an intent comes to: the event that would answer it, or a refusal. Reads only.
 */
#include "locker.h"

#include "invariant.h"
#include "locker_state.h"
#include "retired_codes.h"

#include <string.h>

static enum outcome outcome_of_retirement(enum retirement retirement)
{
    switch (retirement) {
    case RETIRED_USED:
        return OUTCOME_CODE_USED;
    case RETIRED_EXPIRED:
        return OUTCOME_CODE_EXPIRED;
    case RETIRED_CANCELLED:
        return OUTCOME_CODE_CANCELLED;
    case RETIRED_NOT:
        break;
    }
    return OUTCOME_INVALID_CODE;
}

/* The compartment that the code opens now, or why it opens none. */
static enum outcome decide_code(const struct locker *locker, int64_t now_ms, uint64_t code_hash,
                                uint32_t *compartment)
{
    if (code_hash == 0)
        return OUTCOME_INVALID_CODE;
    const uint32_t number = code_number_find(locker, code_hash);
    if (number == SLOT_TABLE_NONE)
        return OUTCOME_INVALID_CODE;
    if (number < locker->state->shape.compartments) {
        const struct access_token token = door_token(&locker->doors[number], number);
        *compartment = access_token_compartment_if_valid(&token, now_ms);
        return *compartment == COMPARTMENT_NONE ? OUTCOME_CODE_EXPIRED : OUTCOME_OK;
    }
    const uint32_t slot = number - locker->state->shape.compartments;
    if (!retired_codes_remembers(locker, slot, now_ms))
        return OUTCOME_INVALID_CODE;
    return outcome_of_retirement(retired_code_retirement(&locker->retired[slot]));
}

/* The lowest-placed free compartment of the size; with fallback, of the next larger ones. */
static uint32_t decide_place(const struct locker *locker, enum parcel_size size)
{
    for (unsigned s = size; s < SIZE_COUNT; s++) {
        const uint32_t lowest = free_set_lowest(&locker->free[s]);
        if (lowest != FREE_SET_NONE)
            return lowest;
        if (!locker->state->policy.fallback)
            break;
    }
    return COMPARTMENT_NONE;
}

static void issue(const struct intent *intent, int64_t expires_at_ms, struct event *event)
{
    event->code_hash = intent->offer.hash;
    event->code_nonce = intent->offer.nonce;
    event->code_digits = intent->offer.digits;
    event->expires_at_ms = expires_at_ms;
}

static void retire(uint64_t code_hash, enum retirement retirement, struct event *event)
{
    event->retired_hash = code_hash;
    event->retirement = (uint8_t)retirement;
}

static enum outcome decide_deposit(const struct locker *locker, const struct intent *intent,
                                   struct event *event)
{
    event->compartment = decide_place(locker, intent->size);
    if (event->compartment == COMPARTMENT_NONE)
        return OUTCOME_NO_SPACE;
    event->kind = EVENT_DEPOSITED;
    issue(intent, event->at_ms + locker->state->policy.ttl_ms, event);
    return OUTCOME_OK;
}

static enum outcome decide_pickup(const struct locker *locker, const struct intent *intent,
                                  struct event *event)
{
    const enum outcome outcome =
        decide_code(locker, event->at_ms, intent->code_hash, &event->compartment);
    if (outcome != OUTCOME_OK)
        return outcome;
    event->kind = EVENT_PICKED_UP;
    retire(intent->code_hash, RETIRED_USED, event);
    return OUTCOME_OK;
}

static enum outcome decide_cancel(const struct locker *locker, const struct intent *intent,
                                  struct event *event)
{
    uint32_t given_up;
    const enum outcome outcome = decide_code(locker, event->at_ms, intent->code_hash, &given_up);
    if (outcome != OUTCOME_OK)
        return outcome;
    event->kind = EVENT_CANCELLED;
    event->compartment = given_up;
    if (intent->has_size) {
        if (decide_deposit(locker, intent, event) != OUTCOME_OK)
            return OUTCOME_NO_SPACE;
        event->kind = EVENT_EXCHANGED;
        event->given_up = given_up;
    }
    retire(intent->code_hash, RETIRED_CANCELLED, event);
    event->cancel_reason = (uint8_t)intent->reason;
    if (cancel_reason_blames_compartment(intent->reason)) {
        const char *reason = cancel_reason_name(intent->reason);
        memcpy(event->reason, reason, strlen(reason));
    }
    return OUTCOME_OK;
}

static enum outcome decide_collect(const struct access_token *token, struct event *event)
{
    if (access_token_is_empty(token))
        return OUTCOME_NOT_OCCUPIED;
    if (access_token_is_live(token))
        return OUTCOME_NOT_EXPIRED;
    event->kind = EVENT_COLLECTED;
    return OUTCOME_OK;
}

static enum outcome decide_release(const struct access_token *token, struct event *event)
{
    if (access_token_is_empty(token))
        return OUTCOME_NOT_OCCUPIED;
    event->kind = EVENT_RELEASED;
    if (access_token_is_live(token))
        retire(token->code_hash, RETIRED_CANCELLED, event);
    return OUTCOME_OK;
}

static enum outcome decide_reissue(const struct access_token *token, const struct intent *intent,
                                   struct event *event)
{
    if (access_token_is_empty(token))
        return OUTCOME_NOT_OCCUPIED;
    if (!access_token_is_live(token))
        return OUTCOME_CODE_EXPIRED;
    event->kind = EVENT_REISSUED;
    retire(token->code_hash, RETIRED_CANCELLED, event);
    issue(intent, token->expires_at_ms, event);
    return OUTCOME_OK;
}

static enum outcome decide_extend(const struct access_token *token, const struct intent *intent,
                                  struct event *event)
{
    if (access_token_is_empty(token))
        return OUTCOME_NOT_OCCUPIED;
    if (!access_token_is_live(token))
        return OUTCOME_CODE_EXPIRED;
    if (intent->by_ms > ACCESS_TOKEN_LATEST_MS - token->expires_at_ms)
        return OUTCOME_INVALID_REQUEST;
    event->kind = EVENT_EXTENDED;
    event->amount = intent->by_ms;
    event->expires_at_ms = token->expires_at_ms + intent->by_ms;
    return OUTCOME_OK;
}

static enum outcome decide_service(const struct intent *intent, struct event *event)
{
    event->kind = EVENT_SERVICE_CHANGED;
    event->in_service = intent->in_service;
    if (!intent->in_service)
        memcpy(event->reason, intent->service_reason, sizeof event->reason);
    return OUTCOME_OK;
}

/* What is asked of one compartment by name. */
static enum outcome decide_staff(const struct locker *locker, const struct intent *intent,
                                 struct event *event)
{
    if (intent->compartment == COMPARTMENT_NONE)
        return OUTCOME_UNKNOWN_COMPARTMENT;
    const struct access_token token =
        door_token(&locker->doors[intent->compartment], intent->compartment);
    event->compartment = intent->compartment;
    switch (intent->operation) {
    case OP_COLLECT:
        return decide_collect(&token, event);
    case OP_RELEASE:
        return decide_release(&token, event);
    case OP_REISSUE:
        return decide_reissue(&token, intent, event);
    case OP_EXTEND:
        return decide_extend(&token, intent, event);
    default:
        /* The others change nothing and never come here. */
        INVARIANT(intent->operation == OP_SERVICE);
        return decide_service(intent, event);
    }
}

enum outcome locker_decide(const struct locker *locker, struct moment now,
                           const struct intent *intent, struct event *event)
{
    *event = (struct event){
        .sequence = locker_sequence(locker) + 1,
        .at_ms = now.now_ms,
        .elapsed_ms = now.elapsed_ms,
        .compartment = COMPARTMENT_NONE,
        .given_up = COMPARTMENT_NONE,
        .role = (uint8_t)intent->role,
    };
    if (intent->has_id) {
        memcpy(event->request_key, intent->request_key, sizeof event->request_key);
        event->request_fingerprint = intent->request_fingerprint;
    }
    switch (intent->operation) {
    case OP_DEPOSIT:
        return decide_deposit(locker, intent, event);
    case OP_PICKUP:
        return decide_pickup(locker, intent, event);
    case OP_CANCEL:
        return decide_cancel(locker, intent, event);
    case OP_SWEEP:
        event->kind = EVENT_SWEPT;
        event->amount = intent->freed;
        return OUTCOME_OK;
    case OP_CLOCK:
        event->kind = EVENT_CLOCK_ACCEPTED;
        event->at_ms = intent->wall_ms;
        return OUTCOME_OK;
    default:
        return decide_staff(locker, intent, event);
    }
}
