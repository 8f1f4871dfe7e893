/*
 * locker-driver that reads a line at a time, from a pipe and on a terminal; and where it writes.
 */
#include "driver_answers.h"
#include "program_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* ---- a pipe of commands ---------------------------------------------------------------- */

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
    Suite *suite = program_suite("driver_lines", &tests);
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
