/*
 * The event feed: one message for every change, by topic, and never a code.
 */
#include "endpoint.h"
#include "support/patience.h"
#include "support/wire.h"
#include "support/world.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define MESSAGE_MAX 4096

struct subscriber {
    void *context;
    void *socket;
    char topic[64];
    unsigned char bytes[MESSAGE_MAX];
    size_t size;
};

static void subscribe(struct subscriber *subscriber, const struct station *station,
                      const char *topic)
{
    char path[ENDPOINT_PATH_MAX];
    char uri[ENDPOINT_URI_SIZE];
    const int linger = 0;
    subscriber->context = zmq_ctx_new();
    subscriber->socket = zmq_socket(subscriber->context, ZMQ_SUB);
    ck_assert_ptr_nonnull(subscriber->socket);
    ck_assert_int_eq(endpoint_feed_path(station->run, path, sizeof path), 0);
    snprintf(uri, sizeof uri, "ipc://%s", path);
    ck_assert_int_eq(zmq_setsockopt(subscriber->socket, ZMQ_LINGER, &linger, sizeof linger), 0);
    ck_assert_int_eq(zmq_setsockopt(subscriber->socket, ZMQ_SUBSCRIBE, topic, strlen(topic)), 0);
    ck_assert_int_eq(zmq_connect(subscriber->socket, uri), 0);
}

static void unsubscribe(struct subscriber *subscriber)
{
    zmq_close(subscriber->socket);
    zmq_ctx_term(subscriber->context);
}

/* The next message, when there is one. */
static bool receive(struct subscriber *subscriber)
{
    const int topic =
        zmq_recv(subscriber->socket, subscriber->topic, sizeof subscriber->topic - 1, ZMQ_DONTWAIT);
    if (topic < 0)
        return false;
    ck_assert_int_lt(topic, (int)sizeof subscriber->topic);
    subscriber->topic[topic] = '\0';
    const int size = zmq_recv(subscriber->socket, subscriber->bytes, MESSAGE_MAX, ZMQ_DONTWAIT);
    ck_assert_int_gt(size, 0);
    ck_assert_int_le(size, MESSAGE_MAX);
    subscriber->size = (size_t)size;
    return true;
}

/* A subscription takes a moment to arrive: change something harmless until it is heard of. */
static void await_subscribed(struct subscriber *subscriber, struct station *station)
{
    bool in_service = false;
    const int64_t until_ms = patience_begin();
    while (!receive(subscriber)) {
        ck_assert(patience_goes_on(until_ms));
        EXPECT(OUTCOME_OK, wire_service(station, "L02", in_service, NULL));
        in_service = !in_service;
    }
    EXPECT(OUTCOME_OK, wire_service(station, "L02", false, "that was all"));
    while (memmem(subscriber->bytes, subscriber->size, "that was all", 12) == NULL) {
        ck_assert_str_eq(subscriber->topic, "service_changed");
        AWAIT(receive(subscriber));
    }
}

static void expect_message(struct subscriber *subscriber, const char *topic,
                           const char *compartment, const struct ticket *ticket)
{
    struct value *event = NULL;
    AWAIT(receive(subscriber));
    ck_assert_str_eq(subscriber->topic, topic);
    ck_assert_int_eq(value_decode(subscriber->bytes, subscriber->size, &event), 0);
    ck_assert_str_eq(value_str(value_get(event, "event")), topic);
    ck_assert_ptr_nonnull(value_get(event, "compartment")); /* nil where there is none */
    ck_assert_str_eq(value_str(value_get(event, "compartment")), compartment);
    ck_assert_int_gt(value_int(value_get(event, "sequence")), 0);
    ck_assert_int_gt(value_int(value_get(event, "at_ms")), 0);
    ck_assert_ptr_null(value_get(event, "code"));
    value_free(event);
    ck_assert_ptr_null(
        memmem(subscriber->bytes, subscriber->size, ticket->code, strlen(ticket->code)));
}

