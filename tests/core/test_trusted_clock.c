/*
 * The trusted clock: what it believes of the wall clock, and what it goes on with.
 */
#include "fixture.h"
#include "support/harness.h"

#define HOUR INT64_C(3600000)

static struct trusted_clock started_at(int64_t wall_ms, int64_t elapsed_ms)
{
    struct trusted_clock clock;
    trusted_clock_start(&clock, &(struct clock_floor){0}, wall_ms, elapsed_ms);
    return clock;
}

START_TEST(test_clock_follows_the_wall_while_it_agrees)
{
    struct trusted_clock clock = started_at(T0, 1000);
    ck_assert_int_eq(trusted_clock_read(&clock, T0 + 500, 1500), T0 + 500);
    ck_assert_int_eq(trusted_clock_read(&clock, T0 + HOUR + 500, 1500), T0 + HOUR + 500);
    ck_assert(!clock.suspect);
}
END_TEST

START_TEST(test_clock_never_runs_backwards_and_never_stands_still)
{
    struct trusted_clock clock = started_at(T0, 0);
    ck_assert_int_eq(trusted_clock_read(&clock, T0 + 10000, 10000), T0 + 10000);
    /* Set back by 10 s: half pace until it has caught up, however often it is asked. */
    int64_t last = T0 + 10000;
    for (int64_t elapsed = 10001; elapsed <= 14000; elapsed++) {
        const int64_t now = trusted_clock_read(&clock, T0 + elapsed - 10000, elapsed);
        ck_assert_int_ge(now, last);
        last = now;
    }
    ck_assert_int_eq(last, T0 + 12000);
    ck_assert_int_eq(trusted_clock_read(&clock, T0 + 20000, 30000), T0 + 20000);
}
END_TEST

START_TEST(test_clock_distrusts_a_leap_and_goes_on_with_elapsed_time)
{
    static const int64_t walls[] = {0, T0 - 10 * 365 * 24 * HOUR, T0 + 10 * 365 * 24 * HOUR,
                                    T0 + HOUR + 2000};
    struct trusted_clock clock = started_at(T0, 0);
    ck_assert_int_eq(trusted_clock_read(&clock, walls[_i], 1000), T0 + 1000);
    ck_assert(clock.suspect);
    ck_assert_int_eq(trusted_clock_read(&clock, walls[_i] + 1000, 2000), T0 + 2000);
    /* The two agree again. */
    ck_assert_int_eq(trusted_clock_read(&clock, T0 + 3000, 3000), T0 + 3000);
    ck_assert(!clock.suspect);
}
END_TEST

START_TEST(test_small_steps_do_not_add_up_unnoticed)
{
    struct trusted_clock clock = started_at(T0, 0);
    trusted_clock_read(&clock, T0 + HOUR - 1000, 0);
    ck_assert(!clock.suspect);
    trusted_clock_read(&clock, T0 + 2 * HOUR - 2000, 0);
    ck_assert(clock.suspect);
}
END_TEST

START_TEST(test_accepted_wall_clock_is_believed_wherever_it_stands)
{
    struct trusted_clock clock = started_at(T0, 0);
    trusted_clock_read(&clock, T0 - 1000 * HOUR, 1000);
    ck_assert(clock.suspect);
    ck_assert_int_eq(trusted_clock_accept(&clock, T0 - 1000 * HOUR, 1000), T0 - 1000 * HOUR);
    ck_assert(!clock.suspect);
    ck_assert_int_eq(trusted_clock_read(&clock, T0 - 1000 * HOUR + 50, 1050),
                     T0 - 1000 * HOUR + 50);
}
END_TEST

