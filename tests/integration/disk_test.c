/*
 * The disk: what is acknowledged is on it; when it is full nothing is; when it lied, the station
 * refuses to start rather than forget somebody's parcel.
 */
#include "support/files.h"
#include "support/patience.h"
#include "support/wire.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a full disk, as RLIMIT_FSIZE makes it ----------------------------------------------- */

/* Room for the beginnings of a ledger; the write-ahead log is what reaches it. */
#define FILE_BYTES_MAX (160 * 1024)

/* Of the keeper, and of the supervisor whose limits its successors inherit. */
static void limit_files(const struct station *station, rlim_t bytes)
{
    const struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};
    ck_assert_int_eq(prlimit(station->pid, RLIMIT_FSIZE, &limit, NULL), 0);
    ck_assert_int_eq(prlimit(station_process(station, "keeper"), RLIMIT_FSIZE, &limit, NULL), 0);
}

/* A station with one parcel inside and no room for more changes. */
static void begin_and_fill(struct station *station, struct ticket *safe)
{
    station_begin(station, NULL);
    limit_files(station, FILE_BYTES_MAX);
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_MEDIUM, safe));
    ck_assert_msg(wire_work_until_full(station), "the limit was never reached");
}

static bool takes_again(struct station *station, const struct request *request)
{
    return wire_try(station, ROLE_DRIVER, request) == OUTCOME_OK;
}

START_TEST(test_full_disk_acknowledges_nothing_and_a_retry_finds_it)
{
    struct station station;
    struct ticket safe;
    struct ticket late;
    struct request deposit = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_LARGE};
    begin_and_fill(&station, &safe);
    wire_set_id(&deposit, 77);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    /* What needs no disk is answered as ever. */
    wire_expect_serving(&station);
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, ""));
    ck_assert_int_ge(wire_free(&station, SIZE_LARGE), 1);

    limit_files(&station, RLIM_INFINITY);
    AWAIT(takes_again(&station, &deposit));
    struct value *reply = wire_ask(&station, ROLE_DRIVER, &deposit);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    wire_ticket(reply, &late);
    value_free(reply);
    wire_expect_pickup(&station, &safe);
    station_stop(&station);
    station_start(&station);
    wire_expect_pickup(&station, &late);
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 2);
    station_end(&station);
}
END_TEST

START_TEST(test_guesses_are_limited_with_a_full_disk)
{
    struct station station;
    struct ticket safe;
    char code[CODE_SIZE];
    enum outcome outcome = OUTCOME_OK;
    int wrong = 0;
    begin_and_fill(&station, &safe);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_pickup(&station, safe.code));
    for (int i = 0; i < 300 && outcome != OUTCOME_TRY_LATER; i++) {
        snprintf(code, sizeof code, "%06d", i);
        outcome = strcmp(code, safe.code) == 0 ? OUTCOME_OK : wire_pickup(&station, code);
        wrong += outcome == OUTCOME_INVALID_CODE;
    }
    EXPECT(OUTCOME_TRY_LATER, outcome);
    ck_assert_int_ge(wrong, 30);
    limit_files(&station, RLIM_INFINITY);
    station_end(&station);
}
END_TEST

START_TEST(test_station_killed_with_a_full_disk_has_every_acknowledged_code)
{
    struct station station;
    struct ticket safe;
    begin_and_fill(&station, &safe);
    station_kill(&station);
    station_start(&station);
    wire_expect_pickup(&station, &safe);
    ck_assert_int_eq(wire_status(&station, "sequence"), wire_status(&station, "durable_sequence"));
    station_end(&station);
}
END_TEST

START_TEST(test_station_ended_with_a_full_disk_does_not_hang)
{
    struct station station;
    struct ticket safe;
    begin_and_fill(&station, &safe);
    /* Shared memory may stay: it has what the disk would not take. */
    ck_assert_int_eq(kill(station.pid, SIGTERM), 0);
    station_await_end(&station);
    station_start(&station);
    wire_expect_pickup(&station, &safe);
    station_end(&station);
}
END_TEST

/* ---- what stands there, damaged ---------------------------------------------------------- */

#define ROWS 40

static const char marker[] = "paint is wet, says Ada";

/* A stopped station with so many rows in its ledger. */
static void begin_with_rows(struct station *station, struct ticket *ticket)
{
    station_begin(station, NULL);
    for (int i = 0; i < ROWS / 2; i++) {
        EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, ticket));
        wire_expect_pickup(station, ticket);
    }
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_LARGE, ticket));
    EXPECT(OUTCOME_OK, wire_service(station, "S04", false, marker));
    station_stop(station);
}

/* Where the marker stands in the ledger's file. */
static off_t find_old_row(const char *ledger)
{
    size_t size;
    char *bytes = files_read(ledger, &size);
    const char *at = memmem(bytes, size, marker, strlen(marker));
    ck_assert_ptr_nonnull(at);
    const off_t offset = at - bytes;
    free(bytes);
    return offset;
}

