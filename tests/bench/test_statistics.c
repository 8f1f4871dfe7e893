#include "comparison.h"
#include "rank_test.h"
#include "support/harness.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rank_test result;

#define TEST(old, new)                                                                             \
    ck_assert_int_eq(                                                                              \
        rank_test(old, sizeof(old) / sizeof(old)[0], new, sizeof(new) / sizeof(new)[0], &result),  \
        0)

START_TEST(test_spread_is_median_and_ends)
{
    const double odd[] = {3, 1, 2};
    const double even[] = {4, 1, 3, 2};
    ck_assert_double_eq(spread_of(odd, 3).median, 2);
    ck_assert_double_eq(spread_of(even, 4).median, 2.5);
    ck_assert_double_eq(spread_of(even, 4).min, 1);
    ck_assert_double_eq(spread_of(even, 4).max, 4);
}
END_TEST

/* 2 of the C(10,5) = 252 ways to deal the ranks are as far out. */
START_TEST(test_wholly_apart_has_the_least_p)
{
    const double old[] = {1, 2, 3, 4, 5};
    const double new[] = {11, 12, 13, 14, 15};
    TEST(old, new);
    ck_assert_double_eq_tol(result.p, 2.0 / 252, 1e-12);
    ck_assert_double_eq_tol(result.p_least, 2.0 / 252, 1e-12);
    TEST(new, old);
    ck_assert_double_eq_tol(result.p, 2.0 / 252, 1e-12);
}
END_TEST

/* Hollander and Wolfe's permeability of membranes (chapter 4, table 4.1), also the example of R's
 * wilcox.test: W = 35, two-sided p = 0.2544. */
