/*
 * Flushes: what is said before one returns (nothing), and when it fails.
 */
#include "endpoint.h"
#include "support/files.h"
#include "support/patience.h"
#include "support/peer.h"
#include "support/processes.h"
#include "support/wire.h"
#include "support/world.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

static const char deposit[] = "\x82\xa2op\xa7"
                              "deposit\xa4size\xa5small";

static struct world_page *begin(struct station *station)
{
    station_prepare(station, NULL);
    struct world_page *world = world_begin(station);
    station_start(station);
    return world;
}

/* A counter of status: "ops" or "errors". */
static int64_t counter(struct station *station, const char *map, const char *key)
{
    const struct request request = {.operation = OP_STATUS};
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    const int64_t count = value_int(value_get(value_get(reply, map), key));
    value_free(reply);
    return count;
}

static bool has_reply(struct peer *peer)
{
    zmq_pollitem_t item = {.socket = peer->socket, .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, 0) == 1;
}

/* A new DEALER that has sent this. */
static void ask(struct peer *peer, const struct station *station, enum role role, const void *bytes,
                size_t size)
{
    peer_open(peer, station, role, ZMQ_DEALER);
    peer_send(peer, "", 0, true);
    peer_send(peer, bytes, size, false);
}

static void ask_pickup(struct peer *peer, const struct station *station, const char *code)
{
    char bytes[64];
    const int size = snprintf(bytes, sizeof bytes,
                              "\x82\xa2op\xa6pickup\xa4"
                              "code%c%s",
                              (char)(0xa0 | strlen(code)), code);
    ask(peer, station, ROLE_KEYPAD, bytes, (size_t)size);
}

/* ---- nothing before it is safe ----------------------------------------------------------- */

START_TEST(test_no_reply_leaves_before_the_disk_has_the_change)
{
    struct station station;
    struct peer peer;
    struct world_page *world = begin(&station);
    /* The keeper's first chores flush, too; whoever has been answered has them behind him. */
    ck_assert_int_eq(wire_service(&station, "L01", true, NULL), OUTCOME_OK);
    world->syncs_held = 1;
    const uint32_t before = world->syncs_begun;
    ask(&peer, &station, ROLE_DRIVER, BYTES(deposit));
    AWAIT(world->syncs_begun > before); /* all is written but the flush, which does not return */
    ck_assert_int_eq(wire_status(&station, "sequence"), 2);
    ck_assert_int_eq(wire_status(&station, "durable_sequence"), 1);
    ck_assert(!has_reply(&peer));
    world->syncs_held = 0;
    EXPECT(OUTCOME_OK, peer_receive(&peer));
    ck_assert_int_eq(wire_status(&station, "durable_sequence"), 2);
    peer_close(&peer);
    station_end(&station);
}
END_TEST

START_TEST(test_feed_tells_nothing_before_the_disk_has_it)
{
    struct station station;
    struct peer peer;
    struct peer subscriber = {.context = zmq_ctx_new()};
    char uri[ENDPOINT_URI_SIZE];
    char path[ENDPOINT_PATH_MAX];
    struct world_page *world = begin(&station);
    subscriber.socket = zmq_socket(subscriber.context, ZMQ_SUB);
    ck_assert_int_eq(endpoint_feed_path(station.run, path, sizeof path), 0);
    snprintf(uri, sizeof uri, "ipc://%s", path);
    ck_assert_int_eq(zmq_setsockopt(subscriber.socket, ZMQ_SUBSCRIBE, BYTES("deposited")), 0);
    ck_assert_int_eq(zmq_setsockopt(subscriber.socket, ZMQ_SUBSCRIBE, BYTES("service")), 0);
    ck_assert_int_eq(zmq_connect(subscriber.socket, uri), 0);
    /* Subscriptions take a moment to arrive, in their order: then only deposits are of interest. */
    AWAIT(wire_service(&station, "L01", true, NULL) == OUTCOME_OK && has_reply(&subscriber));
    peer_expect_frame(&subscriber, BYTES("service_changed"));
    value_free(peer_receive_reply(&subscriber));
    ck_assert_int_eq(zmq_setsockopt(subscriber.socket, ZMQ_UNSUBSCRIBE, BYTES("service")), 0);
    world->syncs_held = 1;
    const uint32_t before = world->syncs_begun;
    ask(&peer, &station, ROLE_DRIVER, BYTES(deposit));
    AWAIT(world->syncs_begun > before);
    ck_assert_int_gt(wire_status(&station, "sequence"), wire_status(&station, "durable_sequence"));
    ck_assert(!has_reply(&subscriber));
    world->syncs_held = 0;
    AWAIT(has_reply(&subscriber));
    peer_expect_frame(&subscriber, BYTES("deposited"));
    EXPECT(OUTCOME_OK, peer_receive(&peer));
    peer_close(&peer);
    peer_close(&subscriber);
    station_end(&station);
}
END_TEST

