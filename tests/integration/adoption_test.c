/*
 * What a start does with the segment of a station that was killed: whose it is, and who may still
 * be at work in it.
 */
#include "support/files.h"
#include "support/processes.h"
#include "support/wire.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* ---- another ledger under the same run directory ----------------------------------------- */

/* The data directory of the next start. */
static void use_data(struct station *station, const char *name)
{
    char path[HARNESS_PATH_SIZE];
    const int length = snprintf(path, sizeof path, "%s/%s", station->root, name);
    ck_assert_int_lt(length, HARNESS_PATH_SIZE);
    for (int i = 0; i < station->argument_count; i++)
        if (strcmp(station->arguments[i], station->data) == 0)
            memcpy(station->arguments[i], path, sizeof path);
    memcpy(station->data, path, sizeof path);
}

/* Killed while nothing has changed since its start: no event is left to be compared. */
static void start_and_kill(struct station *station)
{
    station_start(station);
    station_kill(station);
    ck_assert_msg(files_exist(station->segment), "the shared memory stays");
}

START_TEST(test_segment_of_another_ledger_is_not_taken_over)
{
    struct station station;
    struct ticket here;
    struct ticket there;
    station_prepare(&station, NULL);
    use_data(&station, "there");
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_MEDIUM, &there));
    station_stop(&station);
    use_data(&station, "here");
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &here));
    station_stop(&station);
    start_and_kill(&station);

    use_data(&station, "there");
    station_start(&station);
    ck_assert_msg(station_log_has(&station, "another ledger"), "it says why");
    wire_expect_compartment(&station, here.compartment, "free", true, NULL);
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, here.code));
    wire_expect_pickup(&station, &there);
    station_end(&station);
}
END_TEST

START_TEST(test_segment_of_a_copy_that_went_another_way_is_not_taken_over)
{
    struct station station;
    struct ticket here;
    struct ticket there;
    char from[HARNESS_PATH_SIZE];
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_LARGE, NULL));
    station_stop(&station);
    memcpy(from, station.data, sizeof from);
    use_data(&station, "copy");
    files_copy_directory(from, station.data);
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_MEDIUM, &there));
    station_stop(&station);
    use_data(&station, strrchr(from, '/') + 1);
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &here));
    station_stop(&station);
    start_and_kill(&station);

    use_data(&station, "copy");
    station_start(&station);
    ck_assert_msg(station_log_has(&station, "another copy"), "it says why");
    wire_expect_compartment(&station, here.compartment, "free", true, NULL);
    wire_expect_pickup(&station, &there);
    station_end(&station);
}
END_TEST

/* ---- who may still be at work ------------------------------------------------------------ */

/* The locks last as long as any process of the station does. */
START_TEST(test_every_process_holds_the_locks)
{
    static const char *const kinds[] = {"driver desk", "keypad desk", "operator desk", "keeper"};
    struct station station;
    station_begin(&station, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const pid_t pid = station_process(&station, kinds[i]);
        ck_assert_msg(processes_have_open(pid, station.run) != 0, "%s", kinds[i]);
        const int holds_data = processes_have_open(pid, station.data);
        ck_assert_msg(holds_data < 0 || holds_data == (i == 3), "%s", kinds[i]);
    }
    station_end(&station);
}
END_TEST

/* Without waiting for anything, as a service manager would. */
START_TEST(test_start_right_after_a_kill_finds_nobody_at_work)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, NULL);
    for (int round = 0; round < 5; round++) {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        const pid_t keeper = station_process(&station, "keeper");
        ck_assert_int_eq(kill(station.pid, SIGKILL), 0);
        station_await_end(&station);
        station_start(&station);
        ck_assert(!processes_live(keeper));
        wire_expect_pickup(&station, &ticket);
    }
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("adoption", &tests);
    tcase_add_test(tests, test_segment_of_another_ledger_is_not_taken_over);
    tcase_add_test(tests, test_segment_of_a_copy_that_went_another_way_is_not_taken_over);
    tcase_add_test(tests, test_every_process_holds_the_locks);
    tcase_add_test(tests, test_start_right_after_a_kill_finds_nobody_at_work);
    return harness_run(suite);
}
