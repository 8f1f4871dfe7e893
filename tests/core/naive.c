#include "naive.h"

static bool is_due(const struct naive *n, uint32_t i, int64_t now)
{
    return n->now.door[i].code != 0 && now >= n->now.door[i].expires;
}

static void end_code(struct naive *n, uint32_t i, enum outcome how, int64_t now)
{
    n->ended[n->now.ended_count++] = (struct naive_end){n->now.door[i].code, how, now};
    n->now.door[i].code = 0;
    n->now.door[i].expires = 0;
}

static void expire(struct naive *n, uint32_t i, int64_t now)
{
    const int64_t expires = n->now.door[i].expires;
    end_code(n, i, OUTCOME_CODE_EXPIRED, now);
    n->now.door[i].expires = n->policy.hold_expired ? expires : 0;
}

/* Of all doors, or of those in service of one size, the one whose parcel is longest due. */
static uint32_t longest_due(const struct naive *n, int64_t now, unsigned size)
{
    uint32_t first = COMPARTMENT_NONE;
    for (uint32_t i = 0; i < n->doors; i++)
        if (is_due(n, i, now) &&
            (size == SIZE_COUNT || (n->wall[i].size == size && !n->now.door[i].out)) &&
            (first == COMPARTMENT_NONE || n->now.door[i].expires < n->now.door[first].expires))
            first = i;
    return first;
}

void naive_expire(struct naive *n, int64_t now, uint32_t limit)
{
    uint32_t i;
    while (limit-- > 0 && (i = longest_due(n, now, SIZE_COUNT)) != COMPARTMENT_NONE)
        expire(n, i, now);
}

enum compartment_state naive_state(const struct naive *n, uint32_t i, int64_t now)
{
    if (n->now.door[i].expires == 0 || (is_due(n, i, now) && !n->policy.hold_expired))
        return STATE_FREE;
    return n->now.door[i].code != 0 && !is_due(n, i, now) ? STATE_OCCUPIED : STATE_EXPIRED;
}

/* Where a parcel goes: the lowest free door of its size, else the longest expired one, which is
 * freed for it; with fallback, else of the next size. */
static uint32_t find_place(struct naive *n, int64_t now, unsigned size)
{
    for (; size < SIZE_COUNT; size = n->policy.fallback ? size + 1 : SIZE_COUNT) {
        for (uint32_t i = 0; i < n->doors; i++)
            if (n->wall[i].size == size && n->now.door[i].expires == 0 && !n->now.door[i].out)
                return i;
        const uint32_t i = longest_due(n, now, size);
        if (i != COMPARTMENT_NONE && !n->policy.hold_expired) {
            expire(n, i, now);
            return i;
        }
    }
    return COMPARTMENT_NONE;
}

/* The door that the code opens, or why it opens none. */
static enum outcome find_code(const struct naive *n, int64_t now, uint64_t code, uint32_t *door)
{
    if (code == 0)
        return OUTCOME_INVALID_CODE;
    for (*door = 0; *door < n->doors; ++*door)
        if (n->now.door[*door].code == code)
            return OUTCOME_OK;
    for (uint32_t i = n->now.ended_count; i-- > 0 && n->now.ended_count - i <= n->memory;)
        if (n->ended[i].code == code && now - n->ended[i].at < n->policy.remember_ms)
            return n->ended[i].how;
    return OUTCOME_INVALID_CODE;
}

/* A parcel with this code, or a parcel's new one, at this door. */
static enum outcome put(struct naive *n, uint32_t i, uint64_t code, int64_t expires,
                        struct answer *a)
{
    if (i == COMPARTMENT_NONE)
        return OUTCOME_NO_SPACE;
    n->now.door[i].code = code;
    n->now.door[i].expires = a->expires_at_ms = expires;
    a->compartment = i;
    return OUTCOME_OK;
}

