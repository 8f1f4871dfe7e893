#include "load_client.h"

#include "interrupt.h"
#include "load_closed.h"
#include "load_open.h"
#include "load_pipelined.h"
#include "load_socket.h"
#include "load_wire.h"
#include "load_zmq.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

static int run(const struct load_plan *plan, struct load_round *round)
{
    return plan->shape.window > 0 ? load_run_pipelined(plan, round) : load_run_closed(plan, round);
}

int load_run(const struct load_plan *plan, struct load_round *round)
{
    load_round_clear(round);
    round->seconds = plan->seconds;
    if (plan->protocol != NULL)
        return run(plan, round);
    struct load_zmq_server server = {
        .context = zmq_ctx_new(), .driver_uri = plan->driver_uri, .keypad_uri = plan->keypad_uri};
    if (server.context == NULL)
        return -errno;
    struct load_plan zmq_plan = *plan;
    zmq_plan.protocol = &load_zmq;
    zmq_plan.server = &server;
    int status =
        plan->shape.rate > 0 ? load_run_open(server.context, plan, round) : run(&zmq_plan, round);
    zmq_ctx_term(server.context);
    return status;
}

/* Requests out at a time while filling. */
#define FILL_WINDOW 256

static int send_deposit(void *socket, struct load_wire *wire)
{
    const struct load_request *request = load_wire_deposit(wire);
    if (zmq_send(socket, "", 0, ZMQ_SNDMORE) < 0 ||
        zmq_send(socket, request->bytes, request->size, 0) < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    return 0;
}

static int take_deposit(void *socket)
{
    unsigned char reply[512];
    int size = zmq_recv(socket, reply, sizeof reply, 0);
    if (size == 0) /* the delimiter */
        size = zmq_recv(socket, reply, sizeof reply, 0);
    if (size < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    return load_wire_is_ok(reply, (size_t)size) ? 0 : -ENOSPC;
}

int load_fill(const struct load_plan *plan, uint32_t count)
{
    struct load_wire wire;
    void *socket = NULL;
    void *context = zmq_ctx_new();
    if (context == NULL)
        return -errno;
    int status = load_wire_prepare(&wire, plan->size);
    if (status == 0)
        status = load_socket_open(context, ZMQ_DEALER, plan->driver_uri, &socket);
    uint32_t sent = 0;
    for (uint32_t received = 0; status == 0 && received < count && !interrupted();) {
        if (sent < count && sent - received < FILL_WINDOW) {
            status = send_deposit(socket, &wire);
            sent++;
        } else {
            status = take_deposit(socket);
            received++;
        }
    }
    if (socket != NULL)
        zmq_close(socket);
    zmq_ctx_term(context);
    return status;
}

static int ask(void *context, const char *uri, const struct load_request *request,
               unsigned char reply[512], size_t *size)
{
    void *socket = NULL;
    int status = load_socket_open(context, ZMQ_REQ, uri, &socket);
    if (status == 0)
        status = load_socket_ask(socket, request, reply, 512, size);
    if (status == 0 && !load_wire_is_ok(reply, *size))
        status = -EPROTO;
    if (socket != NULL)
        zmq_close(socket);
    return status;
}

int load_take_sample(const struct load_plan *plan, struct load_sample *sample)
{
    struct load_wire wire;
    memset(sample, 0, sizeof *sample);
    int status = load_wire_prepare(&wire, plan->size);
    if (status != 0)
        return status;
    void *context = zmq_ctx_new();
    if (context == NULL)
        return -errno;
    const struct load_request *request = load_wire_deposit(&wire);
    sample->deposit_size = request->size;
    status =
        ask(context, plan->driver_uri, request, sample->deposit_reply, &sample->deposit_reply_size);
    if (status == 0) {
        char code[CODE_SIZE];
        request = load_wire_code(sample->deposit_reply, sample->deposit_reply_size, code)
                      ? load_wire_pickup(&wire, code)
                      : NULL;
        status = -EPROTO;
        if (request != NULL) {
            sample->pickup_size = request->size;
            status = ask(context, plan->keypad_uri, request, sample->pickup_reply,
                         &sample->pickup_reply_size);
        }
    }
    zmq_ctx_term(context);
    return status;
}
