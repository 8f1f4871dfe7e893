#include "support/harness.h"
#include "trace.h"
#include "trace_count.h"
#include "trace_recipe.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define WEEK_MS (7 * 24 * HOUR_MS)

static char *messages;

/* Read a trace out of text; what was complained about is in messages. */
static int read_text(struct trace *trace, const char *text)
{
    size_t size = 0;
    free(messages);
    messages = NULL;
    FILE *out = open_memstream(&messages, &size);
    FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
    ck_assert_ptr_nonnull(out);
    ck_assert_ptr_nonnull(file);
    int result = trace_read(trace, file, "t.csv", out);
    fclose(file);
    fclose(out);
    return result;
}

static void expect_mistake(const char *text, const char *message)
{
    struct trace trace;
    ck_assert_int_eq(read_text(&trace, text), -EINVAL);
    ck_assert_ptr_null(trace.parcels);
    ck_assert_msg(strstr(messages, message) != NULL, "\"%s\" is not in \"%s\"", message, messages);
}

static void teardown(void)
{
    free(messages);
    messages = NULL;
}

/* ---- reading --------------------------------------------------------------------------- */

START_TEST(test_seconds_and_durations_are_read)
{
    struct trace trace;
    ck_assert_int_eq(read_text(&trace, "offset,size,dwell\n10,small,1.5\n8h,large,90m\r\n"
                                       "9h,medium,\n"),
                     0);
    ck_assert_uint_eq(trace.count, 3);
    ck_assert_int_eq(trace.parcels[0].offset_ms, 10000);
    ck_assert_int_eq(trace.parcels[0].dwell_ms, 1500);
    ck_assert_int_eq(trace.parcels[0].size, SIZE_SMALL);
    ck_assert_int_eq(trace.parcels[1].offset_ms, 8 * HOUR_MS);
    ck_assert_int_eq(trace.parcels[1].dwell_ms, 90 * 60 * 1000);
    ck_assert_int_eq(trace.parcels[1].size, SIZE_LARGE);
    ck_assert_int_eq(trace.parcels[2].dwell_ms, TRACE_NEVER);
    trace_free(&trace);
}
END_TEST

START_TEST(test_columns_may_stand_in_any_order_and_lines_too)
{
    struct trace trace;
    ck_assert_int_eq(read_text(&trace, "dwell, size, offset\n5, large, 20\n6, small, 10\n"), 0);
    ck_assert_int_eq(trace.parcels[0].offset_ms, 10000);
    ck_assert_int_eq(trace.parcels[0].dwell_ms, 6000);
    ck_assert_int_eq(trace.parcels[1].size, SIZE_LARGE);
    trace_free(&trace);
}
END_TEST

START_TEST(test_every_bad_line_is_named_with_its_number_and_remedy)
{
    struct trace trace;
    ck_assert_int_eq(read_text(&trace, "offset,size,dwell\n"
                                       "x,small,5\n"
                                       "1,small,5\n"
                                       "2,huge,5\n"
                                       "3,small,-5\n"
                                       "4,small\n"),
                     -EINVAL);
    ck_assert_str_eq(
        messages,
        "t.csv:2: the offset is \"x\"; give seconds (28805) or a duration (8h) from the start, "
        "ten years at most\n"
        "t.csv:4: the size is \"huge\"; give small, medium or large\n"
        "t.csv:5: the dwell time is \"-5\"; give seconds (32400) or a duration (9h), or nothing "
        "for a parcel that is never picked up\n"
        "t.csv:6: there are not three fields after \"4\"; write offset, size and dwell with two "
        "commas, also when dwell is empty\n");
}
END_TEST

START_TEST(test_a_wrong_header_is_named)
{
    expect_mistake("1,small,5\n", "t.csv:1: the header begins with \"1\"");
    expect_mistake("offset,size\n1,small,5\n", "t.csv:1: the header");
    expect_mistake("offset,size,size\n1,small,small\n", "t.csv:1: the header");
    expect_mistake("offset,size,dwell,more\n", "t.csv:1: the header");
}
END_TEST

