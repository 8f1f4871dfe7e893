/*
 * The protocol of stations and of the echo: raw libzmq, requests patched rather than encoded, so
 * that whoever answers, the client does exactly the same.
 *
 * ask() uses a REQ socket to each endpoint; pipelining, a DEALER to each, with an empty delimiter
 * frame before each request.
 */
#ifndef LOCKER_LOAD_ZMQ_H
#define LOCKER_LOAD_ZMQ_H

#include "load_protocol.h"

/* The server of its links: where, in which libzmq context. */
struct load_zmq_server {
    void *context;
    const char *driver_uri;
    const char *keypad_uri;
};

extern const struct load_protocol load_zmq;

#endif
