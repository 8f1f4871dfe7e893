/*
 * The load clients' sockets.
 */
#ifndef LOCKER_LOAD_SOCKET_H
#define LOCKER_LOAD_SOCKET_H

#include "load_wire.h"

#include <stddef.h>

/* A connected socket of that type: no linger, send and receive bounded by LOAD_ANSWER_TIMEOUT_MS.
 * 0/-errno. */
int load_socket_open(void *context, int type, const char *uri, void **socket)
    __attribute__((warn_unused_result));

/* REQ: send and wait. 0, -ETIMEDOUT, -EMSGSIZE (the reply does not fit), other -errno. */
int load_socket_ask(void *socket, const struct load_request *request, void *reply, size_t room,
                    size_t *size) __attribute__((warn_unused_result));

#endif
