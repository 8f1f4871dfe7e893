/*
 * locker-driver against a station of the test's making: what stands on stdout and stderr, the exit
 * status, and what went over the wire.
 */
#include "driver_answers.h"
#include "program_fixture.h"

#include <string.h>

static bool no_space(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    (void)request;
    reply->outcome = OUTCOME_NO_SPACE;
    reply->asked_size = SIZE_MEDIUM;
    return true;
}

START_TEST(test_deposit_shows_compartment_code_and_expiry)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "deposit", "medium", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, "M01 (medium)\n"));
    ck_assert_ptr_nonnull(strstr(result->out, "Code         012345\n"));
    ck_assert_ptr_nonnull(strstr(result->out, "Valid until  2027-01-1"));
    ck_assert_str_eq(result->err, "");
    struct request request = fake_station_request(station, 0);
    ck_assert_int_eq(request.operation, OP_DEPOSIT);
    ck_assert_int_eq(request.size, SIZE_MEDIUM);
    ck_assert(request.has_id);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_json_is_the_reply_with_the_wires_keys_on_one_line)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "--json", "deposit", "medium",
                NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_str_eq(result->out, "{\"ok\":true,\"compartment\":\"M01\",\"size\":\"medium\","
                                  "\"code\":\"012345\",\"expires_at_ms\":1800000000000}\n");
    ck_assert_str_eq(result->err, "");
    fake_station_stop(station);
}
END_TEST

START_TEST(test_refusal_is_named_on_stderr_and_exits_1)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, no_space);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "deposit", "medium", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->out, "");
    ck_assert_str_eq(result->err,
                     "locker-driver: no_space: No available compartment of size medium\n");
    fake_station_stop(station);
}
END_TEST

START_TEST(test_refusal_as_json_stands_on_stdout_and_exits_1)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, no_space);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "--json", "deposit", "medium",
                NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->out, "{\"ok\":false,\"error\":\"no_space\",\"message\":"
                                  "\"No available compartment of size medium\"}\n");
    ck_assert_str_eq(result->err, "");
    fake_station_stop(station);
}
END_TEST

/* What the station refuses is for the station to refuse: its names, its exit code. */
START_TEST(test_size_and_reason_are_judged_by_the_station)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "deposit", "huge", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->out, "");
    ck_assert_str_eq(result->err,
                     "locker-driver: invalid_size: The size must be small, medium or large\n");
    run_program(result, "", DRIVER, fake_station_run_dir(station), "--json", "deposit", "", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_ptr_eq(strstr(result->out, "{\"ok\":false,\"error\":\"invalid_size\","), result->out);
    ck_assert_str_eq(result->err, "");
    run_program(result, "", DRIVER, fake_station_run_dir(station), "cancel", "123456", "--size",
                "huge", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_ptr_nonnull(strstr(result->err, "invalid_size: "));
    run_program(result, "", DRIVER, fake_station_run_dir(station), "cancel", "123456", "--reason",
                "bored", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->out, "");
    ck_assert_ptr_nonnull(strstr(result->err, "locker-driver: invalid_request: "));
    ck_assert_ptr_nonnull(strstr(result->err, "door_broken"));
    ck_assert_uint_eq(fake_station_count(station), 4);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_cancel_sends_code_reason_and_size)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "cancel", "012345", "--reason",
                "door_broken", "--size", "large", NULL);
    ck_assert_int_eq(result->status, 0);
    struct request request = fake_station_request(station, 0);
    ck_assert_int_eq(request.operation, OP_CANCEL);
    ck_assert_str_eq(request.code, "012345");
    ck_assert_int_eq(request.reason, CANCEL_DOOR_BROKEN);
    ck_assert(request.has_size);
    ck_assert_int_eq(request.size, SIZE_LARGE);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_cancel_without_flags_gives_the_deposit_up)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "cancel", "012345", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, "Compartment M01 is given up"));
    struct request request = fake_station_request(station, 0);
    ck_assert_int_eq(request.reason, CANCEL_OTHER);
    ck_assert(!request.has_size);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_availability_is_a_table)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "availability", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_str_eq(result->out, "SIZE         FREE    TOTAL\n"
                                  "small           0        0\n"
                                  "medium          3        8\n"
                                  "large           0        0\n");
    fake_station_stop(station);
}
END_TEST

static bool one_expired(unsigned number, const struct request *request, struct reply *reply)
{
    static const struct compartment_line line = {
        .compartment = "L04",
        .size = SIZE_LARGE,
        .state = STATE_EXPIRED,
        .in_service = true,
        .expires_at_ms = 1700000000000,
    };
    (void)number;
    if (request->operation == OP_EXPIRED) {
        reply->lines = &line;
        reply->count = 1;
    }
    strcpy(reply->compartment, "L04");
    return true;
}

