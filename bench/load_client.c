#include "load_client.h"

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
