/*
 * locker-keypad: on the command line, from a pipe, and on a terminal in a public place.
 */
#include "fake_station.h"
#include "program_fixture.h"

#include <check.h>
#include <string.h>
#include <sys/wait.h>

#define KEYPAD "locker-keypad"

/* 123456 opens B07; each other code has its own refusal. */
static bool answer(unsigned number, const struct request *request, struct reply *reply)
{
    static const struct {
        const char *code;
        enum outcome outcome;
    } known[] = {
        {"123456", OUTCOME_OK},           {"000001", OUTCOME_CODE_USED},
        {"000002", OUTCOME_CODE_EXPIRED}, {"000003", OUTCOME_CODE_CANCELLED},
        {"000004", OUTCOME_TRY_LATER},    {"000005", OUTCOME_STORAGE_UNAVAILABLE},
    };
    (void)number;
    strcpy(reply->compartment, "B07");
    reply->retry_after_ms = 2100;
    reply->outcome = OUTCOME_INVALID_CODE;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(request->code, known[i].code) == 0)
            reply->outcome = known[i].outcome;
    }
    return true;
}

START_TEST(test_pickup_says_which_compartment_is_open)
{
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    run_program(result, "", KEYPAD, fake_station_run_dir(station), "pickup", "123456", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_str_eq(result->out, "Compartment B07 is open\n");
    ck_assert_str_eq(result->err, "");
    struct request request = fake_station_request(station, 0);
    ck_assert_int_eq(request.operation, OP_PICKUP);
    ck_assert(request.has_id);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_spaces_and_dashes_are_ignored)
{
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    run_program(result, "", KEYPAD, fake_station_run_dir(station), "pickup", "123-456", NULL);
    ck_assert_int_eq(result->status, 0);
    run_program(result, "", KEYPAD, fake_station_run_dir(station), "pickup", "12 34", "5-6", NULL);
    ck_assert_int_eq(result->status, 0);
    run_program(result, " 123 - 456 \n", KEYPAD, fake_station_run_dir(station), NULL);
    ck_assert_int_eq(result->status, 0);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_str_eq(fake_station_request(station, i).code, "123456");
    fake_station_stop(station);
}
END_TEST

START_TEST(test_pickup_takes_an_id)
{
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    run_program(result, "", KEYPAD, fake_station_run_dir(station), "pickup", "123 456", "--id",
                "ffffffffffffffffffffffffffffffff", NULL);
    ck_assert_int_eq(result->status, 0);
    const struct request request = fake_station_request(station, 0);
    for (unsigned i = 0; i < sizeof request.id; i++)
        ck_assert_uint_eq(request.id[i], 0xff);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_what_is_no_code_is_the_stations_to_refuse)
{
    static const char *const typed[] = {"12345", "1234567890123", "12a456", "", "+12345"};
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    run_program(result, "", KEYPAD, fake_station_run_dir(station), "pickup", typed[_i], NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->err, "locker-keypad: invalid_code: Invalid access token code\n");
    ck_assert_str_eq(fake_station_request(station, 0).code, "");
    fake_station_stop(station);
}
END_TEST

START_TEST(test_each_refusal_is_named)
{
    static const struct {
        const char *code;
        const char *said;
    } refusals[] = {
        {"999999", "invalid_code: Invalid access token code\n"},
        {"000001", "code_used: Access token has already been used\n"},
        {"000002", "code_expired: Access token has expired\n"},
        {"000003", "code_cancelled: Access token has been cancelled\n"},
    };
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    run_program(result, "", KEYPAD, fake_station_run_dir(station), "pickup", refusals[_i].code,
                NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->out, "");
    ck_assert_ptr_nonnull(strstr(result->err, refusals[_i].said));
    fake_station_stop(station);
}
END_TEST

START_TEST(test_try_later_is_reported_at_once_with_its_seconds)
{
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    run_program(result, "", KEYPAD, fake_station_run_dir(station), "pickup", "000004", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_ptr_nonnull(strstr(result->err, "try_later: "));
    ck_assert_ptr_nonnull(strstr(result->err, "Try again in 3s.\n"));
    ck_assert_uint_eq(fake_station_count(station), 1);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_pipe_reads_one_code_a_line)
{
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    run_program(result, "123-456\n\n000001\n123456", KEYPAD, fake_station_run_dir(station),
                "--json", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->out, "{\"ok\":true,\"compartment\":\"B07\"}\n"
                                  "{\"ok\":false,\"error\":\"code_used\",\"message\":\"Access "
                                  "token has already been used\"}\n"
                                  "{\"ok\":true,\"compartment\":\"B07\"}\n");
    ck_assert_uint_eq(fake_station_count(station), 3);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_no_escape_sequence_where_there_is_no_terminal)
{
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    run_program(result, "123456\n000001\n000004\n", KEYPAD, fake_station_run_dir(station), NULL);
    ck_assert_ptr_null(strchr(result->out, '\033'));
    ck_assert_ptr_null(strchr(result->err, '\033'));
    fake_station_stop(station);
}
END_TEST

/* ---- on a terminal --------------------------------------------------------------------- */

#define CLEAR "\033[H\033[2J\033[3J"

START_TEST(test_screen_shows_the_answer_and_wipes_the_code)
{
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    screen_start(screen, KEYPAD, fake_station_run_dir(station), NULL);
    size_t at = screen_wait_for(screen, 0, "Type your code and press Enter");
    screen_type(screen, "123-456\n");
    size_t echoed = screen_wait_for(screen, at, "123-456");
    size_t cleared = screen_wait_for(screen, echoed, CLEAR);
    size_t answered = screen_wait_for(screen, cleared, "Compartment B07 is open");
    screen_wait_for(screen, answered, "> ");
    screen_type(screen, "\004");
    int status = screen_finish(screen);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_ptr_null(strstr(screen->text + cleared, "123-456"));
    ck_assert_ptr_null(strstr(screen->text + cleared, "123456"));
    fake_station_stop(station);
}
END_TEST

START_TEST(test_screen_tells_what_to_do_after_each_refusal)
{
    static const struct {
        const char *typed;
        const char *title;
        const char *next;
    } refusals[] = {
        {"999999\n", "This code is not valid here", "Check the digits"},
        {"000001\n", "already been used", "call the staff"},
        {"000002\n", "has expired", "ask the carrier"},
        {"000003\n", "has been cancelled", "newer message"},
        {"000004\n", "Please wait", "again in 3 seconds."},
        {"000005\n", "cannot be opened right now", "stays valid"},
    };
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, answer);
    screen_start(screen, KEYPAD, fake_station_run_dir(station), "--timeout", "300ms", NULL);
    size_t at = screen_wait_for(screen, 0, "> ");
    screen_type(screen, refusals[_i].typed);
    at = screen_wait_for(screen, at, refusals[_i].title);
    at = screen_wait_for(screen, at, refusals[_i].next);
    screen_wait_for(screen, at, "> ");
    screen_type(screen, "\004");
    screen_finish(screen);
    fake_station_stop(station);
}
END_TEST

static bool drop_first(unsigned number, const struct request *request, struct reply *reply)
{
    return number > 0 && answer(number, request, reply);
}

START_TEST(test_screen_repeats_an_unanswered_code_under_its_id)
{
    struct fake_station *station = fake_station_start(ROLE_KEYPAD, drop_first);
    screen_start(screen, KEYPAD, fake_station_run_dir(station), "--timeout", "150ms", NULL);
    size_t at = screen_wait_for(screen, 0, "> ");
    screen_type(screen, "123456\n");
    at = screen_wait_for(screen, at, "The station does not answer");
    at = screen_wait_for(screen, at, "> ");
    screen_type(screen, "123 456\n");
    at = screen_wait_for(screen, at, "Compartment B07 is open");
    screen_wait_for(screen, at, "> ");
    screen_type(screen, "\004");
    screen_finish(screen);
    struct request first = fake_station_request(station, 0);
    struct request last = fake_station_request(station, fake_station_count(station) - 1);
    ck_assert(first.has_id);
    ck_assert_mem_eq(first.id, last.id, sizeof first.id);
    fake_station_stop(station);
}
END_TEST

/* No storage until somebody has been told so twice. */
static bool storage_comes_back_for_the_third(unsigned number, const struct request *request,
                                             struct reply *reply)
{
    answer(number, request, reply);
    reply->outcome = number < 2 ? OUTCOME_STORAGE_UNAVAILABLE : OUTCOME_OK;
    return true;
}

START_TEST(test_screen_keeps_the_id_of_each_customer_who_was_told_to_come_back)
{
    struct fake_station *station =
        fake_station_start(ROLE_KEYPAD, storage_comes_back_for_the_third);
    screen_start(screen, KEYPAD, fake_station_run_dir(station), "--timeout", "250ms", NULL);
    size_t at = screen_wait_for(screen, 0, "> ");
    static const char *const typed[] = {"123456\n", "654321\n", "123-456\n", "654-321\n"};
    for (unsigned i = 0; i < 4; i++) {
        screen_type(screen, typed[i]);
        at = screen_wait_for(screen, at, i < 2 ? "stays valid" : "Compartment B07 is open");
        at = screen_wait_for(screen, at, "> ");
    }
    screen_type(screen, "\004");
    screen_finish(screen);
    ck_assert_uint_eq(fake_station_count(station), 4);
    for (unsigned i = 0; i < 2; i++) {
        const struct request before = fake_station_request(station, i);
        const struct request after = fake_station_request(station, i + 2);
        ck_assert_str_eq(before.code, after.code);
        ck_assert_mem_eq(before.id, after.id, sizeof before.id);
    }
    fake_station_stop(station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = program_suite("keypad", &tests);
    tcase_add_test(tests, test_pickup_says_which_compartment_is_open);
    tcase_add_test(tests, test_pickup_takes_an_id);
    tcase_add_test(tests, test_spaces_and_dashes_are_ignored);
    tcase_add_loop_test(tests, test_what_is_no_code_is_the_stations_to_refuse, 0, 5);
    tcase_add_loop_test(tests, test_each_refusal_is_named, 0, 4);
    tcase_add_test(tests, test_try_later_is_reported_at_once_with_its_seconds);
    tcase_add_test(tests, test_pipe_reads_one_code_a_line);
    tcase_add_test(tests, test_no_escape_sequence_where_there_is_no_terminal);
    tcase_add_test(tests, test_screen_shows_the_answer_and_wipes_the_code);
    tcase_add_loop_test(tests, test_screen_tells_what_to_do_after_each_refusal, 0, 6);
    tcase_add_test(tests, test_screen_repeats_an_unanswered_code_under_its_id);
    tcase_add_test(tests, test_screen_keeps_the_id_of_each_customer_who_was_told_to_come_back);
    return harness_run(suite);
}
