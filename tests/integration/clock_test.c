/*
 * Time: clocks that leap under a running station, and days that pass in no time.
 */
#include "support/patience.h"
#include "support/peer.h"
#include "support/processes.h"
#include "support/wire.h"
#include "support/world.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define YEAR_MS   (365 * DAY_MS)

static bool is_suspect(struct station *station)
{
    const struct request request = {.operation = OP_STATUS};
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const char *clock = value_str(value_get(reply, "clock"));
    const bool suspect = strcmp(clock, "suspect") == 0;
    ck_assert(suspect || strcmp(clock, "ok") == 0);
    value_free(reply);
    return suspect;
}

static void accept_clock(struct station *station)
{
    struct request request = {.operation = OP_CLOCK, .accept = true};
    client_new_id(&request);
    EXPECT(OUTCOME_OK, wire_try(station, ROLE_OPERATOR, &request));
}

static struct world_page *begin(struct station *station, struct ticket *ticket)
{
    station_prepare(station, "--compartments", "small=2", NULL);
    struct world_page *world = world_begin(station);
    station_start(station);
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, ticket));
    ck_assert(!is_suspect(station));
    return world;
}

/* Ten years ahead, and back to 1970: what a dead battery and a bad time server do. */
START_TEST(test_clock_that_leaps_expires_nothing_and_is_suspect)
{
    static const int64_t leaps[] = {10 * YEAR_MS, -60 * YEAR_MS, 2 * HOUR_MS, -2 * HOUR_MS};
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    for (size_t i = 0; i < sizeof leaps / sizeof leaps[0]; i++) {
        const int64_t before_ms = wire_status(&station, "now_ms");
        world_leap(world, leaps[i]);
        ck_assert(is_suspect(&station));
        const int64_t now_ms = wire_status(&station, "now_ms");
        ck_assert_int_ge(now_ms, before_ms);
        ck_assert_int_lt(now_ms, before_ms + HOUR_MS);
        wire_expect_compartment(&station, "S01", "occupied", true, NULL);
        world_leap(world, -leaps[i]); /* the two agree again: nobody has to accept anything */
        ck_assert(!is_suspect(&station));
    }
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_small_steps_are_followed_and_never_backwards)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    world_stop_clocks(world);
    const int64_t first_ms = wire_status(&station, "now_ms");
    world_leap(world, HOUR_MS / 2);
    ck_assert_int_ge(wire_status(&station, "now_ms"), first_ms + HOUR_MS / 2 - 1000);
    ck_assert(!is_suspect(&station));
    const int64_t ahead_ms = wire_status(&station, "now_ms");
    world_leap(world, -HOUR_MS / 2);
    ck_assert_int_ge(wire_status(&station, "now_ms"), ahead_ms);
    world_pass(world, 1000);
    /* At half pace until the wall clock has caught up. */
    ck_assert_int_eq(wire_status(&station, "now_ms"), ahead_ms + 500);
    ck_assert(!is_suspect(&station));
    station_end(&station);
}
END_TEST

START_TEST(test_suspect_clock_goes_on_with_elapsed_time)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    world_leap(world, 10 * YEAR_MS);
    world_pass(world, 6 * DAY_MS);
    ck_assert(is_suspect(&station));
    wire_expect_compartment(&station, "S01", "occupied", true, NULL);
    world_pass(world, DAY_MS);
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    station_end(&station);
}
END_TEST

START_TEST(test_suspicion_outlives_restarts_and_ends_when_the_clock_is_accepted)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    const int64_t began_ms = wire_status(&station, "now_ms");
    world_leap(world, 20 * DAY_MS);
    ck_assert(is_suspect(&station));
    station_stop(&station);
    station_start(&station);
    ck_assert(is_suspect(&station));
    ck_assert_int_lt(wire_status(&station, "now_ms"), began_ms + HOUR_MS);
    station_kill(&station);
    station_start(&station);
    ck_assert(is_suspect(&station));
    wire_expect_compartment(&station, "S01", "occupied", true, NULL);
    accept_clock(&station);
    ck_assert(!is_suspect(&station));
    ck_assert_int_ge(wire_status(&station, "now_ms"), began_ms + 20 * DAY_MS);
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    /* What was accepted is the truth for the next start, too. */
    station_stop(&station);
    station_start(&station);
    ck_assert(!is_suspect(&station));
    station_end(&station);
}
END_TEST

