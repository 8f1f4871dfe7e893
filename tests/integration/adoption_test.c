/*
 * What a start does with the segment of a station that was killed: whose it is, and who may still
 * be at work in it.
 */
#include "support/files.h"
#include "support/wire.h"

#include <check.h>
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

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("adoption", &tests);
    tcase_add_test(tests, test_segment_of_another_ledger_is_not_taken_over);
    tcase_add_test(tests, test_segment_of_a_copy_that_went_another_way_is_not_taken_over);
    return harness_run(suite);
}
