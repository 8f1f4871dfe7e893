#include "histogram.h"
#include "support/harness.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define MANY 20000

static struct histogram histogram;
static struct histogram other;
static uint64_t values[MANY];

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return random_state >> 20;
}

/* Values of every magnitude, as latencies are. */
static void fill_values(void)
{
    for (size_t i = 0; i < MANY; i++)
        values[i] = next_random() >> (next_random() % 40 + 2);
}

static void setup(void)
{
    random_state = 42;
    histogram_clear(&histogram);
    histogram_clear(&other);
}

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

START_TEST(test_empty_histogram_has_no_percentile)
{
    ck_assert_uint_eq(histogram_percentile(&histogram, 50), 0);
    ck_assert_uint_eq(histogram_percentile(&histogram, 100), 0);
    ck_assert_uint_eq(histogram.count, 0);
}
END_TEST

START_TEST(test_small_values_are_kept_exactly)
{
    for (uint64_t value = 0; value < 128; value++) {
        histogram_clear(&histogram);
        histogram_record(&histogram, value);
        histogram_record(&histogram, UINT64_C(1) << 40);
        ck_assert_uint_eq(histogram_percentile(&histogram, 50), value);
    }
}
END_TEST

/* Every power of two, its neighbours, and random values between. */
START_TEST(test_value_read_back_is_never_below_and_at_most_one_128th_above)
{
    for (unsigned bit = 0; bit < HISTOGRAM_MAX_BITS; bit++) {
        for (int64_t step = -1; step <= 30; step++) {
            uint64_t value = UINT64_C(1) << bit;
            value += step <= 1 ? (uint64_t)step : next_random() % value;
            if (value >> HISTOGRAM_MAX_BITS != 0)
                continue;
            histogram_clear(&histogram);
            histogram_record(&histogram, value);
            histogram_record(&histogram, UINT64_MAX);
            uint64_t read = histogram_percentile(&histogram, 50);
            ck_assert_uint_ge(read, value);
            ck_assert_uint_le(read - value, value / 128);
        }
    }
}
END_TEST

START_TEST(test_value_beyond_the_range_is_counted_and_its_maximum_exact)
{
    histogram_record(&histogram, 7);
    histogram_record(&histogram, UINT64_MAX - 5);
    ck_assert_uint_eq(histogram.count, 2);
    ck_assert_uint_eq(histogram_percentile(&histogram, 100), UINT64_MAX - 5);
    ck_assert_uint_eq(histogram_percentile(&histogram, 99), UINT64_MAX - 5);
    ck_assert_uint_eq(histogram_percentile(&histogram, 50), 7);
}
END_TEST

START_TEST(test_percentiles_follow_the_sorted_array)
{
    fill_values();
    for (size_t i = 0; i < MANY; i++)
        histogram_record(&histogram, values[i]);
    qsort(values, MANY, sizeof values[0], by_value);
    for (unsigned tenth = 1; tenth <= 1000; tenth++) {
        size_t rank = (size_t)MANY * tenth / 1000; /* nearest rank, MANY is a multiple of 1000 */
        uint64_t exact = values[rank - 1];
        uint64_t read = histogram_percentile(&histogram, (double)tenth / 10);
        ck_assert_uint_ge(read + exact / 128, exact);
        ck_assert_uint_le(read, exact + exact / 128 + 1);
    }
    ck_assert_uint_eq(histogram_percentile(&histogram, 100), values[MANY - 1]);
    ck_assert_uint_eq(histogram.min, values[0]);
    ck_assert_uint_eq(histogram_percentile(&histogram, 500), values[MANY - 1]);
    ck_assert_uint_le(histogram_percentile(&histogram, -1), values[0] + values[0] / 128);
}
END_TEST

START_TEST(test_merging_is_the_same_as_recording_in_one)
{
    static struct histogram parts[3];
    fill_values();
    for (size_t i = 0; i < 3; i++)
        histogram_clear(&parts[i]);
    for (size_t i = 0; i < MANY; i++) {
        histogram_record(&histogram, values[i]);
        histogram_record(&parts[i % 3], values[i]);
    }
    for (size_t i = 0; i < 3; i++)
        histogram_merge(&other, &parts[i]);
    ck_assert_mem_eq(&histogram, &other, sizeof histogram);
}
END_TEST

START_TEST(test_merging_an_empty_one_changes_nothing)
{
    histogram_record(&histogram, 1000);
    struct histogram before = histogram;
    histogram_merge(&histogram, &other);
    ck_assert_mem_eq(&histogram, &before, sizeof before);
}
END_TEST

START_TEST(test_hgrm_ends_with_the_maximum_and_the_count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    for (uint64_t i = 1; i <= 100; i++)
        histogram_record(&histogram, i * 1000);
    ck_assert_int_eq(histogram_write_hgrm(&histogram, 1000, file), 0);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "#[Max =      100.000, Total count =        100]"));
    ck_assert_ptr_nonnull(strstr(text, "     100.000 1.000000000000        100\n"));
    free(text);
}
END_TEST

START_TEST(test_hgrm_that_cannot_be_written_is_an_error)
{
    FILE *file = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(file);
    setvbuf(file, NULL, _IONBF, 0);
    histogram_record(&histogram, 1);
    ck_assert_int_ne(histogram_write_hgrm(&histogram, 1, file), 0);
    fclose(file);
}
END_TEST

int main(void)
{
    TCase *tcase;
    Suite *suite = harness_suite("histogram", &tcase);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_empty_histogram_has_no_percentile);
    tcase_add_test(tcase, test_small_values_are_kept_exactly);
    tcase_add_test(tcase, test_value_read_back_is_never_below_and_at_most_one_128th_above);
    tcase_add_test(tcase, test_value_beyond_the_range_is_counted_and_its_maximum_exact);
    tcase_add_test(tcase, test_percentiles_follow_the_sorted_array);
    tcase_add_test(tcase, test_merging_is_the_same_as_recording_in_one);
    tcase_add_test(tcase, test_merging_an_empty_one_changes_nothing);
    tcase_add_test(tcase, test_hgrm_ends_with_the_maximum_and_the_count);
    tcase_add_test(tcase, test_hgrm_that_cannot_be_written_is_an_error);
    return harness_run(suite);
}
