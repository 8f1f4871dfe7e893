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

static int dispatch_operation(struct dispatch *dispatch, const struct request *request,
                              struct reply *reply, struct verdict *verdict)
{
    if (request_changes(request))
        return change_perform(dispatch, request, reply, verdict);
    switch (request->operation) {
    case OP_PING:
        reply->station = dispatch->job->station;
        reply->role = dispatch->role;
        return 0;
    case OP_AVAILABILITY:
        return report_availability(dispatch, reply);
    case OP_EXPIRED:
        return report_expired(dispatch, reply, verdict);
    case OP_STATUS:
        return report_status(dispatch, reply);
    case OP_COMPARTMENTS:
        return report_compartments(dispatch, request, reply);
    case OP_HISTORY:
        return report_history(dispatch, request, reply);
    case OP_CLOCK:
        return report_clock(dispatch, reply);
    default:
        INVARIANT(request_changes(request)); /* what is no question is a change */
        return -EINVAL;
    }
}

int dispatch_request(struct dispatch *dispatch, const void *bytes, size_t size,
                     struct buffer *encoded, struct verdict *verdict)
{
    struct request request = {.operation = OP_PING};
    struct reply reply = {.outcome = OUTCOME_INVALID_REQUEST,
                          .detail = "send one frame, as a REQ socket does"};
    *verdict = (struct verdict){.sequence = 0};
    int error = 0;
    if (bytes)
        reply.outcome = codec_decode_request(bytes, size, dispatch->role, &request, &reply.detail);
    stage_end(STAGE_DECODE);
    reply.operation = request.operation;
    if (reply.outcome == OUTCOME_OK)
        error = dispatch_operation(dispatch, &request, &reply, verdict);
    if (error == 0) {
        dispatch_count(dispatch, &reply);
        error = codec_encode_reply(&reply, encoded);
    }
    stage_end(STAGE_ENCODE);
    verdict->secret = reply.code[0] != '\0';
    explicit_bzero(request.code, sizeof request.code);
    explicit_bzero(reply.code, sizeof reply.code);
    return error;
}

int dispatch_take_back(struct dispatch *dispatch, struct buffer *encoded)
{
    const struct reply reply = {.operation = OP_PING, .outcome = OUTCOME_STORAGE_UNAVAILABLE};
    count(&dispatch_line(dispatch)->errors[reply.outcome]);
    return codec_encode_reply(&reply, encoded);
}
