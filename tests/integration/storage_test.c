/*
 * Storage that goes away and comes back while the station works: somebody's open write transaction,
 * a sqlite3 shell perhaps, keeps the ledger busy; or somebody removes its files.
 */
#include "support/files.h"
#include "support/patience.h"
#include "support/wire.h"

#include <check.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static sqlite3 *shell;

/* From now on the ledger takes nothing. */
static void take_storage_away(const struct station *station)
{
    char path[HARNESS_PATH_SIZE];
    station_data_path(station, "ledger.db", path);
    ck_assert_int_eq(sqlite3_open_v2(path, &shell, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(shell, 10000);
    ck_assert_int_eq(sqlite3_exec(shell, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void give_storage_back(void)
{
    ck_assert_int_eq(sqlite3_exec(shell, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(shell), SQLITE_OK);
}

static bool takes(struct station *station, const struct request *request)
{
    return wire_try(station, ROLE_DRIVER, request) == OUTCOME_OK;
}

static struct request large_deposit(uint64_t id)
{
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_LARGE};
    wire_set_id(&request, id);
    return request;
}

START_TEST(test_busy_ledger_acknowledges_nothing_and_a_retry_finds_the_change)
{
    struct station station;
    struct ticket safe;
    struct ticket late;
    const struct request deposit = large_deposit(1);
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &safe));
    take_storage_away(&station);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_pickup(&station, safe.code));
    wire_expect_serving(&station);
    give_storage_back();
    AWAIT(takes(&station, &deposit));
    struct value *reply = wire_ask(&station, ROLE_DRIVER, &deposit);
    wire_ticket(reply, &late);
    value_free(reply);
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 1); /* one, however often it was asked for */
    wire_expect_pickup(&station, &late);
    wire_expect_pickup(&station, &safe);
    station_end(&station);
}
END_TEST

/* A pickup that was recorded before anybody knew that it cannot be stored. */
START_TEST(test_pickup_asked_for_again_under_its_id_opens_the_door)
{
    struct station station;
    struct ticket ticket;
    struct request pickup = {.operation = OP_PICKUP};
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    snprintf(pickup.code, sizeof pickup.code, "%s", ticket.code);
    wire_set_id(&pickup, 2);
    take_storage_away(&station);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_KEYPAD, &pickup));
    give_storage_back();
    AWAIT(wire_try(&station, ROLE_KEYPAD, &pickup) == OUTCOME_OK);
    /* Under another id it is not: who forgets the id is told that the code was used. */
    EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, ticket.code));
    station_end(&station);
}
END_TEST

static int64_t processor_ms(pid_t pid)
{
    clockid_t clock;
    struct timespec spent;
    ck_assert_int_eq(clock_getcpuclockid(pid, &clock), 0);
    ck_assert_int_eq(clock_gettime(clock, &spent), 0);
    return (int64_t)spent.tv_sec * 1000 + spent.tv_nsec / 1000000;
}

/* A code that is due and cannot expire is no reason to try without a pause: tries come a second
 * apart, and a busy machine only makes the keeper slower. */
START_TEST(test_keeper_sleeps_while_nothing_can_be_stored)
{
    struct station station;
    const struct request deposit = large_deposit(7);
    station_begin(&station, "--ttl", "100ms", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    take_storage_away(&station);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    const pid_t keeper = station_process(&station, "keeper");
    const int64_t due_ms = patience_clock_ms() + 100;
    AWAIT(patience_clock_ms() > due_ms);
    const int64_t before_ms = processor_ms(keeper);
    AWAIT(patience_clock_ms() > due_ms + 600);
    ck_assert_int_lt(processor_ms(keeper) - before_ms, 300);
    give_storage_back();
    AWAIT(takes(&station, &deposit));
    station_end(&station);
}
END_TEST

START_TEST(test_processes_that_die_while_storage_is_away_are_no_worse)
{
    static const char *const kinds[] = {"keeper", "driver desk"};
    struct station station;
    const struct request deposit = large_deposit(3);
    station_begin(&station, NULL);
    take_storage_away(&station);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    station_kill_process(&station, kinds[_i], SIGKILL);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    give_storage_back();
    AWAIT(takes(&station, &deposit));
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 1);
    station_end(&station);
}
END_TEST

/* Whoever stops a station is told what a reboot would lose. */
START_TEST(test_end_that_leaves_changes_behind_is_no_success)
{
    struct station station;
    const struct request deposit = large_deposit(4);
    station_begin(&station, NULL);
    take_storage_away(&station);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    ck_assert_int_eq(kill(station.pid, SIGTERM), 0);
    const int status = station_await_end(&station);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "wait status %#x",
                  (unsigned)status);
    ck_assert(station_log_has(&station, "could not be written to the ledger"));
    give_storage_back();
    station_start(&station);
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 1);
    EXPECT(OUTCOME_OK, wire_try(&station, ROLE_DRIVER, &deposit));
    station_end(&station);
}
END_TEST

/* ---- files that somebody removes --------------------------------------------------------- */

