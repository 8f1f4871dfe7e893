/*
 * Files that are removed or replaced under an open ledger: noticed, and not forgotten.
 */
#include "dir_watch.h"
#include "ledger_cases.h"
#include "ledger_fixture.h"

#include <fcntl.h>
#include <stdio.h>
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
    path_of(path, "file");
    const int fd = dir_watch_open(station.directory);
    ck_assert_int_ge(fd, 0);
    ck_assert(!dir_watch_disturbed(fd));
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert(dir_watch_disturbed(fd));
    ck_assert(!dir_watch_disturbed(fd));
    ck_assert_int_eq(write(file, "x", 1), 1);
    close(file);
    ck_assert(!dir_watch_disturbed(fd)); /* what is in the files is not its business */
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(dir_watch_disturbed(fd));
    close(fd);
}
END_TEST

START_TEST(test_without_a_watch_everything_is_disturbed)
{
    ck_assert_int_lt(dir_watch_open("/nowhere/at/all"), 0);
    ck_assert(dir_watch_disturbed(-1));
    ck_assert(dir_watch_disturbed(-1));
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

TCase *ledger_watch_cases(void)
{
    TCase *tests = tcase_create("watch");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_a_directory_left_alone_is_undisturbed);
    tcase_add_test(tests, test_without_a_watch_everything_is_disturbed);
    tcase_add_test(tests, test_a_removed_ledger_stays_unusable_until_it_is_back);
    return tests;
}
