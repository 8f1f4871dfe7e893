#include "peer.h"

#include "endpoint.h"
#include "wire.h"

#include <check.h>
#include <zmq.h>

static void set(struct peer *peer, int option, int value)
{
    ck_assert_int_eq(zmq_setsockopt(peer->socket, option, &value, sizeof value), 0);
}

void peer_open(struct peer *peer, const struct station *station, enum role role, int type)
{
    char uri[ENDPOINT_URI_SIZE];
    peer->context = zmq_ctx_new();
    peer->socket = zmq_socket(peer->context, type);
    ck_assert_ptr_nonnull(peer->socket);
    ck_assert_int_eq(endpoint_uri(station->run, role, uri), 0);
    set(peer, ZMQ_RCVTIMEO, 30000);
    set(peer, ZMQ_SNDTIMEO, 30000);
    set(peer, ZMQ_SNDHWM, 0);
    set(peer, ZMQ_RCVHWM, 0);
    set(peer, ZMQ_LINGER, 0);
    ck_assert_int_eq(zmq_connect(peer->socket, uri), 0);
}

void peer_close(struct peer *peer)
{
    zmq_close(peer->socket);
    zmq_ctx_term(peer->context);
}

void peer_send(struct peer *peer, const void *bytes, size_t size, bool more)
{
    ck_assert_int_eq(zmq_send(peer->socket, bytes, size, more ? ZMQ_SNDMORE : 0), (int)size);
}

void peer_expect_frame(struct peer *peer, const void *bytes, size_t size)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    ck_assert_int_eq(zmq_msg_recv(&frame, peer->socket, 0), (int)size);
    if (size > 0)
        ck_assert_mem_eq(zmq_msg_data(&frame), bytes, size);
    ck_assert_int_eq(zmq_msg_more(&frame), 1);
    zmq_msg_close(&frame);
}

struct value *peer_receive_reply(struct peer *peer)
{
    struct value *reply = NULL;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    ck_assert_msg(zmq_msg_recv(&frame, peer->socket, 0) > 0, "no reply came");
    ck_assert_int_eq(zmq_msg_more(&frame), 0);
    ck_assert_int_eq(value_decode(zmq_msg_data(&frame), zmq_msg_size(&frame), &reply), 0);
    zmq_msg_close(&frame);
    return reply;
}

enum outcome peer_receive(struct peer *peer)
{
    peer_expect_frame(peer, "", 0);
    struct value *reply = peer_receive_reply(peer);
    const enum outcome outcome = wire_outcome(reply);
    value_free(reply);
    return outcome;
}
