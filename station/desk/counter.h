/*
 * The counter: a desk's ROUTER socket, where terminals put requests and take replies.
 *
 * To a REQ client it is a REP; but many requests can be in the works at once, so that one flush
 * of the ledger serves many terminals. The listening unix socket was bound by the supervisor and
 * is inherited (libzmq would silently steal a bound path); remote terminals come over tcp with
 * CURVE only. Nothing without a ZMTP 3 handshake gets in.
 */
#ifndef LOCKER_COUNTER_H
#define LOCKER_COUNTER_H

#include "doorkeeper.h"
#include "envelope.h"
#include "job.h"

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

/* A longer message ends its connection; a shorter one that is over REQUEST_BYTES_MAX still gets
 * its invalid_request. */
#define COUNTER_MESSAGE_BYTES_MAX (1 << 20)

struct counter {
    void *context;
    void *router;
    int fd;     /* readable when something may have come (ZMQ_FD): then call counter_hear() */
    bool quiet; /* nothing waited when last looked, and nothing was sent since: fd can be trusted,
                   and there is nothing to receive. Each look costs a system call. */
    struct doorkeeper doorkeeper;
};

/* A request and the way back to its peer. Close both messages and free the envelope when done (or
 * send them away). */
struct counter_request {
    zmq_msg_t identity;
    struct envelope *envelope; /* what stood before the delimiter; NULL: nothing, as ever */
    zmq_msg_t body;
    bool well_framed; /* identity, envelope, empty delimiter, one body: what a REQ socket sends */
};

/* 0, or -errno after logging what could not be had. */
int counter_open(struct counter *counter, const struct job *job)
    __attribute__((warn_unused_result));
void counter_close(struct counter *counter);

/* The next request without waiting: 0, -EAGAIN when there is none (then the counter is quiet),
 * other -errno. */
int counter_receive(struct counter *counter, struct counter_request *request)
    __attribute__((warn_unused_result));

/* fd was readable: there may be something to receive. */
void counter_hear(struct counter *counter);

/* Send identity, envelope (or NULL), delimiter, body; all are taken. A peer that is gone, or does
 * not read, loses its reply: it will ask again with the same id. */
void counter_send(struct counter *counter, zmq_msg_t *identity, struct envelope *envelope,
                  zmq_msg_t *body);

#endif
