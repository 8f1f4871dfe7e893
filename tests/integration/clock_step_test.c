/*
 * A wall clock that is set while the station runs, or while it is down: no parcel expires by that,
 * unless the step is small, or an operator accepts it.
 */
#include "support/files.h"
#include "support/patience.h"
#include "support/wire.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    (24 * 60 * MINUTE_MS)
#define YEAR_MS   (365 * DAY_MS)

/* ---- a clock that can be set ------------------------------------------------------------- */

static char clock_directory[HARNESS_PATH_SIZE];

static void clock_path(const char *name, char path[HARNESS_PATH_SIZE + 16])
{
    snprintf(path, HARNESS_PATH_SIZE + 16, "%s/%s", clock_directory, name);
}

/* Set the stations' wall clock so far off ours; what a kernel would tell of it is told. */
static void set_clock(int64_t offset_ms)
{
    char path[HARNESS_PATH_SIZE + 16];
    clock_path("offset", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(pwrite(fd, &offset_ms, sizeof offset_ms, 0), sizeof offset_ms);
    close(fd);
    clock_path("steps", path);
    fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_eq(write(fd, "s", 1), 1);
    close(fd);
}

static void setup(void)
{
    char path[HARNESS_PATH_SIZE + 16];
    harness_directory(clock_directory);
    clock_path("steps", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    set_clock(0);
}

static void teardown(void)
{
    files_remove_tree(clock_directory);
}

static void use_clock(struct station *station)
{
    (void)station;
    setenv("LD_PRELOAD", STEPPED_CLOCK_LIBRARY, 1);
    setenv("STEPPED_CLOCK", clock_directory, 1);
}

static bool clock_is(struct station *station, const char *wanted)
{
    const struct request request = {.operation = OP_STATUS};
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const bool is = strcmp(value_str(value_get(reply, "clock")), wanted) == 0;
    value_free(reply);
    return is;
}

/* A station with a parcel inside that lives for seven days. */
static void begin(struct station *station, struct ticket *ticket)
{
    station_prepare(station, "--compartments", "small=2", NULL);
    station->before_exec = use_clock;
    station_start(station);
    ck_assert(clock_is(station, "ok"));
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, ticket));
}

static const int64_t leaps[] = {2 * YEAR_MS, -50 * YEAR_MS, 8 * DAY_MS, -2 * DAY_MS};

#define LEAPS (int)(sizeof leaps / sizeof leaps[0])

/* ---- leaps ------------------------------------------------------------------------------- */

START_TEST(test_leap_of_the_clock_expires_nothing_and_is_reported)
{
    struct station station;
    struct ticket ticket;
    begin(&station, &ticket);
    const int64_t before_ms = wire_status(&station, "now_ms");
    set_clock(leaps[_i]);
    ck_assert(clock_is(&station, "suspect"));
    const int64_t after_ms = wire_status(&station, "now_ms");
    ck_assert_int_ge(after_ms, before_ms);
    ck_assert_int_lt(after_ms, before_ms + MINUTE_MS);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    ck_assert_int_eq(wire_status(&station, "expired"), 0);
    set_clock(0);
    ck_assert(clock_is(&station, "ok"));
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_leap_while_the_station_is_down_is_seen_within_a_boot)
{
    struct station station;
    struct ticket ticket;
    begin(&station, &ticket);
    station_stop(&station);
    set_clock(leaps[_i]);
    station_start(&station);
    ck_assert(clock_is(&station, "suspect"));
    ck_assert_int_eq(wire_status(&station, "occupied"), 1);
    station_kill(&station);
    station_start(&station);
    ck_assert(clock_is(&station, "suspect"));
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_accepted_leap_counts)
{
    struct station station;
    struct ticket ticket;
    begin(&station, &ticket);
    const int64_t before_ms = wire_status(&station, "now_ms");
    set_clock(2 * YEAR_MS);
    ck_assert(clock_is(&station, "suspect"));
    EXPECT(OUTCOME_OK,
           wire_try_json(&station, ROLE_OPERATOR, "{\"op\":\"clock\",\"accept\":true}"));
    ck_assert(clock_is(&station, "ok"));
    ck_assert_int_ge(wire_status(&station, "now_ms"), before_ms + 2 * YEAR_MS);
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    AWAIT(wire_free(&station, SIZE_SMALL) == 2);
    station_end(&station);
}
END_TEST

/* ---- small steps ------------------------------------------------------------------------- */

/* Without a ledger the keeper sleeps until the parcel expires, half an hour from now. */
START_TEST(test_small_step_wakes_the_keeper)
{
    struct station station;
    struct ticket ticket;
    station_prepare(&station, "--ephemeral", "--ttl", "30m", "--compartments", "small=1", NULL);
    station.before_exec = use_clock;
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    ck_assert_int_eq(wire_free(&station, SIZE_SMALL), 0);
    set_clock(40 * MINUTE_MS);
    AWAIT(wire_free(&station, SIZE_SMALL) == 1);
    ck_assert(clock_is(&station, "ok"));
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    station_end(&station);
}
END_TEST

START_TEST(test_small_step_back_slows_time_down)
{
    struct station station;
    struct ticket ticket;
    begin(&station, &ticket);
    const int64_t before_ms = wire_status(&station, "now_ms");
    set_clock(-10 * MINUTE_MS);
    ck_assert(clock_is(&station, "ok"));
    int64_t last_ms = before_ms;
    for (int i = 0; i < 50; i++) {
        const int64_t now_ms = wire_status(&station, "now_ms");
        ck_assert_int_ge(now_ms, last_ms);
        last_ms = now_ms;
    }
    ck_assert_int_lt(last_ms, before_ms + MINUTE_MS);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("clock", &tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, test_leap_of_the_clock_expires_nothing_and_is_reported, 0, LEAPS);
    tcase_add_loop_test(tests, test_leap_while_the_station_is_down_is_seen_within_a_boot, 0, LEAPS);
    tcase_add_test(tests, test_accepted_leap_counts);
    tcase_add_test(tests, test_small_step_wakes_the_keeper);
    tcase_add_test(tests, test_small_step_back_slows_time_down);
    return harness_run(suite);
}