/* Steps of less than an hour, one at each restart within a boot: the anchor stays where it was. */
START_TEST(test_small_steps_do_not_add_up_over_restarts)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    const int64_t began_ms = wire_status(&station, "now_ms");
    for (int i = 0; i < 3; i++) {
        world_leap(world, 50 * HOUR_MS / 60);
        station_stop(&station);
        station_start(&station);
        ck_assert(is_suspect(&station) == (i > 0));
        ck_assert_int_lt(wire_status(&station, "now_ms"), began_ms + HOUR_MS);
    }
    /* Back, and as far on the other side: allowed before a restart and after it. */
    world_leap(world, -4 * 50 * HOUR_MS / 60);
    ck_assert(!is_suspect(&station));
    station_stop(&station);
    station_start(&station);
    ck_assert(!is_suspect(&station));
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_clock_that_was_accepted_by_mistake_can_be_put_right)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    const int64_t began_ms = wire_status(&station, "now_ms");
    EXPECT(OUTCOME_OK, wire_service(&station, "S02", true, NULL));
    world_leap(world, 2 * HOUR_MS);
    accept_clock(&station);
    world_leap(world, -2 * HOUR_MS);
    ck_assert(is_suspect(&station));
    ck_assert_int_ge(wire_status(&station, "now_ms"), began_ms + 2 * HOUR_MS);
    accept_clock(&station);
    ck_assert(!is_suspect(&station));
    ck_assert_int_lt(wire_status(&station, "now_ms"), began_ms + HOUR_MS);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

static void send_request(struct peer *peer, const struct request *request)
{
    struct buffer bytes = {0};
    ck_assert_int_eq(codec_encode_request(request, &bytes), 0);
    peer_send(peer, "", 0, true);
    peer_send(peer, bytes.data, bytes.used, false);
    buffer_free(&bytes);
}

static void expect_replies(struct peer *peer, int count)
{
    for (int i = 0; i < count; i++)
        EXPECT(OUTCOME_OK, peer_receive(peer));
}

/* Changes that make a page of the history as long as it can be. */
static void make_history(struct peer *peer)
{
    const struct request service = {
        .operation = OP_SERVICE, .has_compartment = true, .compartment = "S02", .in_service = true};
    for (int i = 0; i < PAGE_LIMIT_MAX; i++)
        send_request(peer, &service);
    expect_replies(peer, PAGE_LIMIT_MAX);
}

/* So many pages of it, and the desk is at work on them. */
#define MUCH 40

static void ask_much(struct peer *peer)
{
    const struct request history = {.operation = OP_HISTORY, .limit = PAGE_LIMIT_MAX};
    for (int i = 0; i < MUCH; i++)
        send_request(peer, &history);
    poll(NULL, 0, 10);
}

/* The clock is set while the desk is busy with what was asked before, and accepted then: what it
 * shows now is meant, not what it showed when the desk began with the first of them. */
START_TEST(test_clock_is_accepted_as_it_stands_behind_other_requests)
{
    struct station station;
    struct ticket ticket;
    struct peer peer;
    struct world_page *world = begin(&station, &ticket);
    struct request accept = {.operation = OP_CLOCK, .accept = true};
    peer_open(&peer, &station, ROLE_OPERATOR, ZMQ_DEALER);
    make_history(&peer);
    const int64_t before_ms = wire_status(&station, "now_ms");
    ask_much(&peer);
    world_leap(world, DAY_MS);
    client_new_id(&accept);
    send_request(&peer, &accept);
    expect_replies(&peer, MUCH);
    peer_expect_frame(&peer, "", 0);
    struct value *reply = peer_receive_reply(&peer);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    ck_assert_int_ge(value_int(value_get(reply, "now_ms")), before_ms + DAY_MS);
    value_free(reply);
    ck_assert(!is_suspect(&station));
    peer_close(&peer);
    station_end(&station);
}
END_TEST

