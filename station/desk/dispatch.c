#include "dispatch.h"

#include "change.h"
#include "invariant.h"
#include "report.h"
#include "stage.h"

#include <errno.h>
#include <string.h>

int dispatch_create(struct dispatch *dispatch, struct session *session, const struct job *job)
{
    *dispatch = (struct dispatch){
        .session = session,
        .job = job,
        .role = (enum role)job->kind,
        .pages = report_pages_create(),
    };
    return dispatch->pages ? 0 : -ENOMEM;
}

void dispatch_destroy(struct dispatch *dispatch)
{
    if (dispatch->history)
        ledger_close(dispatch->history);
    report_pages_destroy(dispatch->pages);
    dispatch->pages = NULL;
}

/* A desk is the only writer of its counters: no read-modify-write is needed. */
static void count(_Atomic uint64_t *counter)
{
    const uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, before + 1, memory_order_relaxed);
}

static struct desk_line *dispatch_line(const struct dispatch *dispatch)
{
    return &dispatch->session->segment.header->desks[dispatch->role];
}

static void dispatch_count(const struct dispatch *dispatch, const struct reply *reply)
{
    struct desk_line *line = dispatch_line(dispatch);
    count(&line->operations[reply->operation]);
    if (reply->outcome != OUTCOME_OK)
        count(&line->errors[reply->outcome]);
}

/* Reading the ledger may take long: what is done after it is not done at a time before it. */
static int dispatch_history(struct dispatch *dispatch, const struct request *request,
                            struct reply *reply)
{
    const int error = report_history(dispatch, request, reply);
    session_read_clocks(dispatch->session);
    return error;
}

/* What changes nothing. */
static int dispatch_question(struct dispatch *dispatch, struct errand *errand)
{
    const struct request *request = &errand->request;
    struct reply *reply = &errand->reply;
    switch (request->operation) {
    case OP_PING:
        reply->station = dispatch->job->station;
        reply->role = dispatch->role;
        return 0;
    case OP_AVAILABILITY:
        return report_availability(dispatch, reply);
    case OP_EXPIRED:
        return report_expired(dispatch, reply, &errand->verdict);
    case OP_STATUS:
        return report_status(dispatch, reply);
    case OP_COMPARTMENTS:
        return report_compartments(dispatch, request, reply);
    case OP_HISTORY:
        return dispatch_history(dispatch, request, reply);
    case OP_CLOCK:
        return report_clock(dispatch, reply);
    default:
        INVARIANT(request_changes(request)); /* what is no question is a change */
        return -EINVAL;
    }
}

/* Whether there is a change to be made: it has come in as one, and stands there prepared. */
static bool is_change(const struct errand *errand)
{
    return errand->reply.outcome == OUTCOME_OK && request_changes(&errand->request);
}

void dispatch_read(struct dispatch *dispatch, const void *bytes, size_t size, struct errand *errand)
{
    errand->verdict = (struct verdict){.sequence = 0};
    errand->reply = (struct reply){.outcome = OUTCOME_INVALID_REQUEST,
                                   .detail = "send one frame, as a REQ socket does"};
    if (bytes)
        errand->reply.outcome = codec_decode_request(bytes, size, dispatch->role, &errand->request,
                                                     &errand->reply.detail);
    else
        errand->request = (struct request){.operation = OP_PING};
    errand->reply.operation = errand->request.operation;
    stage_end(STAGE_DECODE);
    if (is_change(errand))
        change_prepare(dispatch, errand);
    stage_end(STAGE_HASH);
}

/* Changes at the head that can be made together. */
static unsigned count_changes(const struct errand *errands, unsigned count)
{
    unsigned changes = 0;
    while (changes < count && is_change(&errands[changes]) &&
           !change_stands_alone(&errands[changes]))
        changes++;
    return changes;
}

int dispatch_perform(struct dispatch *dispatch, struct errand *errands, unsigned count)
{
    const unsigned together = count_changes(errands, count);
    const unsigned taken = together > 0 ? together : 1;
    int error = 0;
    if (is_change(errands))
        error = change_perform(dispatch, errands, taken);
    else if (errands->reply.outcome == OUTCOME_OK)
        error = dispatch_question(dispatch, errands);
    return error == 0 ? (int)taken : error;
}

void errand_drop(struct errand *errand)
{
    explicit_bzero(errand->request.code, sizeof errand->request.code);
    explicit_bzero(errand->reply.code, sizeof errand->reply.code);
}

int dispatch_answer(struct dispatch *dispatch, struct errand *errand, struct buffer *encoded)
{
    dispatch_count(dispatch, &errand->reply);
    const int error = codec_encode_reply(&errand->reply, encoded);
    stage_end(STAGE_ENCODE);
    errand->verdict.secret = errand->reply.code[0] != '\0';
    errand_drop(errand);
    return error;
}

int dispatch_take_back(struct dispatch *dispatch, struct buffer *encoded)
{
    const struct reply reply = {.operation = OP_PING, .outcome = OUTCOME_STORAGE_UNAVAILABLE};
    count(&dispatch_line(dispatch)->errors[reply.outcome]);
    return codec_encode_reply(&reply, encoded);
}