START_TEST(test_known_sample_has_its_known_p)
{
    const double x[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
    const double y[] = {1.15, 0.88, 0.90, 0.74, 1.21};
    TEST(x, y);
    ck_assert_double_eq_tol(result.p, 0.2544, 0.00005);
    TEST(y, x);
    ck_assert_double_eq_tol(result.p, 0.2544, 0.00005);
}
END_TEST

/* Worked by hand: of the 20 ways to pick 3 of the ranks 1.5 1.5 3 4.5 4.5 6, one sum is 6 and two
 * are 7.5: the old sample's. */
START_TEST(test_ties_have_mean_ranks)
{
    const double old[] = {1, 1, 3};
    const double new[] = {5, 5, 7};
    TEST(old, new);
    ck_assert_double_eq_tol(result.p, 2 * 1.0 / 20, 1e-12);
    const double mixed_old[] = {1, 1, 5};
    const double mixed_new[] = {3, 5, 7};
    TEST(mixed_old, mixed_new);
    ck_assert_double_eq_tol(result.p, 2 * 3.0 / 20, 1e-12);
}
END_TEST

START_TEST(test_equal_samples_are_no_change)
{
    const double same[] = {2, 2, 2, 2};
    TEST(same, same);
    ck_assert_double_eq(result.p, 1);
    ck_assert_double_eq(result.ratio, 1);
    ck_assert_double_eq(result.low, 1);
}
END_TEST

START_TEST(test_shift_is_the_median_of_all_pairs_and_the_interval_holds_it)
{
    const double old[] = {1.00, 1.01, 1.02, 1.03, 1.04, 1.05};
    double new[6];
    for (unsigned i = 0; i < 6; i++)
        new[i] = old[i] * 1.1;
    TEST(old, new);
    ck_assert_double_eq_tol(result.ratio, 1.1, 1e-3);
    ck_assert_double_le(result.low, 1.1);
    ck_assert_double_ge(result.high, 1.1);
    ck_assert_double_gt(result.low, 1.0);
    /* Six and six: P(U <= 5) = 0.0206, so five pairs lie outside on each side (R: wilcox.test). */
    double ratios[36];
    for (unsigned i = 0; i < 36; i++)
        ratios[i] = new[i / 6] / old[i % 6];
    for (unsigned i = 0; i < 36; i++) /* the sixth of them */
        for (unsigned j = i + 1; j < 36; j++)
            if (ratios[j] < ratios[i]) {
                double kept = ratios[i];
                ratios[i] = ratios[j];
                ratios[j] = kept;
            }
    ck_assert_double_eq(result.low, ratios[5]);
    ck_assert_double_eq(result.high, ratios[30]);
}
END_TEST

START_TEST(test_large_samples_go_by_the_normal_curve)
{
    double old[100], new[100];
    for (unsigned i = 0; i < 100; i++) {
        old[i] = 100 + i;
        new[i] = 100.5 + i;
    }
    TEST(old, new);
    ck_assert_double_gt(result.p, 0.8);
    for (unsigned i = 0; i < 100; i++)
        new[i] = 130.5 + i;
    TEST(old, new);
    ck_assert_double_lt(result.p, 1e-6);
    ck_assert_double_gt(result.low, 1);
    /* Where both ways can be gone they nearly agree: 20 and 20 exact, 21 and 20 not. */
    double exact = 0;
    for (unsigned count = 20; count <= 21; count++) {
        for (unsigned i = 0; i < count; i++)
            new[i] = 105.5 + i;
        ck_assert_int_eq(rank_test(old, 20, new, count, &result), 0);
        if (count == 20)
            exact = result.p;
    }
    ck_assert_double_eq_tol(result.p, exact, 0.05);
}
END_TEST

START_TEST(test_one_round_each_can_tell_nothing)
{
    const double old[] = {1};
    const double new[] = {2};
    TEST(old, new);
    ck_assert_double_eq(result.p, 1);
    ck_assert_double_eq(result.p_least, 1);
    ck_assert_double_eq(result.ratio, 2);
}
END_TEST

/* ---- comparisons ----------------------------------------------------------------------- */

static void add(struct samples *samples, const char *name, bool more, double from, unsigned count)
{
    struct sample *sample = samples_add(samples);
    snprintf(sample->name, sizeof sample->name, "%s", name);
    sample->more_is_better = more;
    sample->count = count;
    for (unsigned i = 0; i < count; i++)
        sample->values[i] = from + i / 100.0;
}

START_TEST(test_verdicts)
{
    struct samples old = {0}, now = {0};
    add(&old, "faster", true, 1, 6);
    add(&now, "faster", true, 2, 6);
    add(&old, "later", false, 1, 6);
    add(&now, "later", false, 2, 6);
    add(&old, "same", true, 1, 6);
    add(&now, "same", true, 1, 6);
    add(&old, "few", true, 1, 2);
    add(&now, "few", true, 2, 6);
    add(&now, "new", true, 2, 6);
    add(&old, "nothing", true, 0, 6);
    add(&now, "nothing", true, 0, 6);
    json_t *array = comparison_json(&old, &now);
    static const char *const verdicts[] = {"BETTER", "WORSE", "within noise", "too few rounds"};
    ck_assert_uint_eq(json_array_size(array), 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(json_string_value(json_object_get(json_array_get(array, i), "verdict")),
                         verdicts[i]);
    json_decref(array);
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    ck_assert_int_eq(comparison_print(&old, &now, file), 0);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "within noise"));
    ck_assert_ptr_nonnull(strstr(text, "Of 4 rows"));
    ck_assert_ptr_null(strstr(text, "new "));
    free(text);
    samples_free(&old);
    samples_free(&now);
}
END_TEST

START_TEST(test_files_that_are_no_results_are_refused)
{
    static const char *const foreign[] = {"", "[]", "{}", "{\"samples\": [{}]}"};
    char path[] = "/tmp/test-statistics-XXXXXX";
    close(mkstemp(path));
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        FILE *file = fopen(path, "w");
        fputs(foreign[i], file);
        fclose(file);
        struct samples samples = {0};
        ck_assert(!comparison_load(path, &samples));
        samples_free(&samples);
    }
    struct samples samples = {0};
    unlink(path);
    ck_assert(!comparison_load(path, &samples));
}
END_TEST

int main(void)
{
    TCase *tcase;
    Suite *suite = harness_suite("statistics", &tcase);
    tcase_add_test(tcase, test_spread_is_median_and_ends);
    tcase_add_test(tcase, test_wholly_apart_has_the_least_p);
    tcase_add_test(tcase, test_known_sample_has_its_known_p);
    tcase_add_test(tcase, test_ties_have_mean_ranks);
    tcase_add_test(tcase, test_equal_samples_are_no_change);
    tcase_add_test(tcase, test_shift_is_the_median_of_all_pairs_and_the_interval_holds_it);
    tcase_add_test(tcase, test_large_samples_go_by_the_normal_curve);
    tcase_add_test(tcase, test_one_round_each_can_tell_nothing);
    tcase_add_test(tcase, test_verdicts);
    tcase_add_test(tcase, test_files_that_are_no_results_are_refused);
    return harness_run(suite);
}
