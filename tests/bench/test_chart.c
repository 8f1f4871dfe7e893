#include "chart.h"
#include "support/harness.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct chart charts[3];
static struct tick ticks[AXIS_TICKS_MAX];

static void setup(void)
{
    memset(charts, 0, sizeof charts);
}

static struct axis settled(struct axis axis, double low, double high)
{
    axis_include(&axis, low);
    axis_include(&axis, high);
    axis_settle(&axis);
    return axis;
}

static void expect_ticks(const struct axis *axis, const char *const texts[])
{
    unsigned count = axis_ticks(axis, ticks);
    for (unsigned i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(texts[i]);
        ck_assert_str_eq(ticks[i].text, texts[i]);
        ck_assert(i == 0 || ticks[i].value > ticks[i - 1].value);
    }
    ck_assert_ptr_null(texts[count]);
}

START_TEST(test_linear_axis_begins_at_zero_and_ends_at_a_tick)
{
    struct axis axis = settled((struct axis){0}, 23000, 83000);
    expect_ticks(&axis, (const char *[]){"0", "20k", "40k", "60k", "80k", "100k", NULL});
    ck_assert_double_eq(axis_place(&axis, 0), 0);
    ck_assert_double_eq(axis_place(&axis, 50000), 0.5);
    ck_assert_double_eq(axis_place(&axis, 1e9), 1);
}
END_TEST

START_TEST(test_log_axis_has_powers_of_ten_and_when_short_what_lies_between)
{
    struct axis axis = settled((struct axis){.is_log = true, .unit = AXIS_NS}, 130, 3e7);
    expect_ticks(&axis,
                 (const char *[]){"100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", NULL});
    ck_assert_double_eq(axis_place(&axis, 0), 0);
    axis = settled((struct axis){.is_log = true}, 2100, 15000);
    expect_ticks(&axis, (const char *[]){"2k", "5k", "10k", "20k", NULL});
    ck_assert_double_eq_tol(axis_place(&axis, sqrt(2000.0 * 20000)), 0.5, 1e-12);
}
END_TEST

START_TEST(test_percentile_axis_counts_nines)
{
    struct axis axis = settled((struct axis){.is_log = true, .unit = AXIS_PERCENTILE}, 1, 10000);
    expect_ticks(&axis, (const char *[]){"0 %", "90 %", "99 %", "99.9 %", "99.99 %", NULL});
}
END_TEST

START_TEST(test_axis_may_have_its_ticks_at_the_values)
{
    struct axis axis = {.is_log = true, .ticks_at_values = true};
    const double values[] = {8, 1, 32, 8, 33};
    for (size_t i = 0; i < 5; i++)
        axis_include(&axis, values[i]);
    axis_settle(&axis);
    expect_ticks(&axis, (const char *[]){"1", "8", "32", NULL}); /* 33 would overlap */
}
END_TEST

START_TEST(test_axis_of_nothing_or_one_value_is_still_an_axis)
{
    struct axis axis = {.is_log = true};
    axis_include(&axis, 0);
    axis_include(&axis, NAN);
    axis_settle(&axis);
    ck_assert(axis.low < axis.high);
    axis = settled((struct axis){.is_log = true}, 10, 10);
    ck_assert(axis.low < axis.high);
    axis = settled((struct axis){0}, 0, 0);
    ck_assert(axis.low < axis.high);
    axis = settled((struct axis){.is_log = true, .ticks_at_values = true}, 5, 5);
    ck_assert(axis.low < 5 && 5 < axis.high);
}
END_TEST

/* ---- the picture ----------------------------------------------------------------------- */

static char *write_charts(unsigned count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    ck_assert_int_eq(charts_write(charts, count, file), 0);
    fclose(file);
    return text;
}

static void fill_charts(void)
{
    for (unsigned i = 0; i < 3; i++) {
        snprintf(charts[i].title, sizeof charts[i].title, "Cost & <size> %u", i);
        charts[i].x = (struct axis){.label = "a > b", .is_log = true};
        charts[i].y = (struct axis){.label = "\"ns\"", .unit = AXIS_NS, .is_log = i > 0};
        for (unsigned j = 0; j < 4; j++) {
            struct chart_series *series = chart_add_series(&charts[i], "R&D", j);
            series->is_faint = j == 3;
            for (unsigned k = 1; k < 6; k++)
                chart_add_point(&charts[i], series,
                                (struct chart_point){k * 10, k * j, k * j, k * j * 1.2});
        }
    }
}

