/*
 * Files that are removed or replaced under an open ledger: noticed, and not forgotten.
 */
#include "dir_watch.h"
#include "ledger_cases.h"
#include "ledger_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 512

static struct fixture station;

static void setup(void)
{
    fixture_create(&station, 6);
    fixture_open(&station);
}

static void teardown(void)
{
    fixture_destroy(&station);
}

static void path_of(char path[PATH_SIZE], const char *name)
{
    snprintf(path, PATH_SIZE, "%s/%s", station.directory, name);
}

START_TEST(test_a_directory_left_alone_is_undisturbed)
{
    char path[PATH_SIZE];
    struct dir_watch watch;
    path_of(path, "file");
    dir_watch_open(&watch, station.directory);
    ck_assert_int_ge(watch.fd, 0);
    ck_assert(!dir_watch_disturbed(&watch, station.directory));
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert(dir_watch_disturbed(&watch, station.directory));
    ck_assert(!dir_watch_disturbed(&watch, station.directory));
    ck_assert_int_eq(write(file, "x", 1), 1);
    close(file);
    /* What is in the files is not its business. */
    ck_assert(!dir_watch_disturbed(&watch, station.directory));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(dir_watch_disturbed(&watch, station.directory));
    dir_watch_close(&watch);
}
END_TEST

/* Both ways of putting another directory in its place; the new one is watched then. */
START_TEST(test_another_directory_in_its_place_is_noticed)
{
    char parent[PATH_SIZE];
    char watched[PATH_SIZE];
    char other[PATH_SIZE];
    char file[PATH_SIZE + 8];
    struct dir_watch watch;
    path_of(parent, "parent");
    path_of(watched, "parent/watched");
    path_of(other, "other");
    snprintf(file, sizeof file, "%s/file", watched);
    ck_assert_int_eq(mkdir(parent, 0700), 0);
    ck_assert_int_eq(mkdir(watched, 0700), 0);
    dir_watch_open(&watch, watched);
    ck_assert_int_eq(rename(parent, other), 0); /* nothing happens in what is watched */
    ck_assert_int_eq(mkdir(parent, 0700), 0);
    ck_assert_int_eq(mkdir(watched, 0700), 0);
    ck_assert(dir_watch_disturbed(&watch, watched));
    ck_assert(!dir_watch_disturbed(&watch, watched));
    close(open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ck_assert(dir_watch_disturbed(&watch, watched));
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(rmdir(watched), 0);
    ck_assert(dir_watch_disturbed(&watch, watched));
    ck_assert(dir_watch_disturbed(&watch, watched)); /* for as long as there is none */
    dir_watch_close(&watch);
    ck_assert_int_eq(rmdir(parent), 0);
    snprintf(file, sizeof file, "%s/watched", other);
    ck_assert_int_eq(rmdir(file), 0);
    ck_assert_int_eq(rmdir(other), 0);
}
END_TEST

/* The watch tells once; the ledger must say so for as long as it is true. */
START_TEST(test_a_removed_ledger_stays_unusable_until_it_is_back)
{
    char path[PATH_SIZE];
    char elsewhere[PATH_SIZE];
    path_of(path, "ledger.db");
    path_of(elsewhere, "elsewhere");
    ck_assert_int_eq(ledger_glance(station.ledger), 0);
    ck_assert_int_eq(ledger_glance(station.ledger), 0);
    ck_assert_int_eq(rename(path, elsewhere), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_lt(ledger_glance(station.ledger), 0);
    ck_assert_int_eq(rename(elsewhere, path), 0);
    ck_assert_int_eq(ledger_glance(station.ledger), 0);
    ck_assert_int_eq(ledger_glance(station.ledger), 0);
}
END_TEST

static sqlite3 *begin_to_read(void)
{
    char path[PATH_SIZE];
    sqlite3 *reader;
    path_of(path, "ledger.db");
    ck_assert_int_eq(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM events", NULL, NULL, NULL),
                     SQLITE_OK);
    return reader;
}

/* Somebody reads and so keeps the WAL from being copied: until then ours is the only one. */
START_TEST(test_a_removed_log_is_kept_until_it_could_be_copied)
{
    char path[PATH_SIZE];
    ck_assert_int_eq(fixture_append(&station, 5), 0);
    sqlite3 *reader = begin_to_read();
    ck_assert_int_eq(fixture_append(&station, 5), 0);
    path_of(path, "ledger.db-wal");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_lt(ledger_glance(station.ledger), 0);
    ck_assert_int_eq(sqlite3_close(reader), SQLITE_OK);
    ck_assert_int_eq(ledger_glance(station.ledger), 0);
    ck_assert_int_eq(fixture_append(&station, 1), 0);
    struct ledger_end end;
    char why[LEDGER_WHY_SIZE];
    ledger_close(station.ledger);
    fixture_open(&station);
    ck_assert_int_eq(ledger_end(station.ledger, station.boot_id, &end, why), 0);
    ck_assert_uint_eq(end.sequence, 11);
}
END_TEST

TCase *ledger_watch_cases(void)
{
    TCase *tests = harness_case("watch");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_a_directory_left_alone_is_undisturbed);
    tcase_add_test(tests, test_another_directory_in_its_place_is_noticed);
    tcase_add_test(tests, test_a_removed_ledger_stays_unusable_until_it_is_back);
    tcase_add_test(tests, test_a_removed_log_is_kept_until_it_could_be_copied);
    return tests;
}
