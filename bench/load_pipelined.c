#include "load_pipelined.h"

#include "interrupt.h"
#include "load_socket.h"
#include "load_wire.h"
#include "stopwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

#define WARM_UP_ANSWERS 200

/* One connection, and when each request that is out was sent. A desk answers one client's changes
 * in the order in which they came, so the oldest is the one that an answer belongs to. */
struct lane {
    void *socket;
    uint64_t *sent_ns; /* ring of `window` */
    uint64_t sent;
    uint64_t received;
};

struct pipe {
    const struct load_plan *plan;
    struct load_round *round;
    struct load_wire wire;
    struct lane driver;
    struct lane keypad;
    uint64_t deadline_ns;
    bool measuring;
    bool ending; /* nothing new is deposited */
};

static int send_request(struct pipe *pipe, struct lane *lane, const struct load_request *request)
{
    if (zmq_send(lane->socket, "", 0, ZMQ_SNDMORE) < 0 ||
        zmq_send(lane->socket, request->bytes, request->size, 0) < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    lane->sent_ns[lane->sent++ % pipe->plan->shape.window] = stopwatch_now_ns();
    return 0;
}

static void account(struct pipe *pipe, struct lane *lane, bool ok)
{
    uint64_t now_ns = stopwatch_now_ns();
    uint64_t sent_ns = lane->sent_ns[lane->received++ % pipe->plan->shape.window];
    if (!pipe->measuring || now_ns > pipe->deadline_ns)
        return;
    if (ok) {
        pipe->round->answered++;
        histogram_record(&pipe->round->service, now_ns - sent_ns);
    } else {
        pipe->round->refused++;
    }
}

static int deposit(struct pipe *pipe)
{
    if (pipe->ending)
        return 0;
    return send_request(pipe, &pipe->driver, load_wire_deposit(&pipe->wire));
}

/* Take one answer from the lane, and send what comes next. 1, 0: there was none, -errno. */
static int take_answer(struct pipe *pipe, struct lane *lane)
{
    unsigned char reply[512];
    int size = zmq_recv(lane->socket, reply, sizeof reply, ZMQ_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (size == 0) /* the delimiter */
        size = zmq_recv(lane->socket, reply, sizeof reply, 0);
    if (size < 0)
        return -errno;
    if ((size_t)size > sizeof reply)
        return -EMSGSIZE;
    bool ok = load_wire_is_ok(reply, (size_t)size);
    account(pipe, lane, ok);
    int status;
    if (lane == &pipe->keypad || !ok) {
        status = deposit(pipe);
    } else {
        const struct load_request *pickup = load_wire_pickup(&pipe->wire, reply, (size_t)size);
        status = pickup == NULL ? -EPROTO : send_request(pipe, &pipe->keypad, pickup);
    }
    return status < 0 ? status : 1;
}

static int drain(struct pipe *pipe, struct lane *lane)
{
    int status;
    do
        status = take_answer(pipe, lane);
    while (status > 0);
    return status;
}

static bool is_out(const struct lane *lane)
{
    return lane->sent != lane->received;
}

static int wait_answers(struct pipe *pipe)
{
    zmq_pollitem_t items[] = {{.socket = pipe->driver.socket, .events = ZMQ_POLLIN},
                              {.socket = pipe->keypad.socket, .events = ZMQ_POLLIN}};
    int ready = zmq_poll(items, 2, LOAD_ANSWER_TIMEOUT_MS);
    if (ready == 0)
        return -ETIMEDOUT;
    if (ready < 0 && errno != EINTR)
        return -errno;
    return 0;
}

/* Until the time is over (or `answers` have come), or, when ending, until nothing is out. */
static int turn(struct pipe *pipe, uint64_t answers)
{
    int status = 0;
    while (status == 0) {
        status = drain(pipe, &pipe->driver);
        if (status == 0)
            status = drain(pipe, &pipe->keypad);
        bool enough =
            pipe->ending ? !is_out(&pipe->driver) && !is_out(&pipe->keypad)
            : pipe->measuring
                ? interrupted() || stopwatch_now_ns() >= pipe->deadline_ns ||
                      (pipe->plan->answers > 0 && pipe->round->answered >= pipe->plan->answers)
                : pipe->driver.received + pipe->keypad.received >= answers;
        if (status != 0 || enough)
            break;
        status = wait_answers(pipe);
    }
    return status;
}

static int open_lane(struct pipe *pipe, struct lane *lane, void *context, const char *uri)
{
    lane->sent_ns = calloc(pipe->plan->shape.window, sizeof lane->sent_ns[0]);
    return lane->sent_ns == NULL ? -ENOMEM
                                 : load_socket_open(context, ZMQ_DEALER, uri, &lane->socket);
}

static void close_lane(struct lane *lane)
{
    if (lane->socket != NULL)
        zmq_close(lane->socket);
    free(lane->sent_ns);
}

int load_run_pipelined(void *context, const struct load_plan *plan, struct load_round *round)
{
    struct pipe pipe = {.plan = plan, .round = round};
    int status = load_wire_prepare(&pipe.wire, plan->size);
    if (status == 0)
        status = open_lane(&pipe, &pipe.driver, context, plan->driver_uri);
    if (status == 0)
        status = open_lane(&pipe, &pipe.keypad, context, plan->keypad_uri);
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
    close_lane(&pipe.driver);
    close_lane(&pipe.keypad);
    return status;
}