START_TEST(test_a_trace_without_parcels_is_refused)
{
    expect_mistake("offset,size,dwell\n", "t.csv:2: there is no parcel");
    expect_mistake("\n", "t.csv:1: the header");
}
END_TEST

START_TEST(test_times_that_are_none_are_refused)
{
    static const char *const bad[] = {
        "",    "1.",  ".5",  "1.2345", "1.5h", "1e3",       "-1",
        "5 h", "7 d", "nan", "0x10",   "1y",   "315705601", "99999999999999999999"};
    int64_t ms;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(trace_time(bad[i], &ms) == -EINVAL, "\"%s\" passed", bad[i]);
    ck_assert_int_eq(trace_time("0", &ms), 0);
    ck_assert_int_eq(ms, 0);
    ck_assert_int_eq(trace_time("1.25", &ms), 0);
    ck_assert_int_eq(ms, 1250);
}
END_TEST

START_TEST(test_a_flood_of_mistakes_is_cut_short)
{
    char text[4096] = "offset,size,dwell\n";
    for (int i = 0; i < 200; i++)
        strcat(text, "x,small,1\n");
    expect_mistake(text, "there are more mistakes");
    ck_assert_ptr_nonnull(strstr(messages, "t.csv:21:"));
    ck_assert_ptr_null(strstr(messages, "t.csv:22:"));
}
END_TEST

/* ---- counting -------------------------------------------------------------------------- */

/*
 * By hand, two small doors and one large, codes valid for 100 s:
 *    0 s  small until 50      door 1
 *   10 s  small, forgotten    door 2, until 110
 *   20 s  small               refused
 *   30 s  large until 130     picked up at 130: too late, expires at 130 (ttl) -> expired
 *   50 s  small until 60      door 1, free at just this moment
 *  110 s  small until 120     door 1
 *  110 s  small until 130     door 2, expired at just this moment
 *  129 s  large               refused
 *  130 s  large until 131     free again
 */
static const char by_hand[] = "offset,size,dwell\n"
                              "0,small,50\n10,small,\n20,small,5\n30,large,100\n50,small,10\n"
                              "110,small,10\n110,small,20\n129,large,1\n130,large,1\n";

START_TEST(test_count_of_a_trace_worked_out_by_hand)
{
    struct trace trace;
    struct trace_totals totals;
    const uint32_t doors[SIZE_COUNT] = {2, 0, 1};
    ck_assert_int_eq(read_text(&trace, by_hand), 0);
    ck_assert_int_eq(trace_count(&trace, doors, 100000, &totals), 0);
    ck_assert_uint_eq(totals.deposits, 7);
    ck_assert_uint_eq(totals.refused[SIZE_SMALL], 1);
    ck_assert_uint_eq(totals.refused[SIZE_MEDIUM], 0);
    ck_assert_uint_eq(totals.refused[SIZE_LARGE], 1);
    ck_assert_uint_eq(totals.picked_up, 5);
    ck_assert_uint_eq(totals.expired, 2);
    ck_assert_uint_eq(totals.occupied_max, 3);
    ck_assert_int_eq(totals.end_ms, 131000);
    trace_free(&trace);
}
END_TEST

START_TEST(test_a_wall_without_doors_refuses_everything)
{
    struct trace trace;
    struct trace_totals totals;
    const uint32_t doors[SIZE_COUNT] = {0, 0, 0};
    ck_assert_int_eq(read_text(&trace, by_hand), 0);
    ck_assert_int_eq(trace_count(&trace, doors, WEEK_MS, &totals), 0);
    ck_assert_uint_eq(totals.deposits, 0);
    ck_assert_uint_eq(totals.refused[SIZE_SMALL], 6);
    ck_assert_uint_eq(totals.refused[SIZE_LARGE], 3);
    trace_free(&trace);
}
END_TEST

/* ---- making ---------------------------------------------------------------------------- */

static char *make_trace(const struct trace_recipe *recipe)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    ck_assert_int_eq(trace_recipe_write(recipe, file), 0);
    fclose(file);
    return text;
}

