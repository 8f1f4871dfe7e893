/*
 * locker-driver against a station of the test's making: what stands on stdout and stderr, the exit
 * status, and what went over the wire.
 */
#include "fake_station.h"
#include "support/harness.h"
#include "support/run_program.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define DRIVER "locker-driver"

static struct run *result;
static struct screen *screen;

static void set_up(void)
{
    result = calloc(1, sizeof *result);
    screen = calloc(1, sizeof *screen);
    ck_assert(result != NULL && screen != NULL);
}

static void tear_down(void)
{
    free(result);
    free(screen);
}

static void fill_deposit(struct reply *reply)
{
    strcpy(reply->compartment, "M01");
    strcpy(reply->code, "012345");
    reply->size = SIZE_MEDIUM;
    reply->expires_at_ms = INT64_C(1800000000000);
}

static bool good_answer(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    (void)request;
    fill_deposit(reply);
    reply->free[SIZE_MEDIUM] = 3;
    reply->total[SIZE_MEDIUM] = 8;
    reply->station = "lobby";
    reply->role = ROLE_DRIVER;
    return true;
}

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

/* ---- a pipe of commands ---------------------------------------------------------------- */

static bool small_is_full(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    fill_deposit(reply);
    reply->free[SIZE_MEDIUM] = 3;
    reply->total[SIZE_MEDIUM] = 8;
    reply->asked_size = SIZE_SMALL;
    if (request->operation == OP_DEPOSIT && request->size == SIZE_SMALL)
        reply->outcome = OUTCOME_NO_SPACE;
    return true;
}

START_TEST(test_pipe_reads_every_line_and_exits_with_the_first_failure)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, small_is_full);
    run_program(result, "deposit medium\n\n  deposit small\ndeposit\ndeposit \"medium\"", DRIVER,
                fake_station_run_dir(station), NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_uint_eq(fake_station_count(station), 3);
    const char *first = strstr(result->out, "012345");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(strstr(first + 1, "012345"));
    ck_assert_ptr_null(strstr(result->out, "driver>"));
    ck_assert_ptr_nonnull(strstr(result->err, "locker-driver: line 3: no_space: "));
    ck_assert_ptr_nonnull(strstr(result->err, "locker-driver: line 4: \"deposit\" has too few "
                                              "arguments\nUsage: deposit SIZE\n"));
    fake_station_stop(station);
}
END_TEST

START_TEST(test_pipe_ends_quietly_where_it_says_quit)
{
    static const char *const inputs[] = {"deposit medium\nquit\ndeposit medium\n",
                                         "deposit medium\n exit \nnonsense\n"};
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, inputs[_i], DRIVER, fake_station_run_dir(station), NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_str_eq(result->err, "");
    ck_assert_uint_eq(fake_station_count(station), 1);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_pipe_gives_one_json_object_a_line)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, small_is_full);
    run_program(result, "deposit medium\ndeposit small\n", DRIVER, fake_station_run_dir(station),
                "--json", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_ptr_eq(strstr(result->out, "{\"ok\":true,"), result->out);
    const char *second = strchr(result->out, '\n');
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_eq(strstr(second, "\n{\"ok\":false,"), second);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_lines_too_long_or_with_control_characters_are_skipped)
{
    char input[9000];
    memset(input, 'x', sizeof input);
    strcpy(input + 8000, "\ndeposit \033[31m\ndeposit medium\r\n");
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, input, DRIVER, fake_station_run_dir(station), NULL);
    ck_assert_int_eq(result->status, 2);
    ck_assert_uint_eq(fake_station_count(station), 1);
    ck_assert_ptr_nonnull(strstr(result->err, "line 1 is too long"));
    ck_assert_ptr_nonnull(strstr(result->err, "line 2 is too long or has control characters"));
    ck_assert_ptr_nonnull(strstr(result->out, "012345"));
    fake_station_stop(station);
}
END_TEST

START_TEST(test_flags_of_the_program_mean_nothing_within_a_pipe)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "deposit medium --json\n", DRIVER, fake_station_run_dir(station), NULL);
    ck_assert_int_eq(result->status, 2);
    ck_assert_uint_eq(fake_station_count(station), 0);
    fake_station_stop(station);
}
END_TEST

/* ---- on a terminal --------------------------------------------------------------------- */

#define PROMPT "driver>"

#define COLUMNS 80

/* What is longer a terminal breaks in the middle of a word. */
static void expect_lines_that_fit(const char *text)
{
    while (*text != '\0') {
        const size_t length = strcspn(text, "\r\n");
        ck_assert_msg(length <= COLUMNS, "a line of %zu: %.*s", length, (int)length, text);
        text += length;
        text += strspn(text, "\r\n");
    }
}

