#include "change.h"

#include "code_book.h"
#include "invariant.h"
#include "stage.h"

#include <string.h>

/* At most half of the code space is ever in use (the configuration sees to it), so the chance of
 * this many draws in a row being taken is 2^-128. */
#define DRAWS_MAX 128

/* Expired tokens freed under one hold of the lock: short enough that nobody waits for it. */
#define SWEEP_SLICE 64

static bool change_issues_code(const struct request *request)
{
    return request->operation == OP_DEPOSIT || request->operation == OP_REISSUE ||
           (request->operation == OP_CANCEL && request->has_size);
}

void change_prepare(const struct dispatch *dispatch, struct errand *errand)
{
    const struct request *request = &errand->request;
    struct intent *intent = &errand->intent;
    const struct locker *locker = &dispatch->session->segment.locker;
    const struct station_keys *keys = &dispatch->job->keys;
    *intent = (struct intent){
        .operation = request->operation,
        .role = dispatch->role,
        .has_id = request->has_id,
        .has_size = request->has_size,
        .size = request->size,
        .reason = request->reason,
        .compartment = COMPARTMENT_NONE,
        .in_service = request->in_service,
        .by_ms = request->by_ms,
    };
    /* In the order in which what each leads to is fetched while the rest is computed. */
    if (request->has_id)
        code_book_request_key(keys, request->id, intent->request_key);
    locker_expect_id(locker, intent);
    if (request->code[0] != '\0')
        intent->code_hash = code_book_hash(keys, request->code);
    if (change_issues_code(request))
        code_book_draw(keys, locker_policy(locker)->code_digits, &intent->offer,
                       errand->reply.code);
    locker_expect_code(locker, intent);
    if (request->has_id)
        intent->request_fingerprint = code_book_fingerprint(keys, request);
    locker_expect_door(locker, intent);
    if (request->has_compartment)
        intent->compartment = locker_find_compartment(locker, request->compartment);
    if (request->has_service_reason)
        memcpy(intent->service_reason, request->service_reason, sizeof intent->service_reason);
}

/* Free what is due, a slice of it under each hold of the lock. A sweep that is answered already,
 * or that could not be recorded, frees nothing. */
static int change_sweep(struct dispatch *dispatch, struct intent *intent)
{
    struct locker *locker = &dispatch->session->segment.locker;
    struct segment_header *header = dispatch->session->segment.header;
    uint32_t expired = SWEEP_SLICE;
    while (expired == SWEEP_SLICE) {
        struct moment now;
        struct answer answer;
        enum outcome outcome;
        const int error = session_lock(dispatch->session, &now);
        if (error != 0)
            return error;
        const bool wanted =
            atomic_load_explicit(&header->storage, memory_order_relaxed) == STORAGE_GOOD &&
            !locker_find_repeat(locker, intent, &outcome, &answer);
        expired = wanted ? locker_expire(locker, now, SWEEP_SLICE) : 0;
        if (!locker_policy(locker)->hold_expired)
            intent->freed += expired;
        if (header->ephemeral)
            locker_set_durable(locker, locker_sequence(locker));
        session_unlock(dispatch->session);
    }
    return 0;
}

/* The keeper has to be told of a wrong code to be remembered, of a clock that was set, and of a
 * token that expires before it would next look. What was recorded it is told by its sequence. */
static bool change_wants_chores(const struct segment *segment, enum operation operation,
                                enum outcome outcome)
{
    const struct segment_header *header = segment->header;
    return operation == OP_CLOCK || (outcome == OUTCOME_INVALID_CODE && !header->ephemeral) ||
           locker_next_expiry_ms(&segment->locker) <
               atomic_load_explicit(&header->timer_ms, memory_order_relaxed);
}

/* The sequence that must be durable before the answer may leave. A refusal, too, waits for what it
 * was decided on, but for those that hold whatever has changed lately. */
static uint64_t change_rests_on(const struct locker *locker, enum outcome outcome,
                                const struct answer *answer)
{
    switch (outcome) {
    case OUTCOME_OK:
        return answer->sequence;
    case OUTCOME_INVALID_CODE:
    case OUTCOME_UNKNOWN_COMPARTMENT:
    case OUTCOME_TRY_LATER:
    case OUTCOME_STORAGE_UNAVAILABLE:
        return 0;
    default:
        return locker_sequence(locker);
    }
}

