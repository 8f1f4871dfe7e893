/*
 * locker-operator watch: a live picture of the wall, and a terminal that is left as it was.
 */
#include "operator_answers.h"
#include "program_fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define LEAVE_SCREEN "\033[?1049l" /* xterm's rmcup: the terminal is as it was */

START_TEST(test_watch_shows_the_wall_and_q_restores_the_terminal)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    screen_start(screen, OPERATOR, fake_station_run_dir(station), "watch", NULL);
    size_t at = screen_wait_for(screen, 0, "lobby");
    at = screen_wait_for(screen, at, "small 7/12");
    at = screen_wait_for(screen, at, "S0001 S#");
    at = screen_wait_for(screen, at, "S0003 Sx");
    at = screen_wait_for(screen, at, "Latest events");
    at = screen_wait_for(screen, at, "hinge broken");
    screen_wait_for(screen, at, "q quits");
    screen_type(screen, "q");
    int status = screen_finish(screen);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_ptr_nonnull(strstr(screen->text, LEAVE_SCREEN));
    fake_station_stop(station);
}
END_TEST

START_TEST(test_watch_ended_by_a_signal_restores_the_terminal)
{
    static const int signals[] = {SIGTERM, SIGINT};
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    screen_start(screen, OPERATOR, fake_station_run_dir(station), "watch", NULL);
    screen_wait_for(screen, 0, "q quits");
    ck_assert_int_eq(kill(screen->pid, signals[_i]), 0);
    int status = screen_finish(screen);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == signals[_i]);
    ck_assert_ptr_nonnull(strstr(screen->text, LEAVE_SCREEN));
    fake_station_stop(station);
}
END_TEST

START_TEST(test_watch_scrolls)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    screen_start(screen, OPERATOR, fake_station_run_dir(station), "watch", NULL);
    size_t at = screen_wait_for(screen, 0, "q quits");
    screen_type(screen, "\033[F\033OF"); /* End, in both of a terminal's modes */
    screen_wait_for(screen, at, "S1500");
    screen_type(screen, "q");
    screen_finish(screen);
    fake_station_stop(station);
}
END_TEST

static const struct {
    unsigned short rows;
    unsigned short columns;
    const char *foot;
} small_screens[] = {
    {24, 80, "q quits  rows 1-12 of 215"},
    {10, 40, "q quits  rows 1-6 of 500"},
};

START_TEST(test_watch_on_a_small_screen_tells_of_its_keys_and_of_more_rows)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    screen->rows = small_screens[_i].rows;
    screen->columns = small_screens[_i].columns;
    screen_start(screen, OPERATOR, fake_station_run_dir(station), "--timeout", "30s", "watch",
                 NULL);
    const size_t at = screen_wait_for(screen, 0, "lobby");
    screen_wait_for(screen, at, small_screens[_i].foot);
    screen_type(screen, "q");
    screen_finish(screen);
    fake_station_stop(station);
}
END_TEST

static bool exchanged(unsigned number, const struct request *request, struct reply *reply)
{
    static const struct history_line events[] = {
        {.sequence = 9,
         .at_ms = 1700000000000,
         .event = "exchanged",
         .compartment = "S0001",
         .cancelled = "S0002",
         .has_size = true,
         .size = SIZE_LARGE,
         .reason = "does_not_fit",
         .expires_at_ms = 1800000000000},
    };
    answer(number, request, reply);
    if (request->operation == OP_HISTORY) {
        reply->events = events;
        reply->count = 1;
    }
    return true;
}

START_TEST(test_watch_leaves_out_what_of_an_event_has_no_room)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, exchanged);
    screen->columns = _i == 0 ? 80 : 100;
    screen_start(screen, OPERATOR, fake_station_run_dir(station), "watch", NULL);
    const size_t at = screen_wait_for(screen, 0, "large, instead of S0002, does_not_fit");
    screen_wait_for(screen, at, "q quits");
    screen_type(screen, "q");
    screen_finish(screen);
    ck_assert_msg((strstr(screen->text, ", until ") != NULL) == (_i == 1), "%s", screen->text);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_watch_repaints_what_another_program_may_have_spoilt)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    screen_start(screen, OPERATOR, fake_station_run_dir(station), "watch", NULL);
    size_t at = screen_wait_for(screen, 0, "q quits");
    screen_type(screen, "\f"); /* Ctrl-L */
    at = screen_wait_for(screen, at, "\033[H\033[2J");
    at = screen_wait_for(screen, at, "q quits");
    screen_wait_for(screen, at, "Latest events"); /* again, by itself */
    screen_type(screen, "q");
    screen_finish(screen);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_watch_says_what_is_wrong_with_a_terminal_that_cannot_place_text)
{
    screen->type = "dumb";
    screen_start(screen, OPERATOR, "/nonexistent", "watch", NULL);
    screen_wait_for(screen, 0, "$TERM says that this one cannot");
    const int status = screen_finish(screen);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 2);
}
END_TEST

START_TEST(test_watch_says_that_the_station_is_lost)
{
    screen_start(screen, OPERATOR, "/nonexistent", "--timeout", "100ms", "watch", NULL);
    screen_wait_for(screen, 0, "No answer from ipc:///nonexistent/operator.sock");
    screen_type(screen, "q");
    int status = screen_finish(screen);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = operator_suite("watch", &tests);
    tcase_add_test(tests, test_watch_shows_the_wall_and_q_restores_the_terminal);
    tcase_add_loop_test(tests, test_watch_ended_by_a_signal_restores_the_terminal, 0, 2);
    tcase_add_test(tests, test_watch_scrolls);
    tcase_add_loop_test(tests, test_watch_on_a_small_screen_tells_of_its_keys_and_of_more_rows, 0,
                        2);
    tcase_add_loop_test(tests, test_watch_leaves_out_what_of_an_event_has_no_room, 0, 2);
    tcase_add_test(tests, test_watch_repaints_what_another_program_may_have_spoilt);
    tcase_add_test(tests, test_watch_says_what_is_wrong_with_a_terminal_that_cannot_place_text);
    tcase_add_test(tests, test_watch_says_that_the_station_is_lost);
    return harness_run(suite);
}
