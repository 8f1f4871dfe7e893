#include "load_zmq.h"

#include "load_socket.h"
#include "load_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

struct link {
    struct load_wire wire;
    void *sockets[LOAD_OPERATION_COUNT];
    enum load_operation draining; /* whose answers are taken now */
};

static void close_link(void *argument)
{
    struct link *link = argument;
    for (unsigned i = 0; i < LOAD_OPERATION_COUNT; i++)
        if (link->sockets[i] != NULL)
            zmq_close(link->sockets[i]);
    free(link);
}

static int open_link(void *argument, enum parcel_size size, unsigned window, void **opened)
{
    const struct load_zmq_server *server = argument;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return -ENOMEM;
    int type = window > 0 ? ZMQ_DEALER : ZMQ_REQ;
    int status = load_wire_prepare(&link->wire, size);
    if (status == 0)
        status = load_socket_open(server->context, type, server->driver_uri,
                                  &link->sockets[LOAD_DEPOSIT]);
    if (status == 0)
        status = load_socket_open(server->context, type, server->keypad_uri,
                                  &link->sockets[LOAD_PICKUP]);
    if (status == 0)
        *opened = link;
    else
        close_link(link);
    return status;
}

static const struct load_request *next_request(struct link *link, enum load_operation operation,
                                               const char *code)
{
    return operation == LOAD_DEPOSIT ? load_wire_deposit(&link->wire)
                                     : load_wire_pickup(&link->wire, code);
}

static int read_answer(struct load_answer *answer, enum load_operation operation,
                       const unsigned char *reply, size_t size)
{
    answer->operation = operation;
    answer->compartment = 0;
    answer->outcome = load_wire_is_ok(reply, size) ? OUTCOME_OK : OUTCOME_INVALID_REQUEST;
    if (operation == LOAD_DEPOSIT && answer->outcome == OUTCOME_OK &&
        !load_wire_code(reply, size, answer->code))
        return -EPROTO;
    return 0;
}

static int ask(void *argument, enum load_operation operation, const char *code,
               struct load_answer *answer)
{
    struct link *link = argument;
    unsigned char reply[LOAD_REPLY_MAX];
    size_t size;
    const struct load_request *request = next_request(link, operation, code);
    if (request == NULL)
        return -EPROTO;
    int status = load_socket_ask(link->sockets[operation], request, reply, sizeof reply, &size);
    return status == 0 ? read_answer(answer, operation, reply, size) : status;
}

static int send_request(void *argument, enum load_operation operation, const char *code)
{
    struct link *link = argument;
    const struct load_request *request = next_request(link, operation, code);
    if (request == NULL)
        return -EPROTO;
    if (zmq_send(link->sockets[operation], "", 0, ZMQ_SNDMORE) < 0 ||
        zmq_send(link->sockets[operation], request->bytes, request->size, 0) < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    return 0;
}

static int receive_from(void *socket, enum load_operation operation, struct load_answer *answer)
{
    unsigned char reply[LOAD_REPLY_MAX];
    int size = zmq_recv(socket, reply, sizeof reply, ZMQ_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (size == 0) /* the delimiter */
        size = zmq_recv(socket, reply, sizeof reply, 0);
    if (size < 0)
        return -errno;
    if ((size_t)size > sizeof reply)
        return -EMSGSIZE;
    int status = read_answer(answer, operation, reply, (size_t)size);
    return status == 0 ? 1 : status;
}

static int receive(void *argument, struct load_answer *answer)
{
    struct link *link = argument;
    /* All of one socket before the other: an empty socket is not asked again for every answer. */
    int status = receive_from(link->sockets[link->draining], link->draining, answer);
    if (status == 0) {
        link->draining = link->draining == LOAD_DEPOSIT ? LOAD_PICKUP : LOAD_DEPOSIT;
        status = receive_from(link->sockets[link->draining], link->draining, answer);
    }
    return status;
}

static int wait_answers(void *argument)
{
    const struct link *link = argument;
    zmq_pollitem_t items[LOAD_OPERATION_COUNT];
    for (unsigned i = 0; i < LOAD_OPERATION_COUNT; i++)
        items[i] = (zmq_pollitem_t){.socket = link->sockets[i], .events = ZMQ_POLLIN};
    int ready = zmq_poll(items, LOAD_OPERATION_COUNT, LOAD_ANSWER_TIMEOUT_MS);
    if (ready == 0)
        return -ETIMEDOUT;
    return ready < 0 && errno != EINTR ? -errno : 0;
}

const struct load_protocol load_zmq = {.open = open_link,
                                       .close = close_link,
                                       .ask = ask,
                                       .send = send_request,
                                       .receive = receive,
                                       .wait = wait_answers};