/* Under the lock. How many were done: not all, where the code offered with the next is taken and
 * another must be drawn. */
static unsigned change_locked(struct session *session, struct moment now, struct errand *errands,
                              unsigned count)
{
    struct locker *locker = &session->segment.locker;
    const struct segment_header *header = session->segment.header;
    const bool storable =
        atomic_load_explicit(&header->storage, memory_order_relaxed) == STORAGE_GOOD;
    unsigned done = 0;
    for (; done < count; done++) {
        struct errand *errand = &errands[done];
        if (errand->intent.offer.hash != 0 && !locker_offer_is_fresh(locker, &errand->intent.offer))
            break;
        errand->intent.wall_ms = session->raw.wall_ms;
        errand->reply.outcome =
            locker_perform(locker, now, &errand->intent, storable, &errand->answer);
        errand->verdict.sequence = change_rests_on(locker, errand->reply.outcome, &errand->answer);
        errand->verdict.chores =
            change_wants_chores(&session->segment, errand->intent.operation, errand->reply.outcome);
    }
    if (header->ephemeral)
        locker_set_durable(locker, locker_sequence(locker));
    return done;
}

static void change_answer(const struct dispatch *dispatch, struct errand *errand)
{
    const struct locker *locker = &dispatch->session->segment.locker;
    const struct answer *answer = &errand->answer;
    struct reply *reply = &errand->reply;
    if (answer->compartment != COMPARTMENT_NONE) {
        const struct compartment *compartment = locker_compartment(locker, answer->compartment);
        memcpy(reply->compartment, compartment->id, sizeof reply->compartment);
        reply->size = (enum parcel_size)compartment->size;
    }
    /* The code of a change just made stands in the reply since it was drawn. */
    if (answer->repeated && change_issues_code(&errand->request))
        code_book_derive(&dispatch->job->keys, answer->code_nonce, answer->code_digits,
                         reply->code);
    if (answer->kind == EVENT_EXCHANGED) {
        reply->exchanged = true;
        memcpy(reply->cancelled, locker_compartment(locker, answer->given_up)->id,
               sizeof reply->cancelled);
    }
    reply->expires_at_ms = answer->expires_at_ms;
    reply->in_service = answer->in_service;
    reply->freed = (uint32_t)answer->amount;
    if (errand->request.operation == OP_CLOCK) {
        reply->now_ms = answer->at_ms;
        reply->clock_suspect = false;
    }
}

static void change_reply(const struct dispatch *dispatch, struct errand *errand)
{
    struct reply *reply = &errand->reply;
    if (reply->outcome == OUTCOME_INVALID_REQUEST) /* well formed; only extend asks for too much */
        reply->detail = "no code is extended beyond the year 9999";
    reply->asked_size = errand->request.size;
    reply->retry_after_ms = errand->answer.retry_after_ms;
    if (reply->outcome == OUTCOME_OK)
        change_answer(dispatch, errand);
    else
        explicit_bzero(reply->code, sizeof reply->code);
}

bool change_stands_alone(const struct errand *errand)
{
    return errand->request.operation == OP_SWEEP || errand->request.operation == OP_CLOCK;
}

int change_perform(struct dispatch *dispatch, struct errand *errands, unsigned count)
{
    struct session *session = dispatch->session;
    unsigned done = 0;
    int draws = 0;
    int error = 0;
    if (change_stands_alone(errands))
        session_read_clocks(session);
    if (errands->request.operation == OP_SWEEP)
        error = change_sweep(dispatch, &errands->intent);
    while (error == 0 && done < count) {
        struct moment now;
        error = session_lock_as_read(session, &now);
        if (error != 0)
            break;
        stage_end(STAGE_LOCK);
        const unsigned more = change_locked(session, now, &errands[done], count - done);
        session_unlock(session);
        stage_end(STAGE_UNLOCK);
        done += more;
        draws = more > 0 ? 0 : draws;
        if (done == count)
            break;
        draws++;
        INVARIANT(draws < DRAWS_MAX);
        code_book_draw(&dispatch->job->keys, locker_policy(&session->segment.locker)->code_digits,
                       &errands[done].intent.offer, errands[done].reply.code);
    }
    for (unsigned i = 0; i < count && error == 0; i++) {
        if (errands[i].reply.outcome == OUTCOME_OK)
            stage_recorded(errands[i].verdict.sequence, i);
        change_reply(dispatch, &errands[i]);
    }
    return error;
}
