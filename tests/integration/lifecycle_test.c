/*
 * Starts, ends, deaths: second stations, restarts, kill -9 of every process, new policies.
 */
#include "support/files.h"
#include "support/patience.h"
#include "support/processes.h"
#include "support/wire.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const kinds[] = {"driver desk", "keypad desk", "operator desk", "keeper"};

#define KINDS (sizeof kinds / sizeof kinds[0])

/* ---- only one of it ---------------------------------------------------------------------- */

static void use_directory(struct station *station, char directory[HARNESS_PATH_SIZE],
                          const char *path)
{
    for (int i = 0; i < station->argument_count; i++)
        if (strcmp(station->arguments[i], directory) == 0)
            snprintf(station->arguments[i], HARNESS_PATH_SIZE, "%s", path);
    snprintf(directory, HARNESS_PATH_SIZE, "%s", path);
}

static void expect_second_refused(struct station *first, struct station *second,
                                  const char *directory)
{
    struct ticket ticket;
    EXPECT(OUTCOME_OK, wire_deposit(first, SIZE_SMALL, &ticket));
    const int sockets = files_count(first->run);
    ck_assert_int_eq(station_start_refused(second), 1);
    ck_assert_msg(station_log_has(second, directory), "the message names the directory");
    ck_assert_msg(!files_exist(second->segment), "it made shared memory");
    ck_assert_int_eq(files_count(first->run), sockets);
    wire_expect_serving(first);
    /* On new connections, too: the sockets were not taken over. */
    EXPECT(OUTCOME_OK, wire_try_json(first, ROLE_DRIVER, "{\"op\":\"ping\"}"));
    wire_expect_pickup(first, &ticket);
}

START_TEST(test_second_station_on_the_same_run_directory_is_refused)
{
    struct station first;
    struct station second;
    station_begin(&first, NULL);
    station_prepare(&second, NULL);
    use_directory(&second, second.run, first.run);
    expect_second_refused(&first, &second, first.run);
    ck_assert(!files_exist(second.data) || files_count(second.data) == 0);
    station_end(&first);
    station_end(&second);
}
END_TEST

START_TEST(test_second_station_on_the_same_data_directory_is_refused)
{
    struct station first;
    struct station second;
    station_begin(&first, NULL);
    station_prepare(&second, NULL);
    use_directory(&second, second.data, first.data);
    expect_second_refused(&first, &second, first.data);
    station_end(&first);
    station_end(&second);
}
END_TEST

START_TEST(test_two_stations_of_one_name_do_not_meet)
{
    struct station first;
    struct station second;
    struct ticket ticket;
    station_begin(&first, NULL);
    station_prepare(&second, NULL);
    memcpy(second.arguments[1], first.name, sizeof first.name); /* behind --name */
    memcpy(second.name, first.name, sizeof first.name);
    station_start(&second);
    EXPECT(OUTCOME_OK, wire_deposit(&first, SIZE_SMALL, &ticket));
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&second, ticket.code));
    ck_assert_int_eq(wire_status(&second, "occupied"), 0);
    station_kill(&second);
    station_start(&second);
    wire_expect_pickup(&first, &ticket);
    /* One pattern fits the shared memory of both: it is looked at when both have ended. */
    snprintf(first.segment, sizeof first.segment, "/nowhere/*");
    station_end(&first);
    station_end(&second);
}
END_TEST

START_TEST(test_killed_station_leaves_no_lock_behind)
{
    struct station station;
    station_begin(&station, NULL);
    for (int i = 0; i < 3; i++) {
        station_kill(&station);
        station_start(&station);
    }
    wire_expect_serving(&station);
    station_end(&station);
}
END_TEST

/* ---- modes ------------------------------------------------------------------------------- */

static void expect_mode(const char *directory, const char *name, mode_t mode)
{
    char path[2 * HARNESS_PATH_SIZE];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    ck_assert_msg(stat(path, &status) == 0, "%s", path);
    ck_assert_msg((status.st_mode & 07777) == mode, "%s has mode %o", path,
                  (unsigned)status.st_mode & 07777);
}