START_TEST(test_expired_lists_and_collect_confirms)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, one_expired);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "expired", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, "\nL04             large    2023-11-1"));
    run_program(result, "", DRIVER, fake_station_run_dir(station), "collect", "L04", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_str_eq(fake_station_request(station, 1).compartment, "L04");
    fake_station_stop(station);
}
END_TEST

START_TEST(test_ping_names_the_station)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "ping", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, "lobby"));
    fake_station_stop(station);
}
END_TEST

/* ---- wrong usage ----------------------------------------------------------------------- */

static const struct {
    const char *words[4];
    const char *said;
} mistakes[] = {
    {{"deposit"}, "too few arguments\nUsage: locker-driver deposit SIZE\n"},
    {{"deposit", "small", "small"}, "too many arguments"},
    {{"cancel", "123456", "--reason"}, "--reason needs a value"},
    {{"depositt", "small"}, "there is no command \"depositt\""},
    {{"--colour"}, "there is no flag --colour"},
    {{"-x"}, "there is no flag -x\n"},
    {{"-xy"}, "there is no flag -x\n"},
    {{"deposit", "small", "-1h"}, "there is no flag -1\n"},
    {{"deposit", "small", "--id", "0123"}, "give 32 hex digits"},
    {{"deposit", "small", "--id", "0123456789abcdef0123456789abcdeg"}, "give 32 hex digits"},
    {{"ping", "--id", "0123456789abcdef0123456789abcdef"}, "--id means nothing to \"ping\""},
    {{"--run", "", "ping"}, "--run is empty"},
    {{"--json=yes", "ping"}, "--json takes no value"},
    {{"ping", "--size", "small"}, "--size means nothing to \"ping\""},
    {{"--reason", "other"}, "name one"},
    {{"--timeout", "5", "ping"}, "give a number and a unit"},
    {{"--timeout", "0", "ping"}, "give a number and a unit"},
    {{"--endpoint", "http://x", "ping"}, "ipc://PATH or tcp://HOST:PORT"},
    {{"--endpoint", "ipc://", "ping"}, "ipc://PATH or tcp://HOST:PORT"},
    {{"--endpoint", "tcp://127.0.0.1:99999", "ping"}, "ipc://PATH or tcp://HOST:PORT"},
    {{"--endpoint", "tcp://127.0.0.1:1", "ping"}, "--server-key FILE"},
    {{"--server-key", "/nonexistent", "ping"}, "belong to a tcp:// endpoint"},
};

START_TEST(test_wrong_usage_says_what_to_do_and_exits_2)
{
    const bool is_endpoint = strcmp(mistakes[_i].words[0], "--endpoint") == 0;
    run_program(result, "", DRIVER, is_endpoint ? NULL : "/nonexistent", mistakes[_i].words[0],
                mistakes[_i].words[1], mistakes[_i].words[2], mistakes[_i].words[3], NULL);
    ck_assert_int_eq(result->status, 2);
    ck_assert_str_eq(result->out, "");
    ck_assert_msg(strstr(result->err, mistakes[_i].said) != NULL, "%s", result->err);
}
END_TEST

START_TEST(test_help_and_version_stand_on_stdout)
{
    static const char *const programs[] = {"locker-driver", "locker-keypad", "locker-operator"};
    run_program(result, "", programs[_i], NULL, "--help", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, "Usage: "));
    ck_assert_ptr_nonnull(strstr(result->out, "Examples:\n  locker-"));
    ck_assert_ptr_nonnull(strstr(result->out, "--endpoint URI"));
    ck_assert_str_eq(result->err, "");
    run_program(result, "", programs[_i], NULL, "ping", "--help", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, " ping\n"));
    run_program(result, "", programs[_i], NULL, "--version", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_eq(strstr(result->out, programs[_i]), result->out);
    ck_assert_str_eq(result->err, "");
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = program_suite("driver", &tests);
    tcase_add_test(tests, test_deposit_shows_compartment_code_and_expiry);
    tcase_add_test(tests, test_json_is_the_reply_with_the_wires_keys_on_one_line);
    tcase_add_test(tests, test_refusal_is_named_on_stderr_and_exits_1);
    tcase_add_test(tests, test_refusal_as_json_stands_on_stdout_and_exits_1);
    tcase_add_test(tests, test_size_and_reason_are_judged_by_the_station);
    tcase_add_test(tests, test_cancel_sends_code_reason_and_size);
    tcase_add_test(tests, test_cancel_without_flags_gives_the_deposit_up);
    tcase_add_test(tests, test_availability_is_a_table);
    tcase_add_test(tests, test_expired_lists_and_collect_confirms);
    tcase_add_test(tests, test_ping_names_the_station);
    tcase_add_loop_test(tests, test_wrong_usage_says_what_to_do_and_exits_2, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    tcase_add_loop_test(tests, test_help_and_version_stand_on_stdout, 0, 3);
    return harness_run(suite);
}