/* "Already used" must not be known before it is safe that it was: the disk may yet fail. */
START_TEST(test_refusal_decided_on_what_is_not_safe_is_not_given_out)
{
    struct station station;
    struct ticket ticket;
    struct peer first;
    struct peer second;
    struct world_page *world = begin(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    world->syncs_held = 1;
    const uint32_t before = world->syncs_begun;
    ask_pickup(&first, &station, ticket.code);
    AWAIT(world->syncs_begun > before);
    ask_pickup(&second, &station, ticket.code);
    AWAIT(counter(&station, "errors", "code_used") == 1);
    ck_assert(!has_reply(&first));
    ck_assert(!has_reply(&second));
    world->sync_error = EIO;
    world->syncs_held = 0;
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, peer_receive(&first));
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, peer_receive(&second));
    world->sync_error = 0;
    AWAIT(wire_pickup(&station, ticket.code) == OUTCOME_CODE_USED);
    peer_close(&first);
    peer_close(&second);
    station_end(&station);
}
END_TEST

#define MANY 6000

/* More than the desk holds back: the rest waits in ZeroMQ's queues, and in the terminals'. */
START_TEST(test_more_than_can_be_held_back_waits_and_is_served)
{
    struct station station;
    struct peer peer;
    station_prepare(&station, "--compartments", "small=6000", NULL);
    struct world_page *world = world_begin(&station);
    station_start(&station);
    world->syncs_held = 1;
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    for (int i = 0; i < MANY; i++) {
        peer_send(&peer, "", 0, true);
        peer_send(&peer, BYTES(deposit), false);
    }
    AWAIT(wire_status(&station, "sequence") >= 4096);
    ck_assert_int_eq(wire_status(&station, "durable_sequence"), 0);
    wire_expect_compartment(&station, "S0001", "occupied", true, NULL); /* staff are served */
    ck_assert(!has_reply(&peer));
    world->syncs_held = 0;
    for (int i = 0; i < MANY; i++)
        EXPECT(OUTCOME_OK, peer_receive(&peer));
    peer_close(&peer);
    ck_assert_int_eq(wire_free(&station, SIZE_SMALL), 0);
    station_end(&station);
}
END_TEST

/* A desk that is to end waits for the last flush asleep: on one processor it would take the time
 * from the keeper. */
START_TEST(test_desk_that_ends_sleeps_until_the_disk_has_its_changes)
{
    struct station station;
    struct peer peer;
    struct world_page *world = begin(&station);
    const pid_t desk = station_process(&station, "driver desk");
    world->syncs_held = 1;
    const uint32_t before = world->syncs_begun;
    ask(&peer, &station, ROLE_DRIVER, BYTES(deposit));
    AWAIT(world->syncs_begun > before);
    ck_assert_int_eq(kill(desk, SIGTERM), 0);
    poll(NULL, 0, 100); /* by then it has heard of it */
    ck_assert(processes_sleep(desk));
    world->syncs_held = 0;
    EXPECT(OUTCOME_OK, peer_receive(&peer));
    peer_close(&peer);
    station_end(&station);
}
END_TEST

