/*
 * How clients talk to a server under load: a station, an echo, or what else does the job. The
 * loops that measure (load_closed.h, load_pipelined.h) know nothing else of it.
 *
 * A link is one client's connection, used by one thread.
 */
#ifndef LOCKER_LOAD_PROTOCOL_H
#define LOCKER_LOAD_PROTOCOL_H

#include "bounds.h"
#include "outcome.h"
#include "size.h"

#include <stdint.h>

enum load_operation { LOAD_DEPOSIT, LOAD_PICKUP };

#define LOAD_OPERATION_COUNT 2

struct load_answer {
    enum load_operation operation;
    enum outcome outcome; /* zmq: OUTCOME_INVALID_REQUEST stands for every refusal */
    char code[CODE_SIZE]; /* of a deposit that was not refused */
    uint32_t compartment; /* its number, from 1; 0: the protocol does not look at it */
};

/* All that return int: 0 or -errno, -ETIMEDOUT when an answer took too long. */
struct load_protocol {
    /* A link for deposits of that size; window: how many requests will be out at a time, 0 when
     * ask() will be used. */
    int (*open)(void *server, enum parcel_size size, unsigned window, void **link);
    void (*close)(void *link);

    /* One request and its answer. code: of a pickup. */
    int (*ask)(void *link, enum load_operation operation, const char *code,
               struct load_answer *answer);

    /* Pipelining; all NULL when the server has none. Requests of one operation are answered in the
     * order in which they were sent. */
    int (*send)(void *link, enum load_operation operation, const char *code);
    /* 1: an answer, 0: none is there now. */
    int (*receive)(void *link, struct load_answer *answer);
    /* Let everything sent go out, and wait until there may be an answer, or a signal. */
    int (*wait)(void *link);
};

/* The longest wait for any answer. */
#define LOAD_ANSWER_TIMEOUT_MS 5000

#endif