/* Elements open and close in order, attributes are quoted, no bare & or <: what a parser needs. */
static void expect_well_formed(const char *text)
{
    char open[16][16];
    unsigned depth = 0;
    for (const char *p = text; (p = strchr(p, '<')) != NULL; p++) {
        const char *end = strchr(p, '>');
        ck_assert_ptr_nonnull(end);
        char name[16] = "";
        sscanf(p + 1 + (p[1] == '/'), "%15[a-z]", name);
        unsigned quotes = 0;
        for (const char *q = p; q < end; q++)
            quotes += *q == '"';
        ck_assert_uint_eq(quotes % 2, 0);
        if (p[1] == '/') {
            ck_assert_uint_gt(depth, 0);
            ck_assert_str_eq(open[--depth], name);
        } else if (end[-1] != '/') {
            ck_assert_uint_lt(depth, 16);
            strcpy(open[depth++], name);
        }
    }
    ck_assert_uint_eq(depth, 0);
    for (const char *p = text; (p = strchr(p, '&')) != NULL; p++)
        ck_assert(strncmp(p, "&amp;", 5) == 0 || strncmp(p, "&lt;", 4) == 0 ||
                  strncmp(p, "&gt;", 4) == 0);
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
}

START_TEST(test_picture_is_well_formed)
{
    fill_charts();
    for (unsigned count = 1; count <= 3; count++) {
        char *text = write_charts(count);
        expect_well_formed(text);
        free(text);
    }
}
END_TEST

START_TEST(test_every_line_is_named_at_its_end_and_once_in_the_legend)
{
    fill_charts();
    char *text = write_charts(1);
    unsigned names = 0;
    for (const char *p = text; (p = strstr(p, ">R&amp;D<")) != NULL; p++)
        names++;
    ck_assert_uint_eq(names, 6);
    unsigned lines = 0;
    for (const char *p = text; (p = strstr(p, "<polyline")) != NULL; p++)
        lines++;
    ck_assert_uint_eq(lines, 4);
    free(text);
}
END_TEST

/* Eight lines that end in one point: their names must be a line of text apart, and inside. */
START_TEST(test_names_of_lines_that_meet_do_not_overlap)
{
    charts[0].x = (struct axis){.label = "x"};
    charts[0].y = (struct axis){.label = "y"};
    for (unsigned i = 0; i < 8; i++)
        chart_add_point(&charts[0], chart_add_series(&charts[0], "same", i),
                        (struct chart_point){1, 0, 0, 0});
    char *text = write_charts(1);
    double last = -100;
    unsigned seen = 0;
    for (const char *p = text; (p = strstr(p, "<text")) != NULL; p++) {
        double x, y;
        ck_assert_int_eq(sscanf(p, "<text x=\"%lf\" y=\"%lf\"", &x, &y), 2);
        const char *name = strchr(p, '>');
        if (strncmp(name, ">same<", 6) != 0 || x < 500) /* those of the legend are left of it */
            continue;
        ck_assert_double_ge(y, last + 14.9);
        ck_assert_double_le(y, 2 * 20 + 400 - 56 + 25);
        last = y;
        seen++;
    }
    ck_assert_uint_eq(seen, 8);
    free(text);
}
END_TEST

START_TEST(test_too_many_points_and_series_are_left_out)
{
    charts[0].x = (struct axis){.label = "x"};
    charts[0].y = (struct axis){.label = "y"};
    for (unsigned i = 0; i < 2 * CHART_SERIES_MAX; i++) {
        struct chart_series *series = chart_add_series(&charts[0], "s", i);
        for (unsigned j = 0; j < 2 * CHART_POINTS_MAX; j++)
            chart_add_point(&charts[0], series, (struct chart_point){j, j, j, j});
    }
    ck_assert_uint_eq(charts[0].series_count, CHART_SERIES_MAX);
    char *text = write_charts(1);
    expect_well_formed(text);
    free(text);
}
END_TEST

int main(void)
{
    TCase *tcase;
    Suite *suite = harness_suite("chart", &tcase);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_linear_axis_begins_at_zero_and_ends_at_a_tick);
    tcase_add_test(tcase, test_log_axis_has_powers_of_ten_and_when_short_what_lies_between);
    tcase_add_test(tcase, test_percentile_axis_counts_nines);
    tcase_add_test(tcase, test_axis_may_have_its_ticks_at_the_values);
    tcase_add_test(tcase, test_axis_of_nothing_or_one_value_is_still_an_axis);
    tcase_add_test(tcase, test_picture_is_well_formed);
    tcase_add_test(tcase, test_every_line_is_named_at_its_end_and_once_in_the_legend);
    tcase_add_test(tcase, test_names_of_lines_that_meet_do_not_overlap);
    tcase_add_test(tcase, test_too_many_points_and_series_are_left_out);
    return harness_run(suite);
}