START_TEST(test_same_seed_same_bytes_other_seed_other_bytes)
{
    struct trace_recipe recipe = {.seed = 7, .days = 10, .parcels_a_day = 50, .doors = {3, 2, 1}};
    char *first = make_trace(&recipe);
    char *second = make_trace(&recipe);
    recipe.seed = 8;
    char *third = make_trace(&recipe);
    ck_assert_str_eq(first, second);
    ck_assert_str_ne(first, third);
    free(first);
    free(second);
    free(third);
}
END_TEST

START_TEST(test_made_trace_has_the_stated_figures)
{
    struct trace_recipe recipe = {
        .seed = 3, .days = 364, .parcels_a_day = 200, .doors = {50, 30, 20}};
    char *text = make_trace(&recipe);
    struct trace trace;
    ck_assert_int_eq(read_text(&trace, text), 0);
    free(text);
    size_t forgotten = 0, late = 0, under_median = 0, sizes[SIZE_COUNT] = {0}, at_night = 0;
    for (size_t i = 0; i < trace.count; i++) {
        const struct trace_parcel *parcel = &trace.parcels[i];
        int64_t hour = (parcel->offset_ms + parcel->dwell_ms) / HOUR_MS % 24;
        sizes[parcel->size]++;
        forgotten += parcel->dwell_ms == TRACE_NEVER;
        late += parcel->dwell_ms >= WEEK_MS;
        under_median += parcel->dwell_ms >= 0 && parcel->dwell_ms < 7 * HOUR_MS;
        at_night += parcel->dwell_ms >= 0 && parcel->dwell_ms < WEEK_MS && (hour < 6 || hour == 23);
    }
    double all = (double)trace.count;
    ck_assert_uint_eq(at_night, 0);
    ck_assert_double_eq_tol(all, 364.0 / 7 * 620 / 100 * 200, 364 * 200 * 0.05);
    ck_assert_double_eq_tol((double)forgotten / all, 0.03, 0.005);
    ck_assert_double_eq_tol((double)late / all, 0.005, 0.002);
    /* the night keeps some of the faster half waiting */
    ck_assert_double_eq_tol((double)under_median / all, 0.44, 0.06);
    ck_assert_double_eq_tol((double)sizes[SIZE_SMALL] / all, 0.5, 0.01);
    ck_assert_double_eq_tol((double)sizes[SIZE_LARGE] / all, 0.2, 0.01);
    trace_free(&trace);
}
END_TEST

/* The committed month is what its recipe makes, byte for byte. */
START_TEST(test_recipe_reproduces_the_month_of_the_demonstration)
{
    const char *source = getenv("LOCKER_SOURCE");
    ck_assert_msg(source != NULL, "LOCKER_SOURCE is not set: run me with ctest");
    char path[4096];
    snprintf(path, sizeof path, "%s/demo/month.csv", source);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    static char committed[1 << 20];
    size_t size = fread(committed, 1, sizeof committed - 1, file);
    committed[size] = '\0';
    fclose(file);
    struct trace_recipe recipe = DEMO_RECIPE;
    char *text = make_trace(&recipe);
    ck_assert_str_eq(committed, text);
    free(text);
}
END_TEST

int main(void)
{
    TCase *tcase;
    Suite *suite = harness_suite("trace", &tcase);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, test_seconds_and_durations_are_read);
    tcase_add_test(tcase, test_columns_may_stand_in_any_order_and_lines_too);
    tcase_add_test(tcase, test_every_bad_line_is_named_with_its_number_and_remedy);
    tcase_add_test(tcase, test_a_wrong_header_is_named);
    tcase_add_test(tcase, test_a_trace_without_parcels_is_refused);
    tcase_add_test(tcase, test_times_that_are_none_are_refused);
    tcase_add_test(tcase, test_a_flood_of_mistakes_is_cut_short);
    tcase_add_test(tcase, test_count_of_a_trace_worked_out_by_hand);
    tcase_add_test(tcase, test_a_wall_without_doors_refuses_everything);
    tcase_add_test(tcase, test_same_seed_same_bytes_other_seed_other_bytes);
    tcase_add_test(tcase, test_made_trace_has_the_stated_figures);
    tcase_add_test(tcase, test_recipe_reproduces_the_month_of_the_demonstration);
    return harness_run(suite);
}
