#include "load_report.h"
#include "percentiles.h"
#include "support/harness.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Echo and one station; 8 clients and an open loop; three rounds in which the station is half as
 * fast, and 10,000 requests of the open loop so that every percentile is known there. */
static struct load_table table;

static void record(unsigned target, unsigned shape, unsigned number, unsigned count)
{
    static struct load_round round;
    load_round_clear(&round);
    round.seconds = 1;
    round.answered = count;
    for (unsigned i = 1; i <= count; i++) {
        histogram_record(&round.service, (uint64_t)i * 1000 * (target + 1));
        if (table.shapes[shape].rate > 0)
            histogram_record(&round.response, (uint64_t)i * 1000 * (target + 1));
    }
    round.fell_short = shape == 1 && target == 1 && number == 0;
    load_table_record(&table, target, shape, number, &round);
}

static void setup(void)
{
    table = (struct load_table){.targets = {"echo", "durable"},
                                .notes = {NULL, "exactly once, \"on disk\""},
                                .target_count = 2,
                                .shapes = {{.clients = 8}, {.clients = 4, .rate = 4000}},
                                .shape_count = 2,
                                .rounds = 3,
                                .seconds = 1};
    ck_assert_int_eq(load_table_make_cells(&table), 0);
    for (unsigned number = 0; number < 3; number++) {
        record(0, 0, number, 20 + 2 * number);
        record(1, 0, number, 10 + number);
        record(0, 1, number, 4000);
        record(1, 1, number, 4000);
    }
}

static void teardown(void)
{
    load_table_free(&table);
}

typedef void printer(const struct load_table *table, FILE *file);

static char *print(printer *how)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    how(&table, file);
    fclose(file);
    return text;
}

static unsigned count_commas(const char *line)
{
    unsigned count = 0;
    for (; *line != '\0'; line++)
        count += *line == ',';
    return count;
}

START_TEST(test_percentile_of_too_few_values_is_not_known)
{
    static struct histogram histogram;
    histogram_clear(&histogram);
    for (unsigned i = 1; i < 10000; i++)
        histogram_record(&histogram, i);
    ck_assert(percentile_is_known(&histogram, 3));
    ck_assert(!percentile_is_known(&histogram, 4));
    histogram_record(&histogram, 10000);
    ck_assert(percentile_is_known(&histogram, 4));
    histogram_clear(&histogram);
    ck_assert(!percentile_is_known(&histogram, 5));
}
END_TEST

START_TEST(test_csv_has_as_many_fields_in_every_row_as_heads)
{
    char *text = print(load_print_csv);
    char *rest = text;
    unsigned rows = 0;
    unsigned commas = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; rows++) {
        if (rows == 0)
            commas = count_commas(line);
        ck_assert_uint_eq(count_commas(line), commas);
        if (rows == 2) {
            ck_assert_ptr_eq(strstr(line, "durable,closed,8,0,0,3,1,33,0,0,11.0,10.0,12.0,0.5"),
                             line);
            ck_assert_ptr_nonnull(strstr(line, ",,")); /* p99 of 33 values */
        }
        if (rows == 4)
            ck_assert_ptr_eq(strstr(line, "durable,open,4,0,4000,3,1,12000,0,1,"), line);
    }
    ck_assert_uint_eq(rows, 5);
    free(text);
}
END_TEST

START_TEST(test_json_has_percentiles_or_null)
{
    json_t *object = load_json(&table);
    ck_assert_ptr_nonnull(object);
    const json_t *cells = json_object_get(object, "cells");
    ck_assert_uint_eq(json_array_size(cells), 4);
    const json_t *closed = json_array_get(cells, 1);
    ck_assert_str_eq(json_string_value(json_object_get(closed, "guarantees")), table.notes[1]);
    ck_assert(json_is_null(json_object_get(json_object_get(closed, "service"), "p99_us")));
    ck_assert_ptr_null(json_object_get(closed, "response"));
    ck_assert_double_eq(
        json_real_value(json_object_get(json_object_get(closed, "ratio_to_echo"), "median")), 0.5);
    const json_t *open = json_array_get(cells, 3);
    ck_assert(json_is_real(json_object_get(json_object_get(open, "response"), "p99.99_us")));
    ck_assert(json_is_real(json_object_get(json_object_get(open, "service"), "p99.99_us")));
    ck_assert_int_eq(json_integer_value(json_object_get(open, "rounds_short")), 1);
    json_decref(object);
}
END_TEST