START_TEST(test_nobody_else_reaches_sockets_and_key)
{
    struct station station;
    station_begin(&station, NULL);
    expect_mode(station.run, ".", 0750);
    expect_mode(station.run, "driver.sock", 0660);
    expect_mode(station.run, "keypad.sock", 0660);
    expect_mode(station.run, "operator.sock", 0660);
    expect_mode(station.run, "events.sock", 0660);
    expect_mode(station.data, "station.key", 0600);
    station_end(&station);
}
END_TEST

/* ---- restarts ---------------------------------------------------------------------------- */

#define PARCELS 6

static void fill(struct station *station, struct ticket tickets[PARCELS])
{
    for (int i = 0; i < PARCELS; i++)
        EXPECT(OUTCOME_OK, wire_deposit(station, (enum parcel_size)(i % SIZE_COUNT), &tickets[i]));
}

static void expect_all_open(struct station *station, const struct ticket tickets[PARCELS])
{
    ck_assert_int_eq(wire_status(station, "occupied"), PARCELS);
    for (int i = 0; i < PARCELS; i++)
        wire_expect_pickup(station, &tickets[i]);
    ck_assert_int_eq(wire_status(station, "occupied"), 0);
}

START_TEST(test_orderly_restart_keeps_everything)
{
    struct station station;
    struct ticket tickets[PARCELS];
    struct ticket used;
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &used));
    wire_expect_pickup(&station, &used);
    fill(&station, tickets);
    EXPECT(OUTCOME_OK, wire_service(&station, "S04", false, "wet"));
    station_stop(&station); /* checks that sockets and shared memory are gone */
    ck_assert(station_log_has(&station, "ending, on SIGTERM"));
    ck_assert(station_log_has(&station, "has ended; every change is in its ledger"));
    station_start(&station);
    EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, used.code));
    wire_expect_compartment(&station, "S04", "free", false, "wet");
    ck_assert_int_eq(wire_status(&station, "sequence"), 3 + PARCELS);
    expect_all_open(&station, tickets);
    station_end(&station);
}
END_TEST

START_TEST(test_killed_station_is_taken_over_with_every_acknowledged_code)
{
    struct station station;
    struct ticket tickets[PARCELS];
    station_begin(&station, NULL);
    fill(&station, tickets);
    station_kill(&station); /* checks that its processes go with it */
    ck_assert(!station_log_has(&station, "has ended"));
    ck_assert_msg(files_exist(station.segment), "the shared memory stays");
    station_start(&station);
    ck_assert_msg(station_log_has(&station, "took over the segment"), "adopted");
    expect_all_open(&station, tickets);
    station_end(&station);
}
END_TEST

START_TEST(test_reboot_loses_nothing)
{
    struct station station;
    struct ticket tickets[PARCELS];
    char segment[HARNESS_PATH_SIZE];
    station_begin(&station, NULL);
    fill(&station, tickets);
    station_kill(&station);
    station_segment_path(&station, segment);
    ck_assert_int_eq(unlink(segment), 0); /* as a power cut does */
    station_start(&station);
    expect_all_open(&station, tickets);
    station_end(&station);
}
END_TEST

START_TEST(test_damaged_segment_is_not_trusted)
{
    struct station station;
    struct ticket tickets[PARCELS];
    char segment[HARNESS_PATH_SIZE];
    station_begin(&station, NULL);
    fill(&station, tickets);
    station_kill(&station);
    station_segment_path(&station, segment);
    ck_assert_int_eq(truncate(segment, 5000), 0);
    station_start(&station);
    expect_all_open(&station, tickets);
    station_end(&station);
}
END_TEST

/* ---- single processes -------------------------------------------------------------------- */

START_TEST(test_each_killed_process_is_started_again_and_nothing_is_lost)
{
    struct station station;
    struct ticket tickets[PARCELS];
    station_begin(&station, NULL);
    fill(&station, tickets);
    for (size_t i = 0; i < KINDS; i++) {
        station_kill_process(&station, kinds[i], SIGKILL);
        wire_expect_serving(&station);
    }
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    EXPECT(OUTCOME_OK, wire_staff(&station, OP_RELEASE, "S03"));
    expect_all_open(&station, tickets);
    station_end(&station);
}
END_TEST

