/*
 * What a station may meet when it starts: descriptors that are closed, signals that come at once,
 * pipes where files belong, locks that somebody removed.
 */
#include "support/files.h"
#include "support/patience.h"
#include "support/wire.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* ---- signals ----------------------------------------------------------------------------- */

static char config_pipe[HARNESS_PATH_SIZE];
static char config_file[HARNESS_PATH_SIZE];

/* Somebody who waits until the station begins to read its configuration. */
static void hang_up_early(struct station *station)
{
    static const char text[] = "compartments { small = 2 }\n";
    const pid_t supervisor = getpid(); /* what this process is about to become */
    (void)station;
    if (fork() != 0)
        return;
    const int fd = open(config_pipe, O_WRONLY);
    kill(supervisor, SIGHUP);
    rename(config_file, config_pipe); /* what is read again is a file */
    const bool written = fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1;
    _exit(written ? EXIT_SUCCESS : EXIT_FAILURE);
}

START_TEST(test_hangup_while_the_configuration_is_read_is_no_death)
{
    struct station station;
    char directory[HARNESS_PATH_SIZE - 16];
    harness_directory(config_pipe);
    memcpy(directory, config_pipe, sizeof directory);
    snprintf(config_pipe, sizeof config_pipe, "%s/pipe", directory);
    snprintf(config_file, sizeof config_file, "%s/file", directory);
    ck_assert_int_eq(mkfifo(config_pipe, 0600), 0);
    FILE *file = fopen(config_file, "w");
    ck_assert_ptr_nonnull(file);
    fputs("compartments { small = 2 }\nttl = \"2h\"\n", file);
    ck_assert_int_eq(fclose(file), 0);
    station_prepare(&station, "--config", config_pipe, NULL);
    station.before_exec = hang_up_early;
    station_start(&station);
    AWAIT(wire_status(&station, "ttl_ms") == 2 * 3600 * 1000); /* and it is heard */
    station_end(&station);
    files_remove_tree(directory);
}
END_TEST

/* ---- pipes ------------------------------------------------------------------------------- */

START_TEST(test_pipe_in_place_of_the_checkpoint_is_not_waited_for)
{
    struct station station;
    struct ticket ticket;
    char path[HARNESS_PATH_SIZE];
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    station_stop(&station);
    station_data_path(&station, "checkpoint", path);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    station_start(&station);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

/* ---- removed locks ----------------------------------------------------------------------- */

/* Another station with the same arguments. */
static void expect_twin_refused(struct station *station, const char *word)
{
    struct station twin = *station;
    struct ticket ticket;
    memset(twin.clients, 0, sizeof twin.clients);
    twin.pid = 0;
    snprintf(twin.log, sizeof twin.log, "%.*s.twin", HARNESS_PATH_SIZE - 8, station->log);
    ck_assert_int_eq(station_start_refused(&twin), 1);
    ck_assert_msg(station_log_has(&twin, "another station"), "it says why");
    ck_assert_msg(station_log_has(&twin, word), "and where");
    ck_assert(files_exist(station->segment));
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, &ticket));
    wire_expect_pickup(station, &ticket);
}

START_TEST(test_removed_lock_files_let_no_second_station_in)
{
    struct station station;
    char path[HARNESS_PATH_SIZE + 16];
    station_begin(&station, NULL);
    wire_expect_serving(&station);
    snprintf(path, sizeof path, "%s/station.lock", station.run);
    ck_assert_int_eq(unlink(path), 0);
    snprintf(path, sizeof path, "%s/station.lock", station.data);
    ck_assert_int_eq(unlink(path), 0);
    expect_twin_refused(&station, station.run);
    station_end(&station);
}
END_TEST

START_TEST(test_removed_run_directory_lets_no_second_station_in)
{
    struct station station;
    station_begin(&station, "--ephemeral", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_MEDIUM, NULL));
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, "000000")); /* connected */
    files_remove_tree(station.run);
    expect_twin_refused(&station, "/dev/shm/");
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("start", &tests);
    tcase_add_test(tests, test_closed_streams_are_nothing_elses_descriptors);
    tcase_add_test(tests, test_hangup_while_the_configuration_is_read_is_no_death);
    tcase_add_test(tests, test_pipe_in_place_of_the_checkpoint_is_not_waited_for);
    tcase_add_test(tests, test_removed_lock_files_let_no_second_station_in);
    tcase_add_test(tests, test_removed_run_directory_lets_no_second_station_in);
    return harness_run(suite);
}
