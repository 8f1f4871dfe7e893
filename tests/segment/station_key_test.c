/*
 * The station key's file: made once, kept to its owner, never replaced.
 */
#include "files.h"
#include "harness.h"
#include "station_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHY_SIZE 512

static char directory[HARNESS_PATH_SIZE];
static char path[HARNESS_PATH_SIZE + 16];
static char why[WHY_SIZE];
static uint8_t key[STATION_KEY_SIZE];

static void setup(void)
{
    harness_directory(directory);
    snprintf(path, sizeof path, "%s/station.key", directory);
    why[0] = '\0';
}

static void teardown(void)
{
    files_remove_tree(directory);
}

static int load(int may_create)
{
    return station_key_load(directory, may_create, key, why, sizeof why);
}

static void put(const char *bytes, size_t size, mode_t mode)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

/* Refused with these words, and left as it was. */
static void expect_refused(int error, const char *words)
{
    struct stat before;
    struct stat after;
    ck_assert_int_eq(lstat(path, &before), 0);
    for (int may_create = 0; may_create <= 1; may_create++) {
        why[0] = '\0';
        ck_assert_int_eq(load(may_create), error);
        ck_assert_msg(strstr(why, words) != NULL, "%s", why);
        ck_assert_msg(strstr(why, path) != NULL, "%s", why);
    }
    ck_assert_int_eq(lstat(path, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    ck_assert_int_eq(before.st_size, after.st_size);
    ck_assert_uint_eq(before.st_mode, after.st_mode);
}

START_TEST(test_a_key_is_made_once_and_read_ever_after)
{
    uint8_t first[STATION_KEY_SIZE];
    struct stat status;
    ck_assert_msg(load(1) == 0, "%s", why);
    memcpy(first, key, sizeof first);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(status.st_size, STATION_KEY_SIZE);
    ck_assert_uint_eq(status.st_nlink, 1);
    ck_assert_int_eq(files_count(directory), 1);
    for (int may_create = 0; may_create <= 1; may_create++) {
        memset(key, 0, sizeof key);
        ck_assert_int_eq(load(may_create), 0);
        ck_assert_mem_eq(key, first, sizeof key);
    }
}
END_TEST

START_TEST(test_two_stations_have_two_keys)
{
    uint8_t first[STATION_KEY_SIZE];
    ck_assert_int_eq(load(1), 0);
    memcpy(first, key, sizeof first);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(load(1), 0);
    ck_assert_mem_ne(key, first, sizeof key);
}
END_TEST

START_TEST(test_none_is_made_without_leave)
{
    ck_assert_int_eq(load(0), -ENOENT);
    ck_assert_msg(strstr(why, path) != NULL, "%s", why);
    ck_assert_int_eq(files_count(directory), 0);
}
END_TEST

START_TEST(test_a_key_half_made_by_a_power_cut_is_no_hindrance)
{
    char fresh[HARNESS_PATH_SIZE + 32];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    put("half", 4, 0600);
    ck_assert_int_eq(rename(path, fresh), 0);
    ck_assert_msg(load(1) == 0, "%s", why);
    ck_assert_int_eq(files_count(directory), 1);
}
END_TEST

START_TEST(test_a_key_of_the_wrong_size_is_refused)
{
    char bytes[STATION_KEY_SIZE + 1] = {0};
    put(bytes, 0, 0600);
    expect_refused(-EBADMSG, "32 bytes");
    put(bytes, STATION_KEY_SIZE - 1, 0600);
    expect_refused(-EBADMSG, "32 bytes");
    put(bytes, STATION_KEY_SIZE + 1, 0600);
    expect_refused(-EBADMSG, "32 bytes");
}
END_TEST

START_TEST(test_a_key_that_others_can_read_is_refused)
{
    const char bytes[STATION_KEY_SIZE] = {1};
    put(bytes, sizeof bytes, 0640);
    expect_refused(-EPERM, "chmod 600");
    put(bytes, sizeof bytes, 0604);
    expect_refused(-EPERM, "chmod 600");
    put(bytes, sizeof bytes, 0400);
    ck_assert_msg(load(0) == 0, "%s", why);
}
END_TEST

START_TEST(test_a_key_of_another_user_is_refused)
{
    const char bytes[STATION_KEY_SIZE] = {1};
    put(bytes, sizeof bytes, 0600);
    if (geteuid() != 0)
        return; /* only root can give a file away */
    ck_assert_int_eq(chown(path, 65534, (gid_t)-1), 0);
    expect_refused(-EPERM, "another user");
}
END_TEST

START_TEST(test_what_is_no_file_is_refused)
{
    ck_assert_int_eq(symlink("/dev/zero", path), 0);
    expect_refused(-ELOOP, "cannot open");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* and nobody waits for its writer */
    expect_refused(-EBADMSG, "32 bytes");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    expect_refused(-EBADMSG, "32 bytes");
}
END_TEST

START_TEST(test_a_key_that_cannot_be_made_is_explained)
{
    ck_assert_int_eq(station_key_load("/proc/self/fdinfo", 1, key, why, sizeof why) < 0, 1);
    ck_assert_msg(strstr(why, "cannot make the station key") != NULL, "%s", why);
    ck_assert_int_eq(station_key_load("/nowhere at all", 0, key, why, sizeof why), -ENOENT);
}
END_TEST

START_TEST(test_the_derived_keys_are_of_one_key_and_apart)
{
    const uint8_t zero[STATION_KEY_SIZE] = {0};
    const uint8_t one[STATION_KEY_SIZE] = {1};
    struct station_keys a;
    struct station_keys b;
    struct station_keys again;
    station_keys_derive(zero, &a);
    station_keys_derive(zero, &again);
    station_keys_derive(one, &b);
    ck_assert_mem_eq(&a, &again, sizeof a);
    ck_assert_mem_ne(a.code_hash, b.code_hash, sizeof a.code_hash);
    ck_assert_mem_ne(a.code_derive, b.code_derive, sizeof a.code_derive);
    ck_assert_mem_ne(a.request, b.request, sizeof a.request);
    ck_assert_mem_ne(a.ledger, b.ledger, sizeof a.ledger);
    ck_assert_mem_ne(a.code_hash, a.ledger, sizeof a.ledger);
    ck_assert_mem_ne(a.code_derive, a.request, sizeof a.request);
    ck_assert_mem_ne(a.code_hash, a.code_derive, sizeof a.code_derive);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("station_key", &tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_a_key_is_made_once_and_read_ever_after);
    tcase_add_test(tests, test_two_stations_have_two_keys);
    tcase_add_test(tests, test_none_is_made_without_leave);
    tcase_add_test(tests, test_a_key_half_made_by_a_power_cut_is_no_hindrance);
    tcase_add_test(tests, test_a_key_of_the_wrong_size_is_refused);
    tcase_add_test(tests, test_a_key_that_others_can_read_is_refused);
    tcase_add_test(tests, test_a_key_of_another_user_is_refused);
    tcase_add_test(tests, test_what_is_no_file_is_refused);
    tcase_add_test(tests, test_a_key_that_cannot_be_made_is_explained);
    tcase_add_test(tests, test_the_derived_keys_are_of_one_key_and_apart);
    return harness_run(suite);
}