/* The same of a code's end: it comes while the desk reads the history, and nobody else has told the
 * station the time since. */
START_TEST(test_code_that_expires_behind_other_requests_is_not_extended)
{
    struct station station;
    struct ticket ticket;
    struct peer peer;
    struct world_page *world = begin(&station, &ticket);
    struct request extend = {.operation = OP_EXTEND, .has_compartment = true, .by_ms = DAY_MS};
    memcpy(extend.compartment, ticket.compartment, sizeof extend.compartment);
    peer_open(&peer, &station, ROLE_OPERATOR, ZMQ_DEALER);
    make_history(&peer);
    ask_much(&peer);
    world_pass(world, 8 * DAY_MS);
    send_request(&peer, &extend);
    expect_replies(&peer, MUCH);
    EXPECT(OUTCOME_NOT_OCCUPIED, peer_receive(&peer)); /* --on-expiry free */
    peer_close(&peer);
    station_end(&station);
}
END_TEST

START_TEST(test_asking_for_the_time_changes_nothing)
{
    static const char *const questions[] = {"{\"op\":\"clock\"}",
                                            "{\"op\":\"clock\",\"accept\":false}"};
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    world_leap(world, YEAR_MS);
    for (size_t i = 0; i < 2; i++) {
        struct value *reply = wire_ask_json(&station, ROLE_OPERATOR, questions[i]);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        ck_assert_str_eq(value_str(value_get(reply, "clock")), "suspect");
        ck_assert_int_eq(value_kind(value_get(reply, "now_ms")), VALUE_INT);
        value_free(reply);
    }
    ck_assert_int_eq(wire_status(&station, "sequence"), 1);
    station_end(&station);
}
END_TEST

/* ---- the defaults, in days that pass ------------------------------------------------------ */

START_TEST(test_code_lives_seven_days_and_is_remembered_for_thirty)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    const int64_t life_ms = ticket.expires_at_ms - wire_status(&station, "now_ms");
    ck_assert_int_le(life_ms, 7 * DAY_MS);
    world_stop_clocks(world);
    world_pass(world, ticket.expires_at_ms - wire_status(&station, "now_ms") - 1);
    wire_expect_compartment(&station, "S01", "occupied", true, NULL);
    world_pass(world, 1);
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    world_pass(world, 30 * DAY_MS - 1);
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    world_pass(world, 1);
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, ticket.code));
    station_end(&station);
}
END_TEST

static bool all_free(struct station *station)
{
    return wire_free(station, SIZE_SMALL) == 2;
}

/* Nobody touches the parcel, and no timer of the kernel's knows that days have passed: it is the
 * longest sleep that ends. */
START_TEST(test_station_sleeps_no_longer_than_sweep_every)
{
    struct station station;
    struct ticket ticket;
    station_prepare(&station, "--compartments", "small=2", "--sweep-every", "50ms", "--ephemeral",
                    NULL);
    struct world_page *world = world_begin(&station);
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    ck_assert(!all_free(&station));
    world_pass(world, 7 * DAY_MS);
    AWAIT(all_free(&station));
    station_end(&station);
}
END_TEST

/* Without a ledger the keeper sleeps until the parcel expires, half an hour from now, unless it is
 * told that the clock was set. */
START_TEST(test_small_step_wakes_the_keeper)
{
    struct station station;
    struct ticket ticket;
    station_prepare(&station, "--ephemeral", "--ttl", "30m", "--compartments", "small=2", NULL);
    struct world_page *world = world_begin(&station);
    station_start(&station);
    const pid_t keeper = station_process(&station, "keeper");
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    ck_assert(!all_free(&station));
    world_leap(world, 40 * MINUTE_MS);
    AWAIT(all_free(&station));
    ck_assert(!is_suspect(&station));
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    ck_assert_int_eq(station_process(&station, "keeper"), keeper); /* it has not died of it */
    station_end(&station);
}
END_TEST