START_TEST(test_killed_desk_does_not_disturb_the_others)
{
    struct station station;
    pid_t pids[KINDS];
    station_begin(&station, NULL);
    for (size_t i = 0; i < KINDS; i++)
        pids[i] = station_process(&station, kinds[i]);
    station_kill_process(&station, kinds[1], SIGKILL);
    for (size_t i = 0; i < KINDS; i++)
        if (i != 1)
            ck_assert_int_eq(station_process(&station, kinds[i]), pids[i]);
    station_end(&station);
}
END_TEST

/* Deposits and pickups while one kind of process is killed again and again. */
START_TEST(test_clients_get_through_while_processes_are_killed)
{
    const char *victim = kinds[_i];
    struct station station;
    struct ticket ticket;
    station_begin(&station, NULL);
    for (int round = 0; round < 3; round++) {
        const pid_t pid = station_process(&station, victim);
        for (int i = 0; i < 6; i++) {
            if (i == 2)
                ck_assert_int_eq(kill(pid, SIGKILL), 0);
            EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
            wire_expect_pickup(&station, &ticket);
            EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, ticket.code));
        }
        AWAIT(!processes_live(pid));
    }
    ck_assert_int_eq(wire_status(&station, "sequence"), 3 * 6 * 2);
    ck_assert_int_eq(wire_status(&station, "occupied"), 0);
    station_end(&station);
}
END_TEST

START_TEST(test_stopped_process_does_not_survive_the_end)
{
    struct station station;
    station_begin(&station, NULL);
    const pid_t keypad = station_process(&station, "keypad desk");
    ck_assert_int_eq(kill(keypad, SIGSTOP), 0);
    ck_assert_int_eq(kill(station.pid, SIGTERM), 0);
    /* Asked twice: no more patience with what does not end. */
    ck_assert_int_eq(kill(station.pid, SIGINT), 0);
    station_stop(&station);
    station_end(&station);
}
END_TEST

/* ---- who has started it ------------------------------------------------------------------ */

/* A socket as a service manager has one; the stations of this test will know of it. */
static int open_manager(const struct station *station)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int length =
        snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", station->root);
    ck_assert_int_lt(length, (int)sizeof address.sun_path);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
    return fd;
}

/* What it has been told since, "" when nothing: it need not be waited for. */
static const char *told(int fd, char word[64])
{
    const ssize_t size = recv(fd, word, 63, MSG_DONTWAIT);
    word[size > 0 ? size : 0] = '\0';
    return word;
}

START_TEST(test_service_manager_is_told_of_serving_and_of_ending)
{
    struct station station;
    char word[64];
    station_prepare(&station, NULL);
    const int manager = open_manager(&station);
    station_start(&station);
    ck_assert_str_eq(told(manager, word), "READY=1");
    wire_expect_serving(&station);
    station_kill_process(&station, kinds[0], SIGKILL);
    wire_expect_serving(&station);
    ck_assert_str_eq(told(manager, word), ""); /* it was ready all the time */
    station_stop(&station);
    ck_assert_str_eq(told(manager, word), "STOPPING=1");
    ck_assert_str_eq(told(manager, word), "");
    close(manager);
    station_end(&station);
}
END_TEST

START_TEST(test_service_manager_is_not_told_of_serving_by_a_refused_start)
{
    struct station first;
    struct station second;
    char word[64];
    station_begin(&first, NULL);
    station_prepare(&second, NULL);
    use_directory(&second, second.run, first.run);
    const int manager = open_manager(&second);
    ck_assert_int_eq(station_start_refused(&second), 1);
    ck_assert_str_eq(told(manager, word), "");
    close(manager);
    station_end(&first);
    station_end(&second);
}
END_TEST

/* ---- policies ---------------------------------------------------------------------------- */