START_TEST(test_restart_within_a_boot_goes_on_from_elapsed_time)
{
    const struct clock_floor floor = {.at_ms = T0, .elapsed_ms = 5000, .same_boot = true};
    struct trusted_clock clock;
    trusted_clock_start(&clock, &floor, T0 + 2000, 7000);
    ck_assert(!clock.suspect);
    ck_assert_int_eq(clock.last_ms, T0 + 2000);
    trusted_clock_start(&clock, &floor, 0, 7000);
    ck_assert(clock.suspect);
    ck_assert_int_eq(clock.last_ms, T0 + 2000);
}
END_TEST

/* Three starts, the wall clock 40 minutes further ahead at each. */
START_TEST(test_small_steps_do_not_add_up_over_restarts)
{
    struct trusted_clock clock = started_at(T0, 5000);
    for (int64_t start = 1; start <= 3; start++) {
        const int64_t elapsed_ms = 5000 + start * 1000;
        const struct clock_floor floor = {.at_ms = clock.last_ms,
                                          .elapsed_ms = clock.last_elapsed_ms,
                                          .same_boot = true,
                                          .origin_ms = trusted_clock_origin(&clock)};
        trusted_clock_start(&clock, &floor, T0 + start * (1000 + 2 * HOUR / 3), elapsed_ms);
        ck_assert(clock.suspect == (start > 1));
        ck_assert_int_le(clock.last_ms, T0 + HOUR + start * 1000);
        ck_assert_int_eq(trusted_clock_origin(&clock), T0 - 5000);
    }
    /* And nobody who is within the limit is suspected. */
    const struct clock_floor floor = {
        .at_ms = T0 + HOUR / 2, .elapsed_ms = 9000, .same_boot = true, .origin_ms = T0 - 5000};
    trusted_clock_start(&clock, &floor, T0 + 5000 - 5 * HOUR / 6, 10000);
    ck_assert(!clock.suspect);
    ck_assert_int_ge(clock.last_ms, T0 + HOUR / 2);
}
END_TEST

START_TEST(test_after_a_reboot_the_floor_and_thirty_days_bound_belief)
{
    const struct clock_floor floor = {.at_ms = T0, .elapsed_ms = 5000};
    struct trusted_clock clock;
    trusted_clock_start(&clock, &floor, T0 + 30 * 24 * HOUR, 10);
    ck_assert(!clock.suspect);
    ck_assert_int_eq(clock.last_ms, T0 + 30 * 24 * HOUR);
    trusted_clock_start(&clock, &floor, T0 + 30 * 24 * HOUR + 1, 10);
    ck_assert(clock.suspect);
    ck_assert_int_eq(clock.last_ms, T0);
    trusted_clock_start(&clock, &floor, T0 - 5 * HOUR, 10);
    ck_assert(clock.suspect);
    ck_assert_int_eq(trusted_clock_read(&clock, T0 - 5 * HOUR + 100, 110), T0 + 100);
}
END_TEST

START_TEST(test_readings_out_of_order_do_no_harm)
{
    struct trusted_clock clock = started_at(T0, 1000);
    ck_assert_int_eq(trusted_clock_read(&clock, T0 + 10, 1010), T0 + 10);
    ck_assert_int_ge(trusted_clock_read(&clock, T0 + 9, 1009), T0 + 10);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("trusted_clock", &tests);
    tcase_add_test(tests, test_clock_follows_the_wall_while_it_agrees);
    tcase_add_test(tests, test_clock_never_runs_backwards_and_never_stands_still);
    tcase_add_loop_test(tests, test_clock_distrusts_a_leap_and_goes_on_with_elapsed_time, 0, 4);
    tcase_add_test(tests, test_small_steps_do_not_add_up_unnoticed);
    tcase_add_test(tests, test_accepted_wall_clock_is_believed_wherever_it_stands);
    tcase_add_test(tests, test_restart_within_a_boot_goes_on_from_elapsed_time);
    tcase_add_test(tests, test_small_steps_do_not_add_up_over_restarts);
    tcase_add_test(tests, test_after_a_reboot_the_floor_and_thirty_days_bound_belief);
    tcase_add_test(tests, test_readings_out_of_order_do_no_harm);
    return harness_run(suite);
}