static void feed_of(struct station *station)
{
    struct subscriber all;
    struct ticket ticket;
    struct ticket exchanged;
    struct request exchange = {.operation = OP_CANCEL, .has_size = true, .size = SIZE_MEDIUM};
    subscribe(&all, station, "");
    await_subscribed(&all, station);

    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, &ticket));
    expect_message(&all, "deposited", "S01", &ticket);
    client_new_id(&exchange); /* asked again when the machine is busy */
    memcpy(exchange.code, ticket.code, sizeof exchange.code);
    struct value *reply = wire_ask(station, ROLE_DRIVER, &exchange);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    wire_ticket(reply, &exchanged);
    value_free(reply);
    expect_message(&all, "exchanged", "M01", &exchanged);
    wire_expect_pickup(station, &exchanged);
    expect_message(&all, "picked_up", "M01", &exchanged);

    /* Refusals are no events: the next message is of the next change. */
    EXPECT(OUTCOME_CODE_USED, wire_pickup(station, exchanged.code));
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, &ticket));
    EXPECT(OUTCOME_OK, wire_staff(station, OP_RELEASE, "S01"));
    expect_message(&all, "deposited", "S01", &ticket);
    expect_message(&all, "released", "S01", &ticket);
    EXPECT(OUTCOME_OK, wire_try_json(station, ROLE_OPERATOR, "{\"op\":\"sweep\"}"));
    expect_message(&all, "swept", "", &ticket);
    unsubscribe(&all);
}

START_TEST(test_feed_of_a_durable_station_tells_every_change)
{
    struct station station;
    station_begin(&station, NULL);
    feed_of(&station);
    station_end(&station);
}
END_TEST

START_TEST(test_feed_of_an_ephemeral_station_tells_every_change)
{
    struct station station;
    station_begin(&station, "--ephemeral", NULL);
    feed_of(&station);
    station_end(&station);
}
END_TEST

static bool heard_after_deposit(struct subscriber *subscriber, struct station *station,
                                struct ticket *ticket)
{
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, ticket));
    wire_expect_pickup(station, ticket);
    return receive(subscriber);
}

START_TEST(test_feed_gives_only_the_topics_asked_for)
{
    struct station station;
    struct subscriber pickups;
    struct ticket ticket;
    station_begin(&station, NULL);
    subscribe(&pickups, &station, "picked_up");
    AWAIT(heard_after_deposit(&pickups, &station, &ticket));
    do
        ck_assert_str_eq(pickups.topic, "picked_up");
    while (receive(&pickups));
    unsubscribe(&pickups);
    station_end(&station);
}
END_TEST

START_TEST(test_feed_tells_expiry_that_nobody_asked_about)
{
    struct station station;
    struct subscriber expiries;
    struct ticket ticket;
    station_begin(&station, "--ttl", "20ms", "--compartments", "small=60", NULL);
    subscribe(&expiries, &station, "expired");
    const int64_t until_ms = patience_begin();
    while (!receive(&expiries)) {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        ck_assert(patience_goes_on(until_ms));
    }
    ck_assert_str_eq(expiries.topic, "expired");
    unsubscribe(&expiries);
    station_end(&station);
}
END_TEST

/* Without a ledger nobody flushes and then tells: the desk that records a change wakes the feed. */
START_TEST(test_feed_tells_the_change_of_a_desk_that_died_waking_it)
{
    struct station station;
    struct subscriber all;
    struct ticket ticket;
    station_prepare(&station, "--ephemeral", NULL);
    struct world_page *world = world_begin(&station);
    station_start(&station);
    subscribe(&all, &station, "");
    await_subscribed(&all, &station);
    bool died = false;
    for (int i = 0; i < 500 && !died; i++) { /* a feed that is awake is not woken */
        world->dies_waking = station_process(&station, "driver desk");
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket)); /* asked again */
        died = world->dies_waking == 0;
        expect_message(&all, "deposited", "S01", &ticket);
        wire_expect_pickup(&station, &ticket);
        expect_message(&all, "picked_up", "S01", &ticket);
    }
    ck_assert(died);
    unsubscribe(&all);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("feed", &tests);
    tcase_add_test(tests, test_feed_of_a_durable_station_tells_every_change);
    tcase_add_test(tests, test_feed_of_an_ephemeral_station_tells_every_change);
    tcase_add_test(tests, test_feed_gives_only_the_topics_asked_for);
    tcase_add_test(tests, test_feed_tells_expiry_that_nobody_asked_about);
    tcase_add_test(tests, test_feed_tells_the_change_of_a_desk_that_died_waking_it);
    return harness_run(suite);
}
