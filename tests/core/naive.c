#include "naive.h"

#include <string.h>

static void end_code(struct naive *n, uint32_t door, enum outcome how, int64_t now)
{
    n->ended[n->ended_count].code = n->code[door];
    n->ended[n->ended_count].ended = how;
    n->ended[n->ended_count++].at = now;
    n->code[door] = 0;
    n->expires[door] = 0;
}

static bool is_due(const struct naive *n, uint32_t door, int64_t now)
{
    return n->code[door] != 0 && now >= n->expires[door];
}

static void expire(struct naive *n, uint32_t door, int64_t now)
{
    const int64_t expires = n->expires[door];
    end_code(n, door, OUTCOME_CODE_EXPIRED, now);
    n->expires[door] = n->policy.hold_expired ? expires : 0;
}

void naive_expire(struct naive *n, int64_t now, uint32_t limit)
{
    for (; limit > 0; limit--) {
        uint32_t first = COMPARTMENT_NONE;
        for (uint32_t i = 0; i < n->doors; i++) {
            if (is_due(n, i, now) &&
                (first == COMPARTMENT_NONE || n->expires[i] < n->expires[first]))
                first = i;
        }
        if (first == COMPARTMENT_NONE)
            return;
        expire(n, first, now);
    }
}

enum compartment_state naive_state(const struct naive *n, uint32_t door, int64_t now)
{
    if (n->expires[door] == 0 || (is_due(n, door, now) && !n->policy.hold_expired))
        return STATE_FREE;
    return n->code[door] != 0 && now < n->expires[door] ? STATE_OCCUPIED : STATE_EXPIRED;
}

/* A deposit finds the wall full: of the smallest size that has one, the longest expired parcel
 * whose door could be used goes. */
static void make_room(struct naive *n, int64_t now, enum parcel_size wanted)
{
    for (unsigned size = wanted; size < SIZE_COUNT; size++) {
        uint32_t first = COMPARTMENT_NONE;
        for (uint32_t i = 0; i < n->doors; i++) {
            if (n->wall[i].size != size || n->out[i])
                continue;
            if (n->expires[i] == 0)
                return;
            if (is_due(n, i, now) &&
                (first == COMPARTMENT_NONE || n->expires[i] < n->expires[first]))
                first = i;
        }
        if (first != COMPARTMENT_NONE) {
            expire(n, first, now);
            return;
        }
        if (!n->policy.fallback)
            return;
    }
}

/* What the intent is about expires, if it is due, before anything is decided. */
static void touch(struct naive *n, int64_t now, const struct intent *in)
{
    for (uint32_t i = 0; i < n->doors; i++) {
        const bool meant = in->code_hash != 0 ? n->code[i] == in->code_hash : in->compartment == i;
        if (meant && is_due(n, i, now))
            expire(n, i, now);
    }
    const bool deposits =
        in->operation == OP_DEPOSIT || (in->operation == OP_CANCEL && in->has_size);
    if (deposits && !n->policy.hold_expired)
        make_room(n, now, in->size);
}

/* The door that the code opens, or why it opens none. */
static enum outcome find_code(const struct naive *n, int64_t now, uint64_t code, uint32_t *door)
{
    for (uint32_t i = 0; code != 0 && i < n->doors; i++) {
        if (n->code[i] == code) {
            *door = i;
            return OUTCOME_OK;
        }
    }
    const uint32_t oldest = n->ended_count > n->memory ? n->ended_count - n->memory : 0;
    for (uint32_t i = n->ended_count; code != 0 && i-- > oldest;) {
        if (n->ended[i].code == code)
            return now - n->ended[i].at < n->policy.remember_ms ? n->ended[i].ended
                                                                : OUTCOME_INVALID_CODE;
    }
    return OUTCOME_INVALID_CODE;
}

static enum outcome deposit(struct naive *n, int64_t now, const struct intent *in, struct answer *a)
{
    for (unsigned size = in->size; size < SIZE_COUNT; size++) {
        for (uint32_t i = 0; i < n->doors; i++) {
            if (n->wall[i].size == size && n->expires[i] == 0 && !n->out[i]) {
                n->code[i] = in->offer.hash;
                n->expires[i] = now + n->policy.ttl_ms;
                *a = (struct answer){.compartment = i, .expires_at_ms = n->expires[i]};
                return OUTCOME_OK;
            }
        }
        if (!n->policy.fallback)
            break;
    }
    return OUTCOME_NO_SPACE;
}

static enum outcome cancel(struct naive *n, int64_t now, const struct intent *in, struct answer *a)
{
    uint32_t door = COMPARTMENT_NONE;
    enum outcome outcome = find_code(n, now, in->code_hash, &door);
    if (outcome != OUTCOME_OK)
        return outcome;
    *a = (struct answer){.compartment = door};
    if (in->has_size) {
        outcome = deposit(n, now, in, a); /* the old door is still taken: never the same */
        if (outcome != OUTCOME_OK)
            return outcome;
        a->given_up = door;
    }
    end_code(n, door, OUTCOME_CODE_CANCELLED, now);
    if (in->reason == CANCEL_DOOR_BROKEN || in->reason == CANCEL_OCCUPIED)
        n->out[door] = true;
    return OUTCOME_OK;
}

