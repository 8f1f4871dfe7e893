#include "load_open.h"

#include "interrupt.h"
#include "load_protocol.h"
#include "load_socket.h"
#include "load_wire.h"
#include "pace.h"
#include "stopwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <zmq.h>

/* More than are ever out to a server that keeps up; fewer than the doors of the default wall. */
#define OUT_MAX 256

/* Parcels kept inside, so that whoever is due to pick up always finds a code. */
#define STOCK (OUT_MAX + 1)

/* One connection to one desk. A desk answers one client's changes in the order in which they came,
 * so an answer belongs to the oldest request. */
struct lane {
    void *socket;
    bool picks_up;
    struct pace_ticket tickets[OUT_MAX]; /* ring */
    uint64_t sent;
    uint64_t received;
};

struct open_loop {
    const struct load_plan *plan;
    struct pace pace;
    bool measuring;
    struct load_wire wire;
    struct lane *lanes; /* a driver's and a keypad's in turn, `clients` of each */
    zmq_pollitem_t *items;
    unsigned lane_count;
    unsigned next_client;
    int timer_fd;
    unsigned inside;                        /* deposits less pickups, sent */
    char codes[STOCK + OUT_MAX][CODE_SIZE]; /* stack of those that can be picked up */
    unsigned code_count;
};

static int send_request(struct open_loop *loop, const struct pace_ticket *ticket, bool picks_up)
{
    struct lane *lane = &loop->lanes[2 * loop->next_client + (picks_up ? 1U : 0U)];
    loop->next_client = (loop->next_client + 1) % loop->plan->shape.clients;
    const struct load_request *request;
    if (picks_up) {
        request = load_wire_pickup(&loop->wire, loop->codes[--loop->code_count]);
        loop->inside--;
    } else {
        request = load_wire_deposit(&loop->wire);
        loop->inside++;
    }
    if (request == NULL)
        return -EPROTO;
    if (zmq_send(lane->socket, "", 0, ZMQ_SNDMORE) < 0 ||
        zmq_send(lane->socket, request->bytes, request->size, 0) < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    lane->tickets[lane->sent++ % OUT_MAX] = *ticket;
    return 0;
}

static int send_due(struct open_loop *loop)
{
    struct pace_ticket ticket;
    int status = 0;
    while (status == 0 && pace_issue(&loop->pace, stopwatch_now_ns(), &ticket))
        status = send_request(loop, &ticket, loop->inside >= STOCK && loop->code_count > 0);
    return status;
}

/* Take one answer from the lane. 1, 0: there was none, -errno. */
static int take_answer(struct open_loop *loop, struct lane *lane)
{
    unsigned char reply[LOAD_REPLY_MAX];
    int size = zmq_recv(lane->socket, reply, sizeof reply, ZMQ_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (size == 0) /* the delimiter */
        size = zmq_recv(lane->socket, reply, sizeof reply, 0);
    uint64_t now_ns = stopwatch_now_ns();
    if (size < 0)
        return -errno;
    if ((size_t)size > sizeof reply)
        return -EMSGSIZE;
    bool ok = load_wire_is_ok(reply, (size_t)size);
    if (loop->measuring)
        pace_answer(&loop->pace, &lane->tickets[lane->received % OUT_MAX], now_ns, ok);
    lane->received++;
    if (lane->picks_up)
        return 1;
    if (!ok) {
        loop->inside--;
        return loop->measuring ? 1 : -ENOSPC; /* the stock does not fit into the wall */
    }
    return load_wire_code(reply, (size_t)size, loop->codes[loop->code_count++]) ? 1 : -EPROTO;
}

/* Take all answers that are there. How many, or -errno. */
static int drain(struct open_loop *loop)
{
    int taken = 0;
    for (unsigned i = 0; i < loop->lane_count; i++) {
        int status;
        while ((status = take_answer(loop, &loop->lanes[i])) > 0)
            taken++;
        if (status < 0)
            return status;
    }
    return taken;
}

/* Sleep until there is an answer or it is that time. poll's own timeout is too coarse: ms. */
static int sleep_until(struct open_loop *loop, uint64_t wake_ns)
{
    struct itimerspec at = {0};
    if (wake_ns != UINT64_MAX) {
        at.it_value.tv_sec = (time_t)(wake_ns / 1000000000U);
        at.it_value.tv_nsec = (long)(wake_ns % 1000000000U);
    }
    if (timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) != 0)
        return -errno;
    int ready = zmq_poll(loop->items, (int)loop->lane_count + 1, LOAD_ANSWER_TIMEOUT_MS);
    if (ready == 0)
        return -ETIMEDOUT;
    return ready < 0 && errno != EINTR ? -errno : 0;
}

static uint64_t count_out(const struct open_loop *loop)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < loop->lane_count; i++)
        out += loop->lanes[i].sent - loop->lanes[i].received;
    return out;
}

