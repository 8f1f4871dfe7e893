/*
 * The results of engine, scale, tail and idle in the forms of output.h: shapes, not figures.
 */
#include "engine_report.h"
#include "measures.h"
#include "scale_report.h"
#include "support/harness.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct engine_results engine;
static struct scale_results scale;

static void setup(void)
{
    engine = (struct engine_results){.row_count = 2};
    scale = (struct scale_results){.curve_count = 2, .clients = 8};
    for (unsigned i = 0; i < 2; i++) {
        engine.rows[i] = (struct engine_row){.compartments = 100,
                                             .fill_percent = i == 0 ? 10 : 99,
                                             .rounds = 3,
                                             .pair_ns = {1200, 1300, 1250},
                                             .hash_ns = {600, 650, 625},
                                             .cache_misses = i == 0 ? 3.5 : -1,
                                             .instructions = -1,
                                             .bytes = 20000,
                                             .request_bytes = 10000};
        scale.curves[i] = (struct scale_curve){.name = i == 0 ? "wall size" : "start-up",
                                               .x_label = "compartments",
                                               .y_label = "cost, in all",
                                               .lines = {"orderly end", "kill -9"},
                                               .line_count = i + 1,
                                               .point_count = 2,
                                               .rounds = 2,
                                               .x = {100, 1000000},
                                               .y = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}};
    }
}

/* What `write` puts into a file. */
static char *written(const struct output_source *source, bool csv)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (csv)
        source->print_csv(source->results, file);
    else
        ck_assert_int_eq(source->plot(source->results, file), 0);
    fclose(file);
    return text;
}

static void expect_csv(const struct output_source *source, unsigned rows)
{
    char *text = written(source, true);
    char *rest = text;
    unsigned seen = 0;
    unsigned fields = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; seen++) {
        unsigned commas = 0;
        bool quoted = false;
        for (const char *p = line; *p != '\0'; p++) {
            quoted = quoted != (*p == '"');
            commas += *p == ',' && !quoted;
        }
        if (seen == 0)
            fields = commas;
        ck_assert_uint_eq(commas, fields);
    }
    ck_assert_uint_eq(seen, rows + 1);
    free(text);
}

static void expect_picture(const struct output_source *source, const char *name)
{
    char *text = written(source, false);
    ck_assert_ptr_eq(strstr(text, "<svg "), text);
    ck_assert_ptr_nonnull(strstr(text, "</svg>\n"));
    ck_assert_ptr_nonnull(strstr(text, name));
    ck_assert_ptr_null(strstr(text, "nan"));
    free(text);
}

START_TEST(test_engine)
{
    struct output_source source = engine_output(&engine);
    struct samples samples = {0};
    expect_csv(&source, 2);
    expect_picture(&source, ">99 % full<");
    json_t *object = source.json(&engine);
    const json_t *rows = json_object_get(object, "rows");
    ck_assert_uint_eq(json_array_size(rows), 2);
    ck_assert(json_is_real(json_object_get(json_array_get(rows, 0), "cache_misses")));
    ck_assert(json_is_null(json_object_get(json_array_get(rows, 1), "cache_misses")));
    ck_assert_double_eq(
        json_real_value(json_object_get(json_array_get(rows, 0), "bytes_per_compartment")), 100);
    json_decref(object);
    ck_assert_int_eq(source.samples(&engine, &samples), 0);
    ck_assert_uint_eq(samples.count, 2);
    ck_assert_double_eq(samples.list[0].values[0], 2);
    ck_assert(!samples.list[0].more_is_better);
    samples_free(&samples);
}
END_TEST

START_TEST(test_scale)
{
    struct output_source source = scale_output(&scale);
    struct samples samples = {0};
    expect_csv(&source, 6);
    expect_picture(&source, ">Wall size<");
    json_t *object = source.json(&scale);
    ck_assert_uint_eq(json_array_size(json_object_get(object, "points")), 6);
    json_decref(object);
    ck_assert_int_eq(source.samples(&scale, &samples), 0);
    ck_assert_uint_eq(samples.count, 6);
    ck_assert_str_eq(samples.list[5].name, "start-up, kill -9, 1000000 compartments");
    ck_assert_double_eq(samples.list[5].values[1], 8);
    samples_free(&samples);
}
END_TEST