static void expect_refused(struct station *station, const char *word)
{
    /* Twice: it is not mended by trying. */
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(station_start_refused(station), 1);
    ck_assert_msg(station_log_has(station, word), "the log says nothing of \"%s\"", word);
    ck_assert_msg(!files_exist(station->segment), "shared memory is left");
}

START_TEST(test_flipped_bit_in_an_old_row_refuses_the_start)
{
    struct station station;
    struct ticket ticket;
    char ledger[HARNESS_PATH_SIZE];
    begin_with_rows(&station, &ticket);
    station_data_path(&station, "ledger.db", ledger);
    const off_t offset = find_old_row(ledger);
    files_flip_bit(ledger, offset);
    expect_refused(&station, "ledger.db");
    files_flip_bit(ledger, offset);
    station_start(&station);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_row_taken_out_of_the_ledger_refuses_the_start)
{
    struct station station;
    struct ticket ticket;
    char ledger[HARNESS_PATH_SIZE];
    sqlite3 *database;
    begin_with_rows(&station, &ticket);
    station_data_path(&station, "ledger.db", ledger);
    ck_assert_int_eq(sqlite3_open(ledger, &database), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(database, "DELETE FROM events WHERE sequence = 7", NULL, NULL, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
    expect_refused(&station, "ledger.db");
    station_end(&station);
}
END_TEST

START_TEST(test_lost_end_of_the_write_ahead_log_refuses_the_start)
{
    struct station station;
    struct ticket ticket;
    char wal[HARNESS_PATH_SIZE];
    char segment[HARNESS_PATH_SIZE];
    struct stat status;
    station_begin(&station, NULL);
    for (int i = 0; i < ROWS / 2; i++) {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        wire_expect_pickup(&station, &ticket);
    }
    station_kill(&station);
    station_segment_path(&station, segment);
    ck_assert_int_eq(unlink(segment), 0);
    station_data_path(&station, "ledger.db-wal", wal);
    ck_assert_int_eq(stat(wal, &status), 0);
    ck_assert_int_eq(truncate(wal, status.st_size / 2), 0);
    expect_refused(&station, "ledger.db");
    station_end(&station);
}
END_TEST

START_TEST(test_missing_ledger_or_key_refuses_the_start)
{
    static const char *const files[] = {"ledger.db", "station.key"};
    struct station station;
    struct ticket ticket;
    char path[HARNESS_PATH_SIZE];
    char aside[HARNESS_PATH_SIZE];
    begin_with_rows(&station, &ticket);
    station_data_path(&station, "aside", aside);
    for (size_t i = 0; i < 2; i++) {
        station_data_path(&station, files[i], path);
        ck_assert_int_eq(rename(path, aside), 0);
        expect_refused(&station, files[i]);
        ck_assert_msg(!files_exist(path), "%s was made anew", files[i]);
        ck_assert_int_eq(rename(aside, path), 0);
    }
    station_start(&station);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_damaged_checkpoint_is_not_fatal)
{
    struct station station;
    struct ticket ticket;
    char checkpoint[HARNESS_PATH_SIZE];
    begin_with_rows(&station, &ticket);
    station_data_path(&station, "checkpoint", checkpoint);
    files_flip_bit(checkpoint, 100);
    station_start(&station);
    wire_expect_pickup(&station, &ticket);
    ck_assert_int_eq(wire_status(&station, "occupied"), 0);
    station_end(&station);
}
END_TEST

START_TEST(test_key_that_others_can_read_refuses_the_start)
{
    struct station station;
    struct ticket ticket;
    char key[HARNESS_PATH_SIZE];
    begin_with_rows(&station, &ticket);
    station_data_path(&station, "station.key", key);
    ck_assert_int_eq(chmod(key, 0644), 0);
    expect_refused(&station, "station.key");
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("disk", &tests);
    tcase_add_test(tests, test_full_disk_acknowledges_nothing_and_a_retry_finds_it);
    tcase_add_test(tests, test_guesses_are_limited_with_a_full_disk);
    tcase_add_test(tests, test_station_killed_with_a_full_disk_has_every_acknowledged_code);
    tcase_add_test(tests, test_station_ended_with_a_full_disk_does_not_hang);
    tcase_add_test(tests, test_flipped_bit_in_an_old_row_refuses_the_start);
    tcase_add_test(tests, test_row_taken_out_of_the_ledger_refuses_the_start);
    tcase_add_test(tests, test_lost_end_of_the_write_ahead_log_refuses_the_start);
    tcase_add_test(tests, test_missing_ledger_or_key_refuses_the_start);
    tcase_add_test(tests, test_damaged_checkpoint_is_not_fatal);
    tcase_add_test(tests, test_key_that_others_can_read_refuses_the_start);
    return harness_run(suite);
}
