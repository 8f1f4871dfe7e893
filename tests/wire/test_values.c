/*
 * The values both ends share: names, durations, and where the sockets are.
 */
#include "cancel_reason.h"
#include "duration.h"
#include "endpoint.h"
#include "operation.h"
#include "outcome.h"
#include "size.h"
#include "support/harness.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- names -------------------------------------------------------------------------------- */

START_TEST(test_every_name_is_read_back_as_itself)
{
    for (unsigned i = 0; i < OPERATION_COUNT; i++) {
        enum operation operation;
        ck_assert_int_eq(operation_from_name(operation_name((enum operation)i), &operation), 0);
        ck_assert_uint_eq(operation, i);
    }
    for (unsigned i = 0; i < SIZE_COUNT; i++) {
        enum parcel_size size;
        ck_assert_int_eq(size_from_name(size_name((enum parcel_size)i), &size), 0);
        ck_assert_uint_eq(size, i);
    }
    for (unsigned i = 0; i < CANCEL_REASON_COUNT; i++) {
        enum cancel_reason reason;
        ck_assert_int_eq(
            cancel_reason_from_name(cancel_reason_name((enum cancel_reason)i), &reason), 0);
        ck_assert_uint_eq(reason, i);
    }
}
END_TEST

START_TEST(test_no_other_name_is_read)
{
    static const char *const names[] = {"", " ", "Ping", "ping ", "pin", "pings", "ok", "SMALL"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum operation operation;
        enum parcel_size size;
        enum cancel_reason reason;
        ck_assert_int_eq(operation_from_name(names[i], &operation), -EINVAL);
        ck_assert_int_eq(size_from_name(names[i], &size), -EINVAL);
        ck_assert_int_eq(cancel_reason_from_name(names[i], &reason), -EINVAL);
    }
}
END_TEST

START_TEST(test_each_endpoint_offers_its_operations)
{
    static const char *const offered[ROLE_COUNT] = {
        [ROLE_DRIVER] = " ping deposit cancel availability expired collect ",
        [ROLE_KEYPAD] = " ping pickup ",
        [ROLE_OPERATOR] = (" ping status compartments availability expired collect service "
                           "release reissue extend history sweep clock "),
    };
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        for (unsigned i = 0; i < OPERATION_COUNT; i++) {
            char word[32];
            snprintf(word, sizeof word, " %s ", operation_name((enum operation)i));
            ck_assert_msg(operation_allowed((enum operation)i, (enum role)role) ==
                              (strstr(offered[role], word) != NULL),
                          "%s at %s", word, role_name((enum role)role));
        }
    }
}
END_TEST

START_TEST(test_every_outcome_has_a_name_and_a_sentence_of_its_own)
{
    for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
        ck_assert_uint_gt(strlen(outcome_name((enum outcome)i)), 0);
        ck_assert_uint_gt(strlen(outcome_message((enum outcome)i)), 0);
        for (unsigned other = 0; other < i; other++) {
            ck_assert_str_ne(outcome_name((enum outcome)i), outcome_name((enum outcome)other));
            ck_assert_str_ne(outcome_message((enum outcome)i),
                             outcome_message((enum outcome)other));
        }
    }
}
END_TEST

START_TEST(test_a_broken_door_and_a_forgotten_parcel_blame_the_compartment)
{
    ck_assert(cancel_reason_blames_compartment(CANCEL_DOOR_BROKEN));
    ck_assert(cancel_reason_blames_compartment(CANCEL_OCCUPIED));
    ck_assert(!cancel_reason_blames_compartment(CANCEL_OTHER));
    ck_assert(!cancel_reason_blames_compartment(CANCEL_DOES_NOT_FIT));
}
END_TEST

/* ---- durations ---------------------------------------------------------------------------- */

static const struct {
    const char *text;
    int error;
    int64_t ms;
} durations[] = {
    {"0", 0, 0},
    {"0s", 0, 0},
    {"1ms", 0, 1},
    {"1500ms", 0, 1500},
    {"90s", 0, 90000},
    {"90m", 0, 5400000},
    {"24h", 0, 86400000},
    {"7d", 0, 604800000},
    {"36525d", 0, INT64_C(36525) * 86400000},
    {"36526d", -ERANGE, 0},
    {"876601h", -ERANGE, 0},
    {"99999999999999999999999999d", -ERANGE, 0},
    {"", -EINVAL, 0},
    {"7", -EINVAL, 0},
    {"d", -EINVAL, 0},
    {"-7d", -EINVAL, 0},
    {"+7d", -EINVAL, 0},
    {"7 d", -EINVAL, 0},
    {" 7d", -EINVAL, 0},
    {"7d ", -EINVAL, 0},
    {"7D", -EINVAL, 0},
    {"1.5h", -EINVAL, 0},
    {"1h30m", -EINVAL, 0},
    {"7w", -EINVAL, 0},
};

START_TEST(test_durations_are_read_with_their_unit)
{
    int64_t ms = 0;
    ck_assert_msg(duration_parse(durations[_i].text, &ms) == durations[_i].error, "\"%s\"",
                  durations[_i].text);
    ck_assert_int_eq(ms, durations[_i].ms);
}
END_TEST