static void move_file(const struct station *station, const char *from, const char *to)
{
    char here[HARNESS_PATH_SIZE];
    char there[HARNESS_PATH_SIZE];
    station_data_path(station, from, here);
    station_data_path(station, to, there);
    ck_assert_int_eq(rename(here, there), 0);
}

static void remove_file(const struct station *station, const char *name)
{
    char path[HARNESS_PATH_SIZE];
    station_data_path(station, name, path);
    ck_assert_int_eq(unlink(path), 0);
}

START_TEST(test_removed_ledger_acknowledges_nothing_and_the_next_start_is_refused)
{
    struct station station;
    struct ticket ticket;
    const struct request deposit = large_deposit(5);
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    remove_file(&station, "ledger.db");
    remove_file(&station, "ledger.db-wal");
    remove_file(&station, "ledger.db-shm");
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_pickup(&station, ticket.code));
    ck_assert(station_log_has(&station, "ALARM"));
    station_kill_process(&station, "keeper", SIGKILL);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    ck_assert_int_eq(kill(station.pid, SIGTERM), 0);
    ck_assert_int_ne(station_await_end(&station), 0);
    ck_assert_int_eq(station_start_refused(&station), 1);
    station_segment_path(&station, station.segment);
    ck_assert_int_eq(unlink(station.segment), 0);
    station_end(&station);
}
END_TEST

/* Nothing of a ledger is left: no other one is begun under a running station. */
START_TEST(test_emptied_data_directory_is_no_new_ledger)
{
    static const char *const names[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm", "mark"};
    struct station station;
    const struct request deposit = large_deposit(6);
    char path[HARNESS_PATH_SIZE];
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    const pid_t keeper = station_process(&station, "keeper");
    ck_assert_int_eq(kill(keeper, SIGSTOP), 0); /* else it may make a new mark */
    for (size_t i = 0; i < 4; i++)
        remove_file(&station, names[i]);
    station_kill_process(&station, "keeper", SIGKILL);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    station_data_path(&station, "ledger.db", path);
    ck_assert(!files_exist(path));
    station_kill(&station);
    station_segment_path(&station, station.segment);
    ck_assert_int_eq(unlink(station.segment), 0);
    station_end(&station);
}
END_TEST

START_TEST(test_ledger_that_is_back_is_used_again)
{
    struct station station;
    struct ticket ticket;
    const struct request deposit = large_deposit(7);
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    move_file(&station, "ledger.db", "away");
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    move_file(&station, "away", "ledger.db");
    AWAIT(takes(&station, &deposit));
    wire_expect_pickup(&station, &ticket);
    station_stop(&station);
    station_start(&station);
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 1);
    station_end(&station);
}
END_TEST

/* What was in the log is rescued: the station that is killed, and its memory lost, has it all. */
START_TEST(test_removed_log_and_mark_lose_nothing)
{
    struct station station;
    struct ticket ticket;
    char segment[HARNESS_PATH_SIZE];
    const struct request deposit = large_deposit(8);
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    remove_file(&station, "ledger.db-wal");
    remove_file(&station, "ledger.db-shm");
    remove_file(&station, "mark");
    AWAIT(takes(&station, &deposit));
    ck_assert(station_log_has(&station, "ALARM"));
    station_kill(&station);
    station_segment_path(&station, segment);
    ck_assert_int_eq(unlink(segment), 0); /* as a power cut does */
    station_start(&station);
    ck_assert(!station_log_has(&station, "mark is missing"));
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 1);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

/* An older copy is not taken for the ledger. */
START_TEST(test_replaced_ledger_is_not_written_to)
{
    struct station station;
    const struct request deposit = large_deposit(9);
    char old[HARNESS_PATH_SIZE];
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    station_stop(&station);
    snprintf(old, sizeof old, "%.*s/old", HARNESS_PATH_SIZE - 8, station.root);
    files_copy_directory(station.data, old);
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    remove_file(&station, "ledger.db-wal");
    move_file(&station, "../old/ledger.db", "ledger.db");
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    station_kill_process(&station, "keeper", SIGKILL);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    station_kill(&station);
    station_segment_path(&station, station.segment);
    ck_assert_int_eq(unlink(station.segment), 0);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("storage", &tests);
    tcase_add_test(tests, test_busy_ledger_acknowledges_nothing_and_a_retry_finds_the_change);
    tcase_add_test(tests, test_pickup_asked_for_again_under_its_id_opens_the_door);
    tcase_add_loop_test(tests, test_processes_that_die_while_storage_is_away_are_no_worse, 0, 2);
    tcase_add_test(tests, test_end_that_leaves_changes_behind_is_no_success);
    tcase_add_test(tests, test_keeper_sleeps_while_nothing_can_be_stored);
    tcase_add_test(tests, test_removed_ledger_acknowledges_nothing_and_the_next_start_is_refused);
    tcase_add_test(tests, test_emptied_data_directory_is_no_new_ledger);
    tcase_add_test(tests, test_ledger_that_is_back_is_used_again);
    tcase_add_test(tests, test_removed_log_and_mark_lose_nothing);
    tcase_add_test(tests, test_replaced_ledger_is_not_written_to);
    return harness_run(suite);
}