START_TEST(test_table_warns_of_a_rate_that_was_not_reached)
{
    char *text = print(load_print);
    ck_assert_ptr_nonnull(strstr(text, "WARNING: durable did not reach 4000/s in 1 of 3 rounds"));
    ck_assert_ptr_null(strstr(text, "WARNING: echo"));
    ck_assert_ptr_nonnull(strstr(text, "\ndurable        exactly once, \"on disk\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "durable        response      4014"));
    ck_assert_ptr_null(strstr(text, " \n"));
    free(text);
}
END_TEST

START_TEST(test_shape_that_a_server_does_not_have_is_a_dash_and_nothing_else)
{
    table.cells[1][1]->skipped = true;
    char *text = print(load_print);
    ck_assert_ptr_nonnull(strstr(text, "            durable                -\n"));
    ck_assert_ptr_null(strstr(text, "durable        response"));
    free(text);
    text = print(load_print_csv);
    ck_assert_ptr_nonnull(strstr(text, "\ndurable,closed"));
    ck_assert_ptr_null(strstr(text, "\ndurable,open"));
    free(text);
    json_t *object = load_json(&table);
    ck_assert_uint_eq(json_array_size(json_object_get(object, "cells")), 3);
    json_decref(object);
}
END_TEST

START_TEST(test_samples_survive_the_way_through_json)
{
    struct samples samples = {0};
    struct samples again = {0};
    ck_assert_int_eq(load_samples(&table, &samples), 0);
    ck_assert_uint_eq(samples.count, 4);
    ck_assert_str_eq(samples.list[0].name, "durable, 8 clients, req/s to echo");
    ck_assert(samples.list[0].more_is_better);
    ck_assert_str_eq(samples.list[2].name, "durable, 4000/s, p50 to echo");
    ck_assert(!samples.list[2].more_is_better);
    json_t *array = samples_json(&samples);
    ck_assert_int_eq(samples_read(&again, array), 0);
    ck_assert_uint_eq(again.count, 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_mem_eq(&again.list[i], &samples.list[i], sizeof again.list[i]);
    json_decref(array);
    samples_free(&samples);
    samples_free(&again);
}
END_TEST

START_TEST(test_samples_of_another_make_are_not_read)
{
    static const char *const foreign[] = {
        "{}", "[1]", "[{\"name\":\"a\",\"better\":\"more\",\"values\":[]}]",
        "[{\"name\":\"a\",\"better\":\"more\",\"values\":[\"1\"]}]", "[{\"values\":[1]}]"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        struct samples samples = {0};
        json_t *array = json_loads(foreign[i], 0, NULL);
        ck_assert_int_ne(samples_read(&samples, array), 0);
        json_decref(array);
        samples_free(&samples);
    }
}
END_TEST

int main(void)
{
    TCase *tcase;
    Suite *suite = harness_suite("report", &tcase);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_percentile_of_too_few_values_is_not_known);
    tcase_add_test(tcase, test_csv_has_as_many_fields_in_every_row_as_heads);
    tcase_add_test(tcase, test_json_has_percentiles_or_null);
    tcase_add_test(tcase, test_table_warns_of_a_rate_that_was_not_reached);
    tcase_add_test(tcase, test_shape_that_a_server_does_not_have_is_a_dash_and_nothing_else);
    tcase_add_test(tcase, test_samples_survive_the_way_through_json);
    tcase_add_test(tcase, test_samples_of_another_make_are_not_read);
    return harness_run(suite);
}