/* Without styles, which take no column, each line has what it shows. */
START_TEST(test_terminal_of_80_columns_is_wide_enough)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    setenv("NO_COLOR", "1", 1);
    screen->columns = COLUMNS;
    screen_start(screen, DRIVER, fake_station_run_dir(station), NULL);
    size_t at = screen_wait_for(screen, 0, "Commands: deposit SIZE");
    at = screen_wait_for(screen, at, PROMPT);
    screen_type(screen, "help\n");
    screen_wait_for(screen, at, PROMPT);
    screen_type(screen, "quit\n");
    screen_finish(screen);
    expect_lines_that_fit(screen->text);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_terminal_welcomes_and_answers_until_quit)
{
    static const struct {
        const char *typed;
        const char *shown[2];
    } commands[] = {
        {"deposit medium\n", {"M01 (medium)", "012345"}},
        {"availability\n", {"TOTAL", "medium          3        8"}},
        {"deposit small\n", {"No available compartment of size small", ""}},
        {"deposit\n", {"too few arguments", "Usage: deposit SIZE"}},
        {"help\n", {"deposit SIZE", "quit"}},
    };
    struct fake_station *station = fake_station_start(ROLE_DRIVER, small_is_full);
    screen_start(screen, DRIVER, fake_station_run_dir(station), NULL);
    size_t at = screen_wait_for(screen, 0, "medium          3        8");
    at = screen_wait_for(screen, at, "Commands: deposit SIZE");
    at = screen_wait_for(screen, at, PROMPT);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        screen_type(screen, commands[i].typed);
        at = screen_wait_for(screen, at, commands[i].shown[0]);
        at = screen_wait_for(screen, at, commands[i].shown[1]);
        at = screen_wait_for(screen, at, PROMPT);
    }
    screen_type(screen, "quit\n");
    const int status = screen_finish(screen);
    /* A refusal is for the driver to read, not how the session ended. */
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_ptr_null(strstr(screen->text, "locker-driver: "));
    ck_assert_uint_eq(fake_station_count(station), 4);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_terminal_ends_with_the_end_of_input)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    screen_start(screen, DRIVER, fake_station_run_dir(station), NULL);
    screen_wait_for(screen, 0, PROMPT);
    screen_type(screen, "\004");
    const int status = screen_finish(screen);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_uint_eq(fake_station_count(station), 1);
    fake_station_stop(station);
}
END_TEST

/* ---- output ---------------------------------------------------------------------------- */

START_TEST(test_no_escape_sequence_where_there_is_no_terminal)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, small_is_full);
    run_program(result, "help\navailability\ndeposit medium\ndeposit small\nping\nexpired\n",
                DRIVER, fake_station_run_dir(station), NULL);
    ck_assert_uint_eq(fake_station_count(station), 5);
    ck_assert_ptr_null(strchr(result->out, '\033'));
    ck_assert_ptr_null(strchr(result->err, '\033'));
    fake_station_stop(station);
}
END_TEST

START_TEST(test_full_disk_behind_stdout_is_an_error_that_says_what_is_done)
{
    static const char *const forms[] = {"--json", "--timeout=5s"};
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program_into(result, "/dev/full", DRIVER, fake_station_run_dir(station), forms[_i],
                     "deposit", "medium", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->err,
                     "locker-driver: the output could not be written: No space left on device; "
                     "what was asked for has been done: compartment M01, whose code nobody has "
                     "seen\n\"locker-operator reissue M01\" makes a new code.\n");
    run_program_into(result, "/dev/full", DRIVER, fake_station_run_dir(station), forms[_i],
                     "availability", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->err,
                     "locker-driver: the output could not be written: No space left on device\n");
    run_program_into(result, "/dev/full", DRIVER, NULL, "--help", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->err,
                     "locker-driver: the output could not be written: No space left on device\n");
    fake_station_stop(station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("driver", &tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
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
    tcase_add_test(tests, test_pipe_reads_every_line_and_exits_with_the_first_failure);
    tcase_add_loop_test(tests, test_pipe_ends_quietly_where_it_says_quit, 0, 2);
    tcase_add_test(tests, test_pipe_gives_one_json_object_a_line);
    tcase_add_test(tests, test_lines_too_long_or_with_control_characters_are_skipped);
    tcase_add_test(tests, test_flags_of_the_program_mean_nothing_within_a_pipe);
    tcase_add_test(tests, test_terminal_welcomes_and_answers_until_quit);
    tcase_add_test(tests, test_terminal_ends_with_the_end_of_input);
    tcase_add_test(tests, test_terminal_of_80_columns_is_wide_enough);
    tcase_add_test(tests, test_no_escape_sequence_where_there_is_no_terminal);
    tcase_add_loop_test(tests, test_full_disk_behind_stdout_is_an_error_that_says_what_is_done, 0,
                        2);
    return harness_run(suite);
}
