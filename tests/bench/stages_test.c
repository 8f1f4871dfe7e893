/*
 * locker-bench stages as it is run: of a traced build it tells the way of a deposit, and the parts
 * come to the whole; of any other it says how to get one.
 */
#include "bench_fixture.h"

#include <check.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static void run_stages(const char *form)
{
    BENCH("stages", "--clients", "2", "--windows", "16", "--rounds", "1", "--seconds", "0.1",
          "--scratch", directory, "--quiet", form);
}

#ifdef LOCKER_TRACE

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_number(value), "%s", key);
    return json_number_value(value);
}

/* Of the driver's desk: time spent a request, without the marks. */
static double spent_ns(const json_t *cell, const char *stage)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(cell, "stages"), i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "process")), "driver desk") == 0 &&
            strcmp(json_string_value(json_object_get(row, "stage")), stage) == 0)
            return number(row, "times") * number(row, "mean_ns");
    }
    return 0;
}

static void expect_way(const json_t *cell)
{
    const double trip_ns = number(json_object_get(cell, "round_trip"), "mean_ns");
    double sum_ns = 0;
    size_t i;
    json_t *part;
    json_array_foreach(json_object_get(cell, "way"), i, part)
    {
        ck_assert_double_ge(number(part, "mean_ns"), 0);
        sum_ns += number(part, "mean_ns");
    }
    ck_assert_uint_eq(i, 7);
    ck_assert_double_eq_tol(sum_ns / trip_ns, 1, 1e-3);
}

/* The laps within a span are no longer than it. */
static void expect_laps(const json_t *cell)
{
    static const char *const laps[] = {"decode", "hash",  "lock",  "decide",
                                       "record", "apply", "unlock"};
    double sum_ns = 0;
    for (size_t i = 0; i < sizeof laps / sizeof laps[0]; i++)
        sum_ns += spent_ns(cell, laps[i]);
    ck_assert_double_gt(sum_ns, 0);
    ck_assert_double_le(sum_ns, spent_ns(cell, "decided") * 1.001);
    const bool durable =
        strcmp(json_string_value(json_object_get(cell, "station")), "durable") == 0;
    ck_assert(durable == (spent_ns(cell, "stored") > 0));
}

START_TEST(test_the_parts_come_to_the_whole)
{
    run_stages("--json");
    ck_assert_msg(result->status == 0, "exit code %d: %s", result->status, result->err);
    ck_assert_str_eq(result->err, "");
    json_t *object = json_loads(result->out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json_is_object(object), "%s", result->out);
    ck_assert_uint_gt(json_array_size(json_object_get(object, "samples")), 0);
    size_t i;
    json_t *cell;
    json_array_foreach(json_object_get(object, "cells"), i, cell)
    {
        expect_way(cell);
        expect_laps(cell);
    }
    ck_assert_uint_eq(i, 4);
    json_decref(object);
}
END_TEST

START_TEST(test_csv)
{
    run_stages("--csv");
    ck_assert_msg(result->status == 0, "exit code %d: %s", result->status, result->err);
    ck_assert_ptr_nonnull(strstr(result->out, "\ndurable,window 16,keeper,flush,"));
}
END_TEST

#else

START_TEST(test_an_untraced_station_is_refused)
{
    run_stages("--json");
    ck_assert_msg(result->status == 2, "exit code %d: %s", result->status, result->err);
    ck_assert_str_eq(result->out, "");
    ck_assert_msg(strstr(result->err, "cmake --preset traced") != NULL, "%s", result->err);
}
END_TEST

#endif

START_TEST(test_wrong_option_is_wrong_usage)
{
    BENCH("stages", "--rounds", "1000");
    ck_assert_int_eq(result->status, 2);
    ck_assert_str_eq(result->out, "");
    ck_assert_msg(strstr(result->err, "--help") != NULL, "%s", result->err);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = bench_suite("bench stages", &tests);
#ifdef LOCKER_TRACE
    tcase_add_test(tests, test_the_parts_come_to_the_whole);
    tcase_add_test(tests, test_csv);
#else
    tcase_add_test(tests, test_an_untraced_station_is_refused);
#endif
    tcase_add_test(tests, test_wrong_option_is_wrong_usage);
    return harness_run(suite);
}
