/*
 * What is no ledger of this station: refused with a sentence, and left as it was.
 */
#include "ledger_cases.h"
#include "ledger_fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fixture station;

static void setup(void)
{
    fixture_create(&station, 6);
}

static void teardown(void)
{
    fixture_destroy(&station);
}

/* Opened or loaded: one of the two must refuse, and say why. */
static void expect_refused(const char *word)
{
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    ck_assert_int_lt(fixture_load(&station, station.directory, false, &loaded, &memory, why), 0);
    ck_assert_msg(strlen(why) > 20 && (!word || strstr(why, word)), "%s", why);
    free(memory);
}

START_TEST(test_a_file_that_is_no_database_is_refused_and_kept)
{
    static const char letter[] = "Dear operator, this is no database but a letter. Please keep it.";
    size_t size;
    fixture_write_file(station.directory, "ledger.db", letter, sizeof letter);
    expect_refused("ledger.db");
    uint8_t *kept = fixture_read_file(station.directory, "ledger.db", &size);
    ck_assert_uint_eq(size, sizeof letter);
    ck_assert_mem_eq(kept, letter, size);
    free(kept);
}
END_TEST

static void run_sql(const char *sql)
{
    char path[2 * HARNESS_PATH_SIZE];
    sqlite3 *database;
    snprintf(path, sizeof path, "%s/ledger.db", station.directory);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

START_TEST(test_another_programs_database_is_refused)
{
    run_sql("CREATE TABLE birds (name TEXT); INSERT INTO birds VALUES ('wren')");
    expect_refused("ledger.db");
}
END_TEST

START_TEST(test_a_ledger_of_a_newer_program_is_refused)
{
    fixture_open(&station);
    fixture_fill(&station, 5);
    ledger_close(station.ledger);
    station.ledger = NULL;
    run_sql("PRAGMA user_version = 4711");
    expect_refused(NULL);
}
END_TEST

START_TEST(test_a_ledger_of_another_station_is_refused)
{
    char why[LEDGER_WHY_SIZE];
    struct ledger *ledger;
    fixture_open(&station);
    fixture_fill(&station, 5);
    ledger_close(station.ledger);
    station.ledger = NULL;
    struct ledger_options options = fixture_options(&station, station.directory);
    options.station = "harbour";
    ck_assert_int_lt(ledger_open(&ledger, &options, why), 0);
    ck_assert_ptr_nonnull(strstr(why, "lobby"));
}
END_TEST

START_TEST(test_a_ledger_under_another_key_is_refused)
{
    fixture_open(&station);
    fixture_fill(&station, 5);
    ledger_close(station.ledger);
    station.ledger = NULL;
    station.key[0] ^= 1;
    expect_refused(NULL);
}
END_TEST

START_TEST(test_a_directory_that_is_not_there_is_named)
{
    char why[LEDGER_WHY_SIZE];
    struct ledger *ledger;
    struct ledger_options options = fixture_options(&station, "/nonexistent/ledger");
    ck_assert_int_lt(ledger_open(&ledger, &options, why), 0);
    ck_assert_ptr_nonnull(strstr(why, "/nonexistent/ledger"));
}
END_TEST

TCase *ledger_foreign_cases(void)
{
    TCase *cases = harness_case("foreign");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, test_a_file_that_is_no_database_is_refused_and_kept);
    tcase_add_test(cases, test_another_programs_database_is_refused);
    tcase_add_test(cases, test_a_ledger_of_a_newer_program_is_refused);
    tcase_add_test(cases, test_a_ledger_of_another_station_is_refused);
    tcase_add_test(cases, test_a_ledger_under_another_key_is_refused);
    tcase_add_test(cases, test_a_directory_that_is_not_there_is_named);
    return cases;
}
