/*
 * Frames: envelopes of correlating sockets and of proxies, messages that are too long, and many
 * requests under way at once.
 */
#include "support/peer.h"
#include "support/wire.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static const char ping[] = "\x81\xa2op\xa4ping";
static const char deposit[] = "\x82\xa2op\xa7"
                              "deposit\xa4size\xa5small";

/* ---- envelopes --------------------------------------------------------------------------- */

static void set_flag(struct peer *peer, int option)
{
    const int on = 1;
    ck_assert_int_eq(zmq_setsockopt(peer->socket, option, &on, sizeof on), 0);
}

/* Bit 0: ZMQ_REQ_RELAXED, bit 1: ZMQ_REQ_CORRELATE. */
START_TEST(test_every_kind_of_req_socket_is_answered)
{
    struct station station;
    station_begin(&station, NULL);
    for (int options = 0; options < 4; options++) {
        struct peer peer;
        peer_open(&peer, &station, ROLE_DRIVER, ZMQ_REQ);
        if (options & 1)
            set_flag(&peer, ZMQ_REQ_RELAXED);
        if (options & 2)
            set_flag(&peer, ZMQ_REQ_CORRELATE);
        for (int i = 0; i < 2; i++) {
            /* One that is answered at once, and one that waits for the disk. */
            peer_send(&peer, BYTES(ping), false);
            value_free(peer_receive_reply(&peer));
            peer_send(&peer, BYTES(deposit), false);
            value_free(peer_receive_reply(&peer));
        }
        peer_close(&peer);
    }
    ck_assert_int_eq(wire_status(&station, "sequence"), 4); /* there are four small ones */
    station_end(&station);
}
END_TEST

/* The frames that proxies put before a request: of every length that an identity can have. */
static const size_t lengths[] = {1, 5, 29, 33, 34, 128, 254, 255, 7};

static void send_envelope(struct peer *peer, int frames, const char *filler)
{
    for (int i = 0; i < frames; i++)
        peer_send(peer, filler, lengths[i], true);
}

static void expect_envelope(struct peer *peer, int frames, const char *filler)
{
    for (int i = 0; i < frames; i++)
        peer_expect_frame(peer, filler, lengths[i]);
}

START_TEST(test_envelope_comes_back_as_it_was)
{
    char filler[256];
    struct station station;
    struct peer peer;
    memset(filler, 'e', sizeof filler);
    station_begin(&station, NULL);
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    for (int frames = 1; frames <= 8; frames++) {
        send_envelope(&peer, frames, filler);
        peer_send(&peer, "", 0, true);
        peer_send(&peer, frames % 2 ? deposit : ping,
                  frames % 2 ? sizeof deposit - 1 : sizeof ping - 1, false);
        expect_envelope(&peer, frames, filler);
        EXPECT(OUTCOME_OK, peer_receive(&peer));
    }
    /* No request, but one who asks and a way back. */
    send_envelope(&peer, 2, filler);
    peer_send(&peer, "", 0, true);
    peer_send(&peer, BYTES(deposit), true);
    peer_send(&peer, BYTES(deposit), false);
    expect_envelope(&peer, 2, filler);
    EXPECT(OUTCOME_INVALID_REQUEST, peer_receive(&peer));
    peer_close(&peer);
    ck_assert_int_eq(wire_status(&station, "sequence"), 4);
    station_end(&station);
}
END_TEST

START_TEST(test_envelope_beyond_its_bounds_changes_nothing)
{
    char filler[256];
    struct station station;
    struct peer peer;
    memset(filler, 'e', sizeof filler);
    station_begin(&station, NULL);
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    send_envelope(&peer, 9, filler);
    peer_send(&peer, "", 0, true);
    peer_send(&peer, BYTES(deposit), false);
    EXPECT(OUTCOME_INVALID_REQUEST, peer_receive(&peer));
    peer_send(&peer, filler, 256, true);
    peer_send(&peer, "", 0, true);
    peer_send(&peer, BYTES(deposit), false);
    EXPECT(OUTCOME_INVALID_REQUEST, peer_receive(&peer));
    /* An envelope, a delimiter, and nothing in it. */
    peer_send(&peer, filler, 5, true);
    peer_send(&peer, "", 0, false);
    peer_expect_frame(&peer, filler, 5);
    EXPECT(OUTCOME_INVALID_REQUEST, peer_receive(&peer));
    peer_close(&peer);
    ck_assert_int_eq(wire_status(&station, "sequence"), 0);
    wire_expect_serving(&station);
    station_end(&station);
}
END_TEST

