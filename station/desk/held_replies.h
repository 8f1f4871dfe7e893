/*
 * Replies held back until what they say is on disk, in the order of their sequences.
 *
 * A desk answers in the order in which it decided, so one queue is enough: when its head may
 * leave, everything before it has left. Owned by one desk; lock required: none.
 */
#ifndef LOCKER_HELD_REPLIES_H
#define LOCKER_HELD_REPLIES_H

#include "envelope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

/* How many terminals' answers one flush can be awaited by. A full queue stops the desk from
 * reading, and ZeroMQ's queues hold the rest. */
#define HELD_REPLIES_MAX 4096

struct held_reply {
    zmq_msg_t identity;        /* of the peer, as the ROUTER gave it */
    struct envelope *envelope; /* of the request; NULL: none */
    zmq_msg_t body;            /* encoded reply */
    uint64_t sequence;         /* leaves when this is durable */
};

struct held_replies {
    struct held_reply *ring; /* HELD_REPLIES_MAX */
    uint32_t head;           /* oldest */
    uint32_t count;
};

int held_replies_create(struct held_replies *held) __attribute__((warn_unused_result));
void held_replies_destroy(struct held_replies *held);

/* How many more it can take. */
uint32_t held_replies_room(const struct held_replies *held);

/* The oldest, or NULL. */
struct held_reply *held_replies_oldest(struct held_replies *held);

/* A free place behind the newest, its messages uninitialised; never when full. */
struct held_reply *held_replies_add(struct held_replies *held);

/* Forget the oldest; its messages have been sent or closed. */
void held_replies_drop_oldest(struct held_replies *held);

#endif