START_TEST(test_durations_are_written_in_the_largest_whole_unit)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0ms"},       {1, "1ms"},        {1500, "1500ms"},
                 {60000, "1m"},    {90000, "90s"},    {5400000, "90m"},
                 {86400000, "1d"}, {90000000, "25h"}, {604800000, "7d"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[24];
        int64_t again;
        ck_assert_str_eq(duration_format(cases[i].ms, text, sizeof text), cases[i].text);
        ck_assert_int_eq(duration_parse(text, &again), 0);
        ck_assert_int_eq(again, cases[i].ms);
    }
}
END_TEST

/* ---- endpoints ---------------------------------------------------------------------------- */

START_TEST(test_the_run_directory_is_looked_for_in_order)
{
    char path[ENDPOINT_PATH_MAX];
    char last[64];
    struct stat status;
    setenv("LOCKER_RUN", "/a/b", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    ck_assert_int_eq(endpoint_default_run_dir(path, sizeof path), 0);
    ck_assert_str_eq(path, "/a/b");
    setenv("LOCKER_RUN", "", 1);
    const bool installed = stat("/run/locker", &status) == 0;
    ck_assert_int_eq(endpoint_default_run_dir(path, sizeof path), 0);
    ck_assert_str_eq(path, installed ? "/run/locker" : "/run/user/7/locker");
    unsetenv("XDG_RUNTIME_DIR");
    snprintf(last, sizeof last, "/tmp/locker-%u", (unsigned)getuid());
    ck_assert_int_eq(endpoint_default_run_dir(path, sizeof path), 0);
    ck_assert_str_eq(path, installed ? "/run/locker" : last);
}
END_TEST

START_TEST(test_a_run_directory_that_does_not_fit_is_refused)
{
    char path[8];
    setenv("LOCKER_RUN", "/1234567", 1);
    ck_assert_int_eq(endpoint_default_run_dir(path, sizeof path), -ENAMETOOLONG);
    setenv("LOCKER_RUN", "/123456", 1);
    ck_assert_int_eq(endpoint_default_run_dir(path, sizeof path), 0);
}
END_TEST

START_TEST(test_each_role_has_its_socket)
{
    char path[ENDPOINT_PATH_MAX];
    char uri[ENDPOINT_URI_SIZE];
    ck_assert_int_eq(endpoint_path("/r", ROLE_DRIVER, path, sizeof path), 0);
    ck_assert_str_eq(path, "/r/driver.sock");
    ck_assert_int_eq(endpoint_path("/r", ROLE_KEYPAD, path, sizeof path), 0);
    ck_assert_str_eq(path, "/r/keypad.sock");
    ck_assert_int_eq(endpoint_uri("/r", ROLE_OPERATOR, uri), 0);
    ck_assert_str_eq(uri, "ipc:///r/operator.sock");
    ck_assert_int_eq(endpoint_feed_path("/r", path, sizeof path), 0);
    ck_assert_str_eq(path, "/r/events.sock");
}
END_TEST

START_TEST(test_a_path_too_long_for_a_socket_is_refused)
{
    char run_dir[ENDPOINT_PATH_MAX];
    char path[4 * ENDPOINT_PATH_MAX];
    char uri[ENDPOINT_URI_SIZE];
    const size_t fits = ENDPOINT_PATH_MAX - sizeof "/operator.sock";
    memset(run_dir, 'x', sizeof run_dir);
    run_dir[fits] = '\0';
    ck_assert_int_eq(endpoint_path(run_dir, ROLE_OPERATOR, path, sizeof path), 0);
    ck_assert_int_eq(endpoint_uri(run_dir, ROLE_OPERATOR, uri), 0);
    run_dir[fits] = 'x';
    run_dir[fits + 1] = '\0';
    ck_assert_int_eq(endpoint_path(run_dir, ROLE_OPERATOR, path, sizeof path), -ENAMETOOLONG);
    ck_assert_int_eq(endpoint_uri(run_dir, ROLE_OPERATOR, uri), -ENAMETOOLONG);
    ck_assert_int_eq(endpoint_feed_path(run_dir, path, sizeof path), 0); /* a shorter name */
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("values", &tests);
    tcase_add_test(tests, test_every_name_is_read_back_as_itself);
    tcase_add_test(tests, test_no_other_name_is_read);
    tcase_add_test(tests, test_each_endpoint_offers_its_operations);
    tcase_add_test(tests, test_every_outcome_has_a_name_and_a_sentence_of_its_own);
    tcase_add_test(tests, test_a_broken_door_and_a_forgotten_parcel_blame_the_compartment);
    tcase_add_loop_test(tests, test_durations_are_read_with_their_unit, 0,
                        (int)(sizeof durations / sizeof durations[0]));
    tcase_add_test(tests, test_durations_are_written_in_the_largest_whole_unit);
    tcase_add_test(tests, test_the_run_directory_is_looked_for_in_order);
    tcase_add_test(tests, test_a_run_directory_that_does_not_fit_is_refused);
    tcase_add_test(tests, test_each_role_has_its_socket);
    tcase_add_test(tests, test_a_path_too_long_for_a_socket_is_refused);
    return harness_run(suite);
}