/* A desk that ends while it holds replies back must not lose its footing over their envelopes. */
START_TEST(test_station_ends_in_order_with_envelopes_under_way)
{
    char filler[256];
    struct station station;
    struct peer peer;
    memset(filler, 'e', sizeof filler);
    station_begin(&station, NULL);
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    for (int i = 0; i < 200; i++) {
        send_envelope(&peer, 8, filler);
        peer_send(&peer, "", 0, true);
        peer_send(&peer, BYTES(deposit), false);
    }
    expect_envelope(&peer, 8, filler);
    EXPECT(OUTCOME_OK, peer_receive(&peer));
    station_stop(&station);
    peer_close(&peer);
    station_end(&station);
}
END_TEST

/* ---- too long ---------------------------------------------------------------------------- */

#define MESSAGE_MAX (1 << 20)

static void await_event(void *monitor, int wanted)
{
    uint8_t event[6];
    char address[256];
    uint16_t number = 0;
    while (number != wanted) {
        ck_assert_int_eq(zmq_recv(monitor, event, sizeof event, 0), (int)sizeof event);
        ck_assert_int_ge(zmq_recv(monitor, address, sizeof address, 0), 0);
        memcpy(&number, event, sizeof number);
    }
}

START_TEST(test_message_of_a_mebibyte_is_invalid_and_a_longer_one_ends_its_connection)
{
    struct station station;
    struct peer peer;
    const int timeout = 30000;
    char *bytes = calloc(1, MESSAGE_MAX + 1);
    ck_assert_ptr_nonnull(bytes);
    station_begin(&station, NULL);
    peer_open(&peer, &station, ROLE_KEYPAD, ZMQ_DEALER);
    peer_send(&peer, "", 0, true);
    peer_send(&peer, bytes, MESSAGE_MAX, false);
    EXPECT(OUTCOME_INVALID_REQUEST, peer_receive(&peer));
    ck_assert_int_eq(zmq_socket_monitor(peer.socket, "inproc://end", ZMQ_EVENT_DISCONNECTED), 0);
    void *monitor = zmq_socket(peer.context, ZMQ_PAIR);
    ck_assert_int_eq(zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &timeout, sizeof timeout), 0);
    ck_assert_int_eq(zmq_connect(monitor, "inproc://end"), 0);
    peer_send(&peer, "", 0, true);
    peer_send(&peer, bytes, MESSAGE_MAX + 1, false);
    await_event(monitor, ZMQ_EVENT_DISCONNECTED);
    ck_assert_int_eq(zmq_socket_monitor(peer.socket, NULL, 0), 0);
    zmq_close(monitor);
    peer_close(&peer);
    free(bytes);
    wire_expect_serving(&station);
    station_end(&station);
}
END_TEST

/* ---- many at once ------------------------------------------------------------------------ */

#define MANY 3000

/* More than ZeroMQ's queues hold by themselves: none may be dropped on the way back. */
static void deposit_many(const char *ephemeral)
{
    struct station station;
    struct peer peer;
    char door[COMPARTMENT_ID_SIZE];
    station_begin(&station, "--compartments", "small=3000", ephemeral, NULL);
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    for (int i = 0; i < MANY; i++) {
        peer_send(&peer, "", 0, true);
        peer_send(&peer, BYTES(deposit), false);
    }
    for (int i = 0; i < MANY; i++) {
        peer_expect_frame(&peer, "", 0);
        struct value *reply = peer_receive_reply(&peer);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        snprintf(door, sizeof door, "S%04d", i + 1); /* in the order of the requests */
        ck_assert_str_eq(value_str(value_get(reply, "compartment")), door);
        value_free(reply);
    }
    peer_close(&peer);
    ck_assert_int_eq(wire_free(&station, SIZE_SMALL), 0);
    station_end(&station);
}

START_TEST(test_three_thousand_requests_at_once_get_as_many_replies)
{
    deposit_many(NULL);
}
END_TEST

START_TEST(test_three_thousand_requests_at_once_get_as_many_replies_without_a_ledger)
{
    deposit_many("--ephemeral");
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("frames", &tests);
    tcase_add_test(tests, test_every_kind_of_req_socket_is_answered);
    tcase_add_test(tests, test_envelope_comes_back_as_it_was);
    tcase_add_test(tests, test_envelope_beyond_its_bounds_changes_nothing);
    tcase_add_test(tests, test_station_ends_in_order_with_envelopes_under_way);
    tcase_add_test(tests,
                   test_message_of_a_mebibyte_is_invalid_and_a_longer_one_ends_its_connection);
    tcase_add_test(tests, test_three_thousand_requests_at_once_get_as_many_replies);
    tcase_add_test(tests,
                   test_three_thousand_requests_at_once_get_as_many_replies_without_a_ledger);
    return harness_run(suite);
}
