/*
 * A socket of the test's own, which sends whatever frames it likes.
 */
#ifndef LOCKER_TEST_PEER_H
#define LOCKER_TEST_PEER_H

#include "outcome.h"
#include "station.h"
#include "value.h"

#include <stdbool.h>
#include <stddef.h>

/* A string literal and its length, bytes of zero in it included. */
#define BYTES(text) text, sizeof(text) - 1

struct peer {
    void *context;
    void *socket;
};

/* type: ZMQ_DEALER, ZMQ_REQ. No limit to what waits in its queues. */
void peer_open(struct peer *peer, const struct station *station, enum role role, int type);
void peer_close(struct peer *peer);

void peer_send(struct peer *peer, const void *bytes, size_t size, bool more);

/* The next frame must be this one, with more behind it. */
void peer_expect_frame(struct peer *peer, const void *bytes, size_t size);

/* The reply: the last frame. value_free() it. */
struct value *peer_receive_reply(struct peer *peer);

/* The outcome of a reply behind its delimiter. */
enum outcome peer_receive(struct peer *peer);

#endif
