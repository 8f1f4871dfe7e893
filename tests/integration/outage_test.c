/*
 * Outages: what a station that was down adds to the life of every code, and when.
 */
#include "support/patience.h"
#include "support/wire.h"
#include "support/world.h"

#include <check.h>
#include <string.h>

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS  (24 * HOUR_MS)

/* A station with one live code, and another that has ended. */
static struct world_page *begin(struct station *station, const char *credit, struct ticket *ticket)
{
    struct ticket ended;
    if (credit)
        station_prepare(station, "--credit-outages", credit, NULL);
    else
        station_prepare(station, NULL);
    struct world_page *world = world_begin(station);
    world_stop_clocks(world);
    station_start(station);
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, &ended));
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, ticket));
    wire_expect_pickup(station, &ended);
    return world;
}

/* When the code in this compartment expires now. */
static int64_t expiry_of(struct station *station, const char *compartment)
{
    const struct request request = {.operation = OP_COMPARTMENTS, .limit = PAGE_LIMIT_DEFAULT};
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    const struct value *lines = value_get(reply, "compartments");
    int64_t expires_at_ms = 0;
    for (size_t i = 0; i < value_count(lines); i++) {
        const struct value *line = value_at(lines, i);
        if (strcmp(value_str(value_get(line, "compartment")), compartment) == 0)
            expires_at_ms = value_int(value_get(line, "expires_at_ms"));
    }
    value_free(reply);
    return expires_at_ms;
}

/* How many outages the history tells of; *by_ms is the latest one's length. */
static int outages(struct station *station, int64_t *by_ms)
{
    const struct request request = {.operation = OP_HISTORY, .limit = PAGE_LIMIT_MAX};
    /* The history tells what is on disk; the outage is recorded before anybody is served. */
    AWAIT(wire_status(station, "durable_sequence") == wire_status(station, "sequence"));
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    const struct value *events = value_get(reply, "events");
    int count = 0;
    for (size_t i = value_count(events); i-- > 0;) {
        const struct value *event = value_at(events, i);
        if (strcmp(value_str(value_get(event, "event")), "outage_credited") != 0)
            continue;
        count++;
        *by_ms = value_int(value_get(event, "by_ms"));
        ck_assert_int_eq(value_kind(value_get(event, "compartment")), VALUE_NIL);
    }
    value_free(reply);
    return count;
}

static void restart_after(struct station *station, struct world_page *world, int64_t ms, bool kill)
{
    if (kill)
        station_kill(station);
    else
        station_stop(station);
    world_pass(world, ms);
    station_start(station);
}

/* Ended in order, or by kill -9. */
START_TEST(test_outage_is_added_to_every_live_code_as_one_event)
{
    struct station station;
    struct ticket ticket;
    int64_t by_ms = 0;
    struct world_page *world = begin(&station, "1h", &ticket);
    restart_after(&station, world, 3 * HOUR_MS, _i == 1);
    ck_assert_int_eq(outages(&station, &by_ms), 1);
    ck_assert_int_eq(by_ms, 3 * HOUR_MS);
    ck_assert_int_eq(expiry_of(&station, ticket.compartment), ticket.expires_at_ms + by_ms);
    ck_assert_int_eq(wire_status(&station, "sequence"), 4);
    world_pass(world, 7 * DAY_MS - 1); /* it was down while the three hours passed */
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_shorter_outage_is_not_credited)
{
    struct station station;
    struct ticket ticket;
    int64_t by_ms = 0;
    struct world_page *world = begin(&station, "1h", &ticket);
    restart_after(&station, world, HOUR_MS - 1, _i == 1);
    ck_assert_int_eq(outages(&station, &by_ms), 0);
    ck_assert_int_eq(expiry_of(&station, ticket.compartment), ticket.expires_at_ms);
    restart_after(&station, world, HOUR_MS, _i == 1);
    ck_assert_int_eq(outages(&station, &by_ms), 1);
    ck_assert_int_eq(by_ms, HOUR_MS);
    station_end(&station);
}
END_TEST

START_TEST(test_outages_are_not_credited_unless_asked_for)
{
    struct station station;
    struct ticket ticket;
    int64_t by_ms = 0;
    struct world_page *world = begin(&station, NULL, &ticket);
    restart_after(&station, world, 3 * DAY_MS, _i == 1);
    ck_assert_int_eq(outages(&station, &by_ms), 0);
    ck_assert_int_eq(expiry_of(&station, ticket.compartment), ticket.expires_at_ms);
    station_end(&station);
}
END_TEST

/* What the wall clock says alone is no time that has passed. */
START_TEST(test_outage_is_measured_on_trusted_time)
{
    struct station station;
    struct ticket ticket;
    int64_t by_ms = 0;
    struct world_page *world = begin(&station, "1h", &ticket);
    world_leap(world, 20 * DAY_MS);
    restart_after(&station, world, HOUR_MS / 2, _i == 1);
    ck_assert_int_eq(outages(&station, &by_ms), 0);
    restart_after(&station, world, 2 * HOUR_MS, _i == 1);
    ck_assert_int_eq(outages(&station, &by_ms), 1);
    ck_assert_int_eq(by_ms, 2 * HOUR_MS);
    ck_assert_int_eq(expiry_of(&station, ticket.compartment), ticket.expires_at_ms + by_ms);
    station_end(&station);
}
END_TEST

START_TEST(test_code_that_would_have_expired_meanwhile_is_saved)
{
    struct station station;
    struct ticket ticket;
    struct world_page *world = begin(&station, "1h", &ticket);
    restart_after(&station, world, 8 * DAY_MS, _i == 1);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("outage", &tests);
    tcase_add_loop_test(tests, test_outage_is_added_to_every_live_code_as_one_event, 0, 2);
    tcase_add_loop_test(tests, test_shorter_outage_is_not_credited, 0, 2);
    tcase_add_loop_test(tests, test_outages_are_not_credited_unless_asked_for, 0, 2);
    tcase_add_loop_test(tests, test_outage_is_measured_on_trusted_time, 0, 2);
    tcase_add_loop_test(tests, test_code_that_would_have_expired_meanwhile_is_saved, 0, 2);
    return harness_run(suite);
}