static void write_config(const char *path, const char *ttl, const char *fallback)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file,
            "ttl = \"%s\"\n"
            "fallback = %s\n"
            "compartments { small = 1 large = 1 }\n",
            ttl, fallback);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_hangup_changes_policies_of_the_running_station)
{
    struct station station;
    char config[HARNESS_PATH_SIZE];
    harness_directory(config);
    rmdir(config);
    write_config(config, "7d", "off");
    station_begin(&station, "--config", config, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    EXPECT(OUTCOME_NO_SPACE, wire_deposit(&station, SIZE_SMALL, NULL));
    write_config(config, "2h", "on");
    ck_assert_int_eq(kill(station.pid, SIGHUP), 0);
    AWAIT(wire_status(&station, "ttl_ms") == 2 * 3600 * 1000);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));

    /* A mistake is named, and changes nothing. */
    write_config(config, "soon", "off");
    ck_assert_int_eq(kill(station.pid, SIGHUP), 0);
    AWAIT(station_log_has(&station, "going on with the one of before"));
    ck_assert_int_eq(wire_status(&station, "ttl_ms"), 2 * 3600 * 1000);
    wire_expect_serving(&station);
    station_end(&station);
    unlink(config);
}
END_TEST

/* ---- directories that cannot be used ----------------------------------------------------- */

START_TEST(test_unusable_directory_is_named_with_its_cause)
{
    struct station station;
    station_prepare(&station, NULL);
    use_directory(&station, station.run, "/proc/locker");
    ck_assert_int_eq(station_start_refused(&station), 1);
    ck_assert(station_log_has(&station, "/proc/locker"));
    station_end(&station);

    station_prepare(&station, NULL);
    FILE *file = fopen(station.data, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(station_start_refused(&station), 1);
    ck_assert(station_log_has(&station, station.data));
    station_end(&station);
}
END_TEST

START_TEST(test_file_where_a_socket_belongs_is_not_removed)
{
    struct station station;
    char path[HARNESS_PATH_SIZE + 16];
    station_prepare(&station, NULL);
    ck_assert_int_eq(mkdir(station.run, 0750), 0);
    snprintf(path, sizeof path, "%s/keypad.sock", station.run);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("precious", file);
    fclose(file);
    ck_assert_int_eq(station_start_refused(&station), 1);
    ck_assert(station_log_has(&station, "keypad.sock"));
    ck_assert(files_contain(path, "precious", 8));
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("lifecycle", &tests);
    tcase_add_test(tests, test_second_station_on_the_same_run_directory_is_refused);
    tcase_add_test(tests, test_second_station_on_the_same_data_directory_is_refused);
    tcase_add_test(tests, test_two_stations_of_one_name_do_not_meet);
    tcase_add_test(tests, test_killed_station_leaves_no_lock_behind);
    tcase_add_test(tests, test_nobody_else_reaches_sockets_and_key);
    tcase_add_test(tests, test_orderly_restart_keeps_everything);
    tcase_add_test(tests, test_killed_station_is_taken_over_with_every_acknowledged_code);
    tcase_add_test(tests, test_reboot_loses_nothing);
    tcase_add_test(tests, test_damaged_segment_is_not_trusted);
    tcase_add_test(tests, test_each_killed_process_is_started_again_and_nothing_is_lost);
    tcase_add_test(tests, test_killed_desk_does_not_disturb_the_others);
    tcase_add_loop_test(tests, test_clients_get_through_while_processes_are_killed, 0, (int)KINDS);
    tcase_add_test(tests, test_stopped_process_does_not_survive_the_end);
    tcase_add_test(tests, test_service_manager_is_told_of_serving_and_of_ending);
    tcase_add_test(tests, test_service_manager_is_not_told_of_serving_by_a_refused_start);
    tcase_add_test(tests, test_hangup_changes_policies_of_the_running_station);
    tcase_add_test(tests, test_unusable_directory_is_named_with_its_cause);
    tcase_add_test(tests, test_file_where_a_socket_belongs_is_not_removed);
    return harness_run(suite);
}