static enum outcome staff(struct naive *n, int64_t now, const struct intent *in, struct answer *a)
{
    const uint32_t door = in->compartment;
    if (door >= n->doors)
        return OUTCOME_UNKNOWN_COMPARTMENT;
    *a = (struct answer){.compartment = door};
    if (in->operation == OP_SERVICE) {
        n->out[door] = !in->in_service;
        return OUTCOME_OK;
    }
    if (n->expires[door] == 0)
        return OUTCOME_NOT_OCCUPIED;
    if (in->operation == OP_COLLECT && n->code[door] != 0)
        return OUTCOME_NOT_EXPIRED;
    if (in->operation == OP_COLLECT || (in->operation == OP_RELEASE && n->code[door] == 0)) {
        n->expires[door] = 0;
        return OUTCOME_OK;
    }
    if (n->code[door] == 0)
        return OUTCOME_CODE_EXPIRED;
    const int64_t expires = n->expires[door];
    if (in->operation == OP_EXTEND) {
        a->expires_at_ms = n->expires[door] += in->by_ms;
        return OUTCOME_OK;
    }
    end_code(n, door, OUTCOME_CODE_CANCELLED, now);
    if (in->operation == OP_REISSUE) {
        n->code[door] = in->offer.hash;
        a->expires_at_ms = n->expires[door] = expires;
    }
    return OUTCOME_OK;
}

static bool may_guess(struct naive *n, int64_t now)
{
    n->guesses += (double)(now - n->guesses_at) / WRONG_CODE_EARNED_EVERY_MS;
    n->guesses_at = now;
    if (n->guesses > n->policy.wrong_codes)
        n->guesses = n->policy.wrong_codes;
    return n->policy.wrong_codes == 0 || n->guesses >= 1 - 1e-9;
}

static enum outcome pickup(struct naive *n, int64_t now, const struct intent *in, struct answer *a)
{
    uint32_t door = COMPARTMENT_NONE;
    const enum outcome outcome = find_code(n, now, in->code_hash, &door);
    if (outcome == OUTCOME_INVALID_CODE)
        n->guesses -= 1;
    if (outcome != OUTCOME_OK)
        return outcome;
    end_code(n, door, OUTCOME_CODE_USED, now);
    *a = (struct answer){.compartment = door};
    return OUTCOME_OK;
}

static enum outcome decide(struct naive *n, int64_t now, const struct intent *in, struct answer *a)
{
    switch (in->operation) {
    case OP_DEPOSIT:
        return deposit(n, now, in, a);
    case OP_PICKUP:
        return pickup(n, now, in, a);
    case OP_CANCEL:
        return cancel(n, now, in, a);
    default:
        return staff(n, now, in, a);
    }
}

/* Without a disk: what would come of it, and then none of it has happened. Of a compartment whose
 * parcel is due nothing can be said, since that is an event. */
static enum outcome pretend(struct naive *n, int64_t now, const struct intent *in, struct answer *a)
{
    uint64_t code[NAIVE_DOORS];
    int64_t expires[NAIVE_DOORS];
    bool out[NAIVE_DOORS];
    const uint32_t ended_count = n->ended_count;
    if (in->compartment < n->doors && is_due(n, in->compartment, now))
        return OUTCOME_STORAGE_UNAVAILABLE;
    memcpy(code, n->code, sizeof code);
    memcpy(expires, n->expires, sizeof expires);
    memcpy(out, n->out, sizeof out);
    touch(n, now, in);
    const enum outcome outcome = decide(n, now, in, a);
    memcpy(n->code, code, sizeof code);
    memcpy(n->expires, expires, sizeof expires);
    memcpy(n->out, out, sizeof out);
    n->ended_count = ended_count;
    return outcome == OUTCOME_OK ? OUTCOME_STORAGE_UNAVAILABLE : outcome;
}

enum outcome naive_perform(struct naive *n, int64_t now, const struct intent *in, bool storable,
                           struct answer *a)
{
    const uint32_t memory = n->policy.remember_requests;
    const uint32_t oldest = n->done_count > memory ? n->done_count - memory : 0;
    for (uint32_t i = n->done_count; in->has_id && i-- > oldest;) {
        if (n->done[i].id == in->request_key[0]) {
            *a = n->done[i].answer;
            return n->done[i].fingerprint == in->request_fingerprint ? OUTCOME_OK
                                                                     : OUTCOME_ID_REUSED;
        }
    }
    if (in->operation == OP_PICKUP && !may_guess(n, now))
        return OUTCOME_TRY_LATER;
    if (!storable)
        return pretend(n, now, in, a);
    touch(n, now, in);
    const enum outcome outcome = decide(n, now, in, a);
    if (outcome == OUTCOME_OK && in->has_id) {
        n->done[n->done_count].id = in->request_key[0];
        n->done[n->done_count].fingerprint = in->request_fingerprint;
        n->done[n->done_count++].answer = *a;
    }
    return outcome;
}
