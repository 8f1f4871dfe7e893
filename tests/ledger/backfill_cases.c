/*
 * The backfill: the WAL stays short without a commit that waits for it, and nothing is lost by it.
 */
#include "ledger_cases.h"
#include "ledger_fixture.h"
#include "support/harness.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_SIZE (HARNESS_PATH_SIZE + 32)

/* A batch of one event writes a frame or two of 4 kB: some 87 MB in MANY. On a busy machine the
 * thread gets its turn late, and the WAL is longer than on an idle one. */
#define SHORT_BYTES 12000000
#define MANY        20000

static struct fixture station;

static void setup(void)
{
    fixture_create(&station, 12);
    fixture_open(&station);
}

static void teardown(void)
{
    fixture_destroy(&station);
}

static void append_batches(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ck_assert_int_eq(fixture_append(&station, 1), 0);
        ledger_tend(station.ledger);
    }
}

static int64_t wal_bytes(void)
{
    char path[PATH_SIZE];
    struct stat status;
    snprintf(path, sizeof path, "%s/ledger.db-wal", station.directory);
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_size;
}

/* What stands in the directory is what was appended. */
static void expect_all_there(void)
{
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE] = "";
    ledger_close(station.ledger);
    station.ledger = NULL;
    ck_assert_msg(fixture_load(&station, station.directory, false, &loaded, &memory, why) == 0,
                  "%s", why);
    fixture_assert_same(&station.locker, &loaded);
    free(memory);
}

START_TEST(test_the_wal_stays_short)
{
    append_batches(MANY);
    ck_assert_int_lt(wal_bytes(), SHORT_BYTES);
    expect_all_there();
}
END_TEST

static sqlite3 *begin_reading(int64_t *rows)
{
    char path[PATH_SIZE];
    sqlite3 *reader;
    sqlite3_stmt *count;
    snprintf(path, sizeof path, "%s/ledger.db", station.directory);
    ck_assert_int_eq(sqlite3_open(path, &reader), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(reader, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(reader, "SELECT count(*) FROM events", -1, &count, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(count), SQLITE_ROW);
    *rows = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    return reader;
}

/* A reader keeps the WAL from being begun anew for as long as it reads, and no longer. */
START_TEST(test_a_long_reader_holds_it_up_only_while_it_reads)
{
    int64_t rows;
    append_batches(MANY / 10);
    sqlite3 *reader = begin_reading(&rows);
    ck_assert_int_eq(rows, (int64_t)locker_sequence(&station.locker));
    append_batches(MANY / 10);
    const int64_t bytes = wal_bytes();
    sqlite3_close(reader);
    append_batches(MANY);
    ck_assert_int_lt(wal_bytes(), bytes + SHORT_BYTES);
    expect_all_there();
}
END_TEST

/* The database cannot be opened a second time: then it is done as SQLite itself does it. */
START_TEST(test_without_a_second_connection_the_writer_copies)
{
    char path[PATH_SIZE];
    char aside[PATH_SIZE + 8];
    snprintf(path, sizeof path, "%s/ledger.db", station.directory);
    snprintf(aside, sizeof aside, "%s.aside", path);
    ck_assert_int_eq(rename(path, aside), 0);
    append_batches(MANY);
    ck_assert_int_lt(wal_bytes(), SHORT_BYTES);
    ck_assert_int_eq(rename(aside, path), 0);
    expect_all_there();
}
END_TEST

/* Closed at any moment of it, the thread is waited for, and nothing is missing. */
START_TEST(test_closing_in_the_middle_loses_nothing)
{
    append_batches(480 + 10 * (unsigned)_i);
    expect_all_there();
}
END_TEST

TCase *ledger_backfill_cases(void)
{
    TCase *cases = harness_case("backfill");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, test_the_wal_stays_short);
    tcase_add_test(cases, test_a_long_reader_holds_it_up_only_while_it_reads);
    tcase_add_test(cases, test_without_a_second_connection_the_writer_copies);
    tcase_add_loop_test(cases, test_closing_in_the_middle_loses_nothing, 0, 12);
    return cases;
}
