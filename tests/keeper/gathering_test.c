/*
 * Gathering: when the next flush begins, after flushes of the test's making.
 */
#include "gathering.h"

#include <check.h>
#include <stdlib.h>

#define MOST 1024

/* A flush that took 100 ns and ended at 1000. */
static struct gathering after(uint64_t durable, uint64_t recorded, uint64_t released)
{
    struct gathering gathering = {0};
    gathering_flushed(&gathering, durable, recorded, released, MOST, 900, 1000);
    return gathering;
}

START_TEST(test_idle_station_flushes_the_first_change_at_once)
{
    const struct gathering gathering = {0};
    ck_assert_uint_eq(gathering_begins_at(&gathering, 0, 0), 1);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 41, 123456789), 42);
}
END_TEST

START_TEST(test_lone_terminal_waits_for_nobody)
{
    /* One change was flushed, and nothing came meanwhile: its terminal asks for the next. */
    const struct gathering gathering = after(7, 7, 1);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 7, 1001), 8);
}
END_TEST

START_TEST(test_flush_waits_for_as_many_as_were_released_and_were_waiting)
{
    /* Ten were released, three more had been recorded by then. */
    const struct gathering gathering = after(100, 103, 10);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 100, 1000), 113);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 100, 1099), 113);
}
END_TEST

START_TEST(test_nobody_waits_longer_than_the_last_flush_took)
{
    const struct gathering gathering = after(100, 103, 10);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 100, 1100), 101);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 100, INT64_MAX), 101);
}
END_TEST

START_TEST(test_no_more_is_awaited_than_one_flush_takes)
{
    const struct gathering gathering = after(5000, 5000 + MOST, MOST);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 5000, 1000), 5000 + MOST);
}
END_TEST

START_TEST(test_what_was_expected_and_is_durable_already_is_not_awaited)
{
    const struct gathering gathering = after(100, 103, 10);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 112, 1000), 113);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 113, 1000), 114);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 200, 1000), 201);
}
END_TEST

START_TEST(test_each_flush_is_judged_by_the_one_before)
{
    struct gathering gathering = after(100, 103, 10);
    gathering_flushed(&gathering, 113, 113, 1, MOST, 2000, 2050);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 113, 2010), 114);
    gathering_flushed(&gathering, 114, 116, 2, MOST, 3000, 3010);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 114, 3019), 118);
    ck_assert_uint_eq(gathering_begins_at(&gathering, 114, 3020), 115);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gathering");
    TCase *tests = tcase_create("gathering");
    tcase_add_test(tests, test_idle_station_flushes_the_first_change_at_once);
    tcase_add_test(tests, test_lone_terminal_waits_for_nobody);
    tcase_add_test(tests, test_flush_waits_for_as_many_as_were_released_and_were_waiting);
    tcase_add_test(tests, test_nobody_waits_longer_than_the_last_flush_took);
    tcase_add_test(tests, test_no_more_is_awaited_than_one_flush_takes);
    tcase_add_test(tests, test_what_was_expected_and_is_durable_already_is_not_awaited);
    tcase_add_test(tests, test_each_flush_is_judged_by_the_one_before);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