/* Whatever year it is, a timer that is never to go off does not: it would do so again and again. */
START_TEST(test_keeper_sleeps_in_a_far_future_too)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    world_leap(world, 20 * YEAR_MS);
    ck_assert(is_suspect(&station));
    poll(NULL, 0, 400); /* by then it has heard of it */
    ck_assert(processes_sleep(station_process(&station, "keeper")));
    station_end(&station);
}
END_TEST

/* ---- while the station is down ----------------------------------------------------------- */

START_TEST(test_leap_while_the_station_is_down_is_seen_within_a_boot)
{
    static const int64_t leaps[] = {2 * YEAR_MS, -50 * YEAR_MS, 8 * DAY_MS, -2 * DAY_MS};
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    station_stop(&station);
    world_leap(world, leaps[_i]);
    station_start(&station);
    ck_assert(is_suspect(&station));
    ck_assert_int_eq(wire_status(&station, "occupied"), 1);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_codes_that_expired_while_the_station_was_down_do_not_open)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, &ticket);
    station_stop(&station);
    world_pass(world, 7 * DAY_MS);
    station_start(&station);
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    AWAIT(all_free(&station));
    station_end(&station);
}
END_TEST

static int64_t extended_by_one_ms(struct station *station, const char *compartment)
{
    struct request extend = {.operation = OP_EXTEND, .has_compartment = true, .by_ms = 1};
    snprintf(extend.compartment, sizeof extend.compartment, "%s", compartment);
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &extend);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const int64_t expires_at_ms = value_int(value_get(reply, "expires_at_ms"));
    value_free(reply);
    return expires_at_ms;
}

START_TEST(test_outage_is_credited_when_asked_for)
{
    struct station station;
    struct ticket ticket;
    station_prepare(&station, "--credit-outages", "10m", NULL);
    struct world_page *world = world_begin(&station);
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    station_stop(&station);
    world_pass(world, 9 * MINUTE_MS); /* too short to count */
    station_start(&station);
    ck_assert_int_eq(wire_status(&station, "sequence"), 1);
    station_stop(&station);
    world_pass(world, 20 * MINUTE_MS);
    station_start(&station);
    ck_assert_int_eq(wire_status(&station, "sequence"), 2);
    const int64_t expires_at_ms = extended_by_one_ms(&station, ticket.compartment);
    ck_assert_int_ge(expires_at_ms, ticket.expires_at_ms + 20 * MINUTE_MS);
    ck_assert_int_lt(expires_at_ms, ticket.expires_at_ms + 21 * MINUTE_MS);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("clock", &tests);
    tcase_add_test(tests, test_clock_that_leaps_expires_nothing_and_is_suspect);
    tcase_add_test(tests, test_small_steps_are_followed_and_never_backwards);
    tcase_add_test(tests, test_suspect_clock_goes_on_with_elapsed_time);
    tcase_add_test(tests, test_suspicion_outlives_restarts_and_ends_when_the_clock_is_accepted);
    tcase_add_test(tests, test_small_steps_do_not_add_up_over_restarts);
    tcase_add_test(tests, test_clock_that_was_accepted_by_mistake_can_be_put_right);
    tcase_add_test(tests, test_clock_is_accepted_as_it_stands_behind_other_requests);
    tcase_add_test(tests, test_code_that_expires_behind_other_requests_is_not_extended);
    tcase_add_test(tests, test_asking_for_the_time_changes_nothing);
    tcase_add_test(tests, test_code_lives_seven_days_and_is_remembered_for_thirty);
    tcase_add_test(tests, test_station_sleeps_no_longer_than_sweep_every);
    tcase_add_test(tests, test_small_step_wakes_the_keeper);
    tcase_add_test(tests, test_keeper_sleeps_in_a_far_future_too);
    tcase_add_loop_test(tests, test_leap_while_the_station_is_down_is_seen_within_a_boot, 0, 4);
    tcase_add_test(tests, test_codes_that_expired_while_the_station_was_down_do_not_open);
    tcase_add_test(tests, test_outage_is_credited_when_asked_for);
    return harness_run(suite);
}