/* A pickup, or a cancel; with a size, for another door, which was found before. */
static enum outcome use_code(struct naive *n, int64_t now, const struct intent *in, uint32_t place,
                             struct answer *a)
{
    uint32_t i;
    enum outcome outcome = find_code(n, now, in->code_hash, &i);
    if (outcome == OUTCOME_INVALID_CODE && in->operation == OP_PICKUP)
        n->guesses -= 1;
    if (outcome == OUTCOME_OK && in->has_size)
        outcome = put(n, place, in->offer.hash, now + n->policy.ttl_ms, a);
    if (outcome != OUTCOME_OK)
        return outcome;
    *(in->has_size ? &a->given_up : &a->compartment) = i;
    end_code(n, i, in->operation == OP_PICKUP ? OUTCOME_CODE_USED : OUTCOME_CODE_CANCELLED, now);
    if (in->operation == OP_CANCEL)
        n->now.door[i].out |= in->reason == CANCEL_DOOR_BROKEN || in->reason == CANCEL_OCCUPIED;
    return OUTCOME_OK;
}

static enum outcome staff(struct naive *n, int64_t now, const struct intent *in, struct answer *a)
{
    const uint32_t i = a->compartment = in->compartment;
    if (i >= n->doors)
        return OUTCOME_UNKNOWN_COMPARTMENT;
    const struct naive_door door = n->now.door[i];
    if (in->operation == OP_SERVICE)
        n->now.door[i].out = !in->in_service;
    else if (door.expires == 0)
        return OUTCOME_NOT_OCCUPIED;
    else if (in->operation == OP_COLLECT && door.code != 0)
        return OUTCOME_NOT_EXPIRED;
    else if (in->operation != OP_COLLECT && in->operation != OP_RELEASE && door.code == 0)
        return OUTCOME_CODE_EXPIRED;
    else if (in->operation == OP_EXTEND)
        return put(n, i, door.code, door.expires + in->by_ms, a);
    else if (door.code != 0)
        end_code(n, i, OUTCOME_CODE_CANCELLED, now);
    else
        n->now.door[i].expires = 0;
    return in->operation == OP_REISSUE ? put(n, i, in->offer.hash, door.expires, a) : OUTCOME_OK;
}

static enum outcome change(struct naive *n, int64_t now, const struct intent *in, struct answer *a)
{
    for (uint32_t i = 0; i < n->doors; i++) /* what it is about expires first, if it is due */
        if (is_due(n, i, now) && (n->now.door[i].code == in->code_hash || i == in->compartment))
            expire(n, i, now);
    const uint32_t place = in->has_size ? find_place(n, now, in->size) : COMPARTMENT_NONE;
    switch (in->operation) {
    case OP_DEPOSIT:
        return put(n, place, in->offer.hash, now + n->policy.ttl_ms, a);
    case OP_PICKUP:
    case OP_CANCEL:
        return use_code(n, now, in, place, a);
    default:
        return staff(n, now, in, a);
    }
}

static bool may_guess(struct naive *n, int64_t now)
{
    n->guesses += (double)(now - n->guesses_at) / WRONG_CODE_EARNED_EVERY_MS;
    n->guesses_at = now;
    if (n->guesses > n->policy.wrong_codes)
        n->guesses = n->policy.wrong_codes;
    return n->policy.wrong_codes == 0 || n->guesses >= 1 - 1e-9;
}

enum outcome naive_perform(struct naive *n, int64_t now, const struct intent *in, bool storable,
                           struct answer *a)
{
    for (uint32_t i = n->done_count;
         in->has_id && i-- > 0 && n->done_count - i <= n->policy.remember_requests;)
        if (n->done[i].id == in->request_key[0]) {
            *a = n->done[i].answer;
            return n->done[i].fingerprint == in->request_fingerprint ? OUTCOME_OK
                                                                     : OUTCOME_ID_REUSED;
        }
    if (in->operation == OP_PICKUP && !may_guess(n, now))
        return OUTCOME_TRY_LATER;
    /* Without a disk: what would come of it, and then none of it has happened. Of a compartment
     * whose parcel is due nothing can be said, since that is an event. */
    if (!storable && in->compartment < n->doors && is_due(n, in->compartment, now))
        return OUTCOME_STORAGE_UNAVAILABLE;
    const struct naive_now before = n->now;
    const enum outcome outcome = change(n, now, in, a);
    if (!storable) {
        n->now = before;
        return outcome == OUTCOME_OK ? OUTCOME_STORAGE_UNAVAILABLE : outcome;
    }
    if (outcome == OUTCOME_OK && in->has_id)
        n->done[n->done_count++] =
            (struct naive_done){in->request_key[0], in->request_fingerprint, *a};
    return outcome;
}
