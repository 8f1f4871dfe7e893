#include "load_pipelined.h"

#include "interrupt.h"
#include "stopwatch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define WARM_UP_ANSWERS 200

/* When each request of one operation that is out was sent. They are answered in the order in which
 * they came, so the oldest is the one that an answer belongs to. */
struct lane {
    uint64_t *sent_ns; /* ring of `window` */
    uint64_t sent;
    uint64_t received;
};

struct pipe {
    const struct load_plan *plan;
    struct load_round *round;
    void *link;
    struct lane lanes[LOAD_OPERATION_COUNT];
    uint64_t deadline_ns;
    bool measuring;
    bool ending; /* nothing new is deposited */
};

static int send_request(struct pipe *pipe, enum load_operation operation, const char *code)
{
    struct lane *lane = &pipe->lanes[operation];
    int status = pipe->plan->protocol->send(pipe->link, operation, code);
    if (status == 0)
        lane->sent_ns[lane->sent++ % pipe->plan->shape.window] = stopwatch_now_ns();
    return status;
}

static void account(struct pipe *pipe, const struct load_answer *answer)
{
    struct lane *lane = &pipe->lanes[answer->operation];
    uint64_t now_ns = stopwatch_now_ns();
    uint64_t sent_ns = lane->sent_ns[lane->received++ % pipe->plan->shape.window];
    if (!pipe->measuring)
        return;
    bool in_time = now_ns <= pipe->deadline_ns;
    if (answer->outcome != OUTCOME_OK) {
        pipe->round->refused += in_time;
        return;
    }
    pipe->round->answered += in_time;
    if (sent_ns <= pipe->deadline_ns)
        histogram_record(&pipe->round->service, now_ns - sent_ns);
}

static int deposit(struct pipe *pipe)
{
    return pipe->ending ? 0 : send_request(pipe, LOAD_DEPOSIT, NULL);
}

/* Take the answers that are there, and send what comes next. */
static int drain(struct pipe *pipe)
{
    struct load_answer answer;
    int status;
    while ((status = pipe->plan->protocol->receive(pipe->link, &answer)) > 0) {
        account(pipe, &answer);
        if (answer.operation == LOAD_PICKUP || answer.outcome != OUTCOME_OK)
            status = deposit(pipe);
        else
            status = send_request(pipe, LOAD_PICKUP, answer.code);
        if (status != 0)
            return status;
    }
    return status;
}

static bool anything_out(const struct pipe *pipe)
{
    return pipe->lanes[LOAD_DEPOSIT].sent != pipe->lanes[LOAD_DEPOSIT].received ||
           pipe->lanes[LOAD_PICKUP].sent != pipe->lanes[LOAD_PICKUP].received;
}

static uint64_t received(const struct pipe *pipe)
{
    return pipe->lanes[LOAD_DEPOSIT].received + pipe->lanes[LOAD_PICKUP].received;
}

/* Until the time is over (or `answers` have come), or, when ending, until nothing is out. */
static int turn(struct pipe *pipe, uint64_t answers)
{
    int status = 0;
    while (status == 0) {
        status = drain(pipe);
        bool enough =
            pipe->ending ? !anything_out(pipe)
            : pipe->measuring
                ? interrupted() || stopwatch_now_ns() >= pipe->deadline_ns ||
                      (pipe->plan->answers > 0 && pipe->round->answered >= pipe->plan->answers)
                : received(pipe) >= answers;
        if (status != 0 || enough)
            break;
        status = pipe->plan->protocol->wait(pipe->link);
    }
    return status;
}

static int open_pipe(struct pipe *pipe)
{
    const struct load_plan *plan = pipe->plan;
    for (unsigned i = 0; i < LOAD_OPERATION_COUNT; i++) {
        pipe->lanes[i].sent_ns = calloc(plan->shape.window, sizeof pipe->lanes[i].sent_ns[0]);
        if (pipe->lanes[i].sent_ns == NULL)
            return -ENOMEM;
    }
    return plan->protocol->open(plan->server, plan->size, plan->shape.window, &pipe->link);
}

static void close_pipe(struct pipe *pipe)
{
    if (pipe->link != NULL)
        pipe->plan->protocol->close(pipe->link);
    for (unsigned i = 0; i < LOAD_OPERATION_COUNT; i++)
        free(pipe->lanes[i].sent_ns);
}

int load_run_pipelined(const struct load_plan *plan, struct load_round *round)
{
    struct pipe pipe = {.plan = plan, .round = round};
    int status = open_pipe(&pipe);
    for (unsigned i = 0; i < plan->shape.window && status == 0; i++)
        status = deposit(&pipe);
    if (status == 0)
        status = turn(&pipe, WARM_UP_ANSWERS + plan->shape.window);
    if (status == 0) {
        pipe.measuring = true;
        pipe.deadline_ns = stopwatch_now_ns() + (uint64_t)(plan->seconds * 1e9);
        status = turn(&pipe, 0);
    }
    if (status == 0) {
        pipe.ending = true;
        status = turn(&pipe, 0);
    }
    close_pipe(&pipe);
    return status;
}
