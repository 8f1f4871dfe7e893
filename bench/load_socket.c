#include "load_socket.h"

#include "load_protocol.h"

#include <errno.h>
#include <zmq.h>

int load_socket_open(void *context, int type, const char *uri, void **socket)
{
    const int linger = 0;
    const int timeout = LOAD_ANSWER_TIMEOUT_MS;
    *socket = zmq_socket(context, type);
    if (*socket == NULL)
        return -errno;
    if (zmq_setsockopt(*socket, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
        zmq_setsockopt(*socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout) == 0 &&
        zmq_setsockopt(*socket, ZMQ_SNDTIMEO, &timeout, sizeof timeout) == 0 &&
        zmq_connect(*socket, uri) == 0)
        return 0;
    int status = -errno;
    zmq_close(*socket);
    *socket = NULL;
    return status;
}

int load_socket_ask(void *socket, const struct load_request *request, void *reply, size_t room,
                    size_t *size)
{
    int received;
    while (zmq_send(socket, request->bytes, request->size, 0) < 0)
        if (errno != EINTR)
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
    while ((received = zmq_recv(socket, reply, room, 0)) < 0)
        if (errno != EINTR)
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
    if ((size_t)received > room)
        return -EMSGSIZE;
    *size = (size_t)received;
    return 0;
}