START_TEST(test_measures_of_one_name_are_one_sample)
{
    static struct measures measures = {.heading = "h"};
    ck_assert_int_eq(measures_add(&measures, "a", false, 1), 0);
    ck_assert_int_eq(measures_add(&measures, "b", true, 2), 0);
    ck_assert_int_eq(measures_add(&measures, "a", false, 3), 0);
    ck_assert_uint_eq(measures.samples.count, 2);
    ck_assert_uint_eq(measures.samples.list[0].count, 2);
    ck_assert_double_eq(measures.samples.list[0].values[1], 3);
    ck_assert_ptr_eq(measures_curve(&measures, "x"), measures_curve(&measures, "x"));
    ck_assert_ptr_ne(measures_curve(&measures, "x"), measures_curve(&measures, "y"));
    measures_free(&measures);
}
END_TEST

/* The table of measures; free() it. */
static char *table_of(const struct measures *measures)
{
    struct output_options options = {.json = false};
    char *text = NULL;
    size_t size = 0;
    stdout = open_memstream(&text, &size); /* in a process of the test's own */
    ck_assert_int_eq(measures_give(&options, measures), 0);
    ck_assert_int_eq(fclose(stdout), 0);
    return text;
}

START_TEST(test_measures_of_a_single_round_have_no_spread)
{
    static struct measures measures = {.heading = "h"};
    ck_assert_int_eq(measures_add(&measures, "time", false, 2), 0);
    ck_assert_int_eq(measures_add_count(&measures, "count", false, 3), 0);
    char *text = table_of(&measures);
    ck_assert_ptr_null(strstr(text, "median"));
    ck_assert_ptr_nonnull(strstr(text, " 2.00\n"));
    ck_assert_ptr_nonnull(strstr(text, " 3\n"));
    free(text);
    ck_assert_int_eq(measures_add_count(&measures, "count", false, 5), 0);
    ck_assert_int_eq(measures_add_count(&measures, "count", false, 4), 0);
    text = table_of(&measures);
    ck_assert_ptr_nonnull(strstr(text, "median"));
    ck_assert_ptr_nonnull(strstr(text, "         4          3          5       3\n"));
    free(text);
    measures_free(&measures);
}
END_TEST

START_TEST(test_nothing_measured_is_a_refusal)
{
    static struct measures measures = {.heading = "h"};
    struct output_options options = {.json = true};
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    ck_assert_int_ne(measures_give(&options, &measures), 0);
    struct load_table table = {.target_count = 1};
    ck_assert_int_ne(output_table(&options, &table), 0);
}
END_TEST

START_TEST(test_files_that_cannot_be_written_are_said_before_the_run)
{
    struct output_options options = {.json = false};
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    char nowhere[] = "/nowhere/at/all.svg";
    optarg = nowhere;
    ck_assert(!output_option(&options, OUTPUT_PLOT));
    ck_assert(!output_option(&options, OUTPUT_HGRM));
    ck_assert(!output_option(&options, OUTPUT_COMPARE));
    ck_assert(!output_option(&options, 'x'));
    ck_assert(output_option(&options, OUTPUT_CSV));
    ck_assert(options.csv);
}
END_TEST

int main(void)
{
    TCase *tcase;
    Suite *suite = harness_suite("results", &tcase);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_engine);
    tcase_add_test(tcase, test_scale);
    tcase_add_test(tcase, test_measures_of_one_name_are_one_sample);
    tcase_add_test(tcase, test_measures_of_a_single_round_have_no_spread);
    tcase_add_test(tcase, test_nothing_measured_is_a_refusal);
    tcase_add_test(tcase, test_files_that_cannot_be_written_are_said_before_the_run);
    return harness_run(suite);
}