/* The measured time: until all that fell due is answered, or it is hopeless. */
static int run_measured(struct open_loop *loop, struct load_round *round)
{
    const struct load_plan *plan = loop->plan;
    if (plan->on_start != NULL)
        plan->on_start(plan->context);
    uint64_t start_ns = stopwatch_now_ns() + 1000000;
    pace_start(&loop->pace, start_ns, plan->shape.rate, plan->seconds, OUT_MAX, round);
    uint64_t give_up_ns = loop->pace.end_ns + (uint64_t)(plan->seconds * 1e9) + 1000000000U;
    loop->measuring = true;
    int status = 0;
    while (status == 0 && !pace_is_over(&loop->pace) && !interrupted() &&
           stopwatch_now_ns() < give_up_ns) {
        status = send_due(loop);
        int taken = status == 0 ? drain(loop) : 0;
        if (taken < 0)
            status = taken;
        else if (status == 0 && taken == 0)
            status = sleep_until(loop, pace_wake_ns(&loop->pace));
    }
    loop->measuring = false;
    uint64_t now_ns = stopwatch_now_ns();
    for (unsigned i = 0; i < loop->lane_count; i++)
        for (uint64_t at = loop->lanes[i].received; at < loop->lanes[i].sent; at++)
            pace_give_up(&loop->pace, &loop->lanes[i].tickets[at % OUT_MAX], now_ns);
    pace_finish(&loop->pace, now_ns);
    return status;
}

/* Before: fill the stock; after (to 0): take out all that is inside. Neither is measured. */
static int settle(struct open_loop *loop, unsigned stock)
{
    const struct pace_ticket none = {0};
    int status = 0;
    while (status == 0 && (count_out(loop) > 0 || loop->inside != stock)) {
        bool picks_up = loop->inside > stock;
        if (loop->inside != stock && count_out(loop) < OUT_MAX / 2 &&
            (!picks_up || loop->code_count > 0))
            status = send_request(loop, &none, picks_up);
        else
            status = sleep_until(loop, UINT64_MAX);
        int taken = status == 0 ? drain(loop) : 0;
        if (taken < 0)
            status = taken;
    }
    return status;
}

static int open_lanes(struct open_loop *loop, void *context)
{
    const struct load_plan *plan = loop->plan;
    loop->lanes = calloc(2 * (size_t)plan->shape.clients, sizeof loop->lanes[0]);
    loop->items = calloc(2 * (size_t)plan->shape.clients + 1, sizeof loop->items[0]);
    loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (loop->lanes == NULL || loop->items == NULL)
        return -ENOMEM;
    int status = loop->timer_fd < 0 ? -errno : load_wire_prepare(&loop->wire, plan->size);
    for (; loop->lane_count < 2 * plan->shape.clients && status == 0; loop->lane_count++) {
        struct lane *lane = &loop->lanes[loop->lane_count];
        lane->picks_up = loop->lane_count % 2 == 1;
        status =
            load_socket_open(context, ZMQ_DEALER,
                             lane->picks_up ? plan->keypad_uri : plan->driver_uri, &lane->socket);
        loop->items[loop->lane_count] =
            (zmq_pollitem_t){.socket = lane->socket, .events = ZMQ_POLLIN};
    }
    loop->items[loop->lane_count] = (zmq_pollitem_t){.fd = loop->timer_fd, .events = ZMQ_POLLIN};
    return status;
}

static void close_lanes(struct open_loop *loop)
{
    for (unsigned i = 0; loop->lanes != NULL && i < loop->lane_count; i++)
        if (loop->lanes[i].socket != NULL)
            zmq_close(loop->lanes[i].socket);
    if (loop->timer_fd >= 0)
        close(loop->timer_fd);
    free(loop->items);
    free(loop->lanes);
    free(loop);
}

int load_run_open(void *context, const struct load_plan *plan, struct load_round *round)
{
    struct open_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return -ENOMEM;
    loop->plan = plan;
    int status = open_lanes(loop, context);
    if (status == 0)
        status = settle(loop, STOCK);
    if (status == 0)
        status = run_measured(loop, round);
    if (status == 0)
        status = settle(loop, 0);
    close_lanes(loop);
    return status;
}