/* ---- a disk that takes nothing ----------------------------------------------------------- */

static bool takes_deposits(struct station *station, uint64_t number)
{
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_LARGE};
    wire_set_id(&request, number);
    const enum outcome outcome = wire_try(station, ROLE_DRIVER, &request);
    ck_assert(outcome == OUTCOME_OK || outcome == OUTCOME_STORAGE_UNAVAILABLE);
    return outcome == OUTCOME_OK;
}

/* What a disk fails with: while flushing, while writing, and a file system gone read-only. */
static const struct {
    int sync_error;
    int write_error;
} failures[] = {{EIO, 0}, {0, EIO}, {0, EROFS}};

START_TEST(test_failing_disk_acknowledges_nothing_until_it_is_good_again)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    world->sync_error = failures[_i].sync_error;
    world->write_error = failures[_i].write_error;
    ck_assert(!takes_deposits(&station, 5));
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_pickup(&station, ticket.code));
    wire_expect_serving(&station);
    ck_assert_int_eq(wire_status(&station, "durable_sequence"), 1);
    world->sync_error = world->write_error = 0;
    AWAIT(takes_deposits(&station, 5));
    ck_assert(takes_deposits(&station, 5)); /* the same deposit */
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 1);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_keeper_killed_while_the_disk_is_bad_recovers_when_it_is_good)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    world->sync_error = failures[_i].sync_error;
    world->write_error = failures[_i].write_error;
    ck_assert(!takes_deposits(&station, 6));
    station_kill_process(&station, "keeper", SIGKILL);
    ck_assert(!takes_deposits(&station, 6));
    wire_expect_serving(&station);
    world->sync_error = world->write_error = 0;
    AWAIT(takes_deposits(&station, 6));
    wire_expect_pickup(&station, &ticket);
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 1);
    station_end(&station);
}
END_TEST

START_TEST(test_keeper_that_cannot_open_the_ledger_says_so)
{
    struct station station;
    struct ticket ticket;
    char path[HARNESS_PATH_SIZE];
    char aside[HARNESS_PATH_SIZE];
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    station_data_path(&station, "ledger.db", path);
    station_data_path(&station, "aside", aside);
    ck_assert_int_eq(rename(path, aside), 0);
    station_kill_process(&station, "keeper", SIGKILL);
    AWAIT(station_log_has(&station, "cannot take changes"));
    ck_assert(!takes_deposits(&station, 8));
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_pickup(&station, ticket.code));
    ck_assert_msg(!files_exist(path), "a ledger was made anew");
    ck_assert_int_eq(rename(aside, path), 0);
    AWAIT(takes_deposits(&station, 8));
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("flush", &tests);
    tcase_add_test(tests, test_more_than_can_be_held_back_waits_and_is_served);
    const int ways = sizeof failures / sizeof failures[0];
    tcase_add_test(tests, test_no_reply_leaves_before_the_disk_has_the_change);
    tcase_add_test(tests, test_feed_tells_nothing_before_the_disk_has_it);
    tcase_add_test(tests, test_desk_that_ends_sleeps_until_the_disk_has_its_changes);
    tcase_add_test(tests, test_refusal_decided_on_what_is_not_safe_is_not_given_out);
    tcase_add_loop_test(tests, test_failing_disk_acknowledges_nothing_until_it_is_good_again, 0,
                        ways);
    tcase_add_loop_test(tests, test_keeper_killed_while_the_disk_is_bad_recovers_when_it_is_good, 0,
                        2);
    tcase_add_test(tests, test_keeper_that_cannot_open_the_ledger_says_so);
    return harness_run(suite);
}
