/*
 * What a station may meet when it starts: descriptors that are closed.
 */
#include "support/files.h"
#include "support/wire.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* ---- closed streams ---------------------------------------------------------------------- */

static void without_streams(struct station *station)
{
    (void)station;
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
}

/* Else a lock would become the log, and its file would say so. */
START_TEST(test_closed_streams_are_nothing_elses_descriptors)
{
    struct station station;
    struct ticket ticket;
    char lock[HARNESS_PATH_SIZE + 16];
    station_prepare(&station, NULL);
    station.before_exec = without_streams;
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    station_kill_process(&station, "keypad desk", SIGKILL); /* something to be logged */
    wire_expect_pickup(&station, &ticket);
    snprintf(lock, sizeof lock, "%s/station.lock", station.run);
    ck_assert(!files_contain(lock, "keypad", 6));
    snprintf(lock, sizeof lock, "%s/station.lock", station.data);
    ck_assert(!files_contain(lock, "keypad", 6));
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("start", &tests);
    tcase_add_test(tests, test_closed_streams_are_nothing_elses_descriptors);
    return harness_run(suite);
}
