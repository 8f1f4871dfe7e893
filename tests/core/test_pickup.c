/*
 * Codes: which open, what the others are told, and how many wrong ones may be tried.
 */
#include "rules.h"
#include "support/harness.h"

/* ---- pickup ------------------------------------------------------------------------------- */

START_TEST(test_pickup_works_until_the_last_millisecond)
{
    fixture_open(&f, "SS", policy_with(NULL));
    const uint64_t a = fixture_deposit(&f, SIZE_SMALL, NULL);
    const uint64_t b = fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 7 * DAY_MS - 1;
    ck_assert_int_eq(fixture_pickup(&f, a), OUTCOME_OK);
    f.now_ms += 1;
    ck_assert_int_eq(fixture_pickup(&f, b), OUTCOME_CODE_EXPIRED);
}
END_TEST

START_TEST(test_pickup_of_unknown_or_malformed_code_is_invalid)
{
    fixture_open(&f, "S", policy_with(NULL));
    ck_assert_int_eq(fixture_pickup(&f, 12345), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_pickup(&f, 0), OUTCOME_INVALID_CODE);
}
END_TEST

START_TEST(test_retired_codes_are_forgotten_after_a_while)
{
    fixture_open(&f, "S", policy_with(short_memory));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    f.now_ms += DAY_MS - 1;
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_USED);
    f.now_ms += 1;
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_INVALID_CODE);
}
END_TEST

START_TEST(test_latest_four_codes_a_compartment_are_remembered)
{
    uint64_t codes[8];
    fixture_open(&f, "SS", policy_with(NULL));
    for (int i = 0; i < 8; i++) {
        codes[i] = fixture_deposit(&f, SIZE_SMALL, NULL);
        ck_assert_int_eq(fixture_pickup(&f, codes[i]), OUTCOME_OK);
    }
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(fixture_pickup(&f, codes[i]), OUTCOME_CODE_USED);
}
END_TEST

START_TEST(test_ring_of_retired_codes_forgets_the_oldest)
{
    fixture_open(&f, "S", policy_with(no_guess_limit));
    const struct locker_shape shape = locker_shape_for(f.wall, 1, 16);
    uint64_t first = 0;
    uint64_t last = 0;
    ck_assert_uint_ge(shape.remember_codes, 4096); /* the smallest wall of all */
    for (uint32_t i = 0; i <= shape.remember_codes; i++) {
        if (first) /* so many, and the first is still known */
            ck_assert_int_eq(fixture_pickup(&f, first), OUTCOME_CODE_USED);
        last = fixture_deposit(&f, SIZE_SMALL, NULL);
        first = first ? first : last;
        ck_assert_int_eq(fixture_pickup(&f, last), OUTCOME_OK);
    }
    ck_assert_int_eq(fixture_pickup(&f, first), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_pickup(&f, last), OUTCOME_CODE_USED);
}
END_TEST

START_TEST(test_offer_is_fresh_only_when_neither_live_nor_remembered)
{
    fixture_open(&f, "S", policy_with(short_memory));
    struct code_offer offer = {.hash = fixture_deposit(&f, SIZE_SMALL, NULL)};
    ck_assert(!locker_offer_is_fresh(&f.locker, &offer));
    ck_assert_int_eq(fixture_pickup(&f, offer.hash), OUTCOME_OK);
    ck_assert(!locker_offer_is_fresh(&f.locker, &offer));
    f.now_ms += 2 * DAY_MS;
    fixture_deposit(&f, SIZE_SMALL, NULL); /* clears away what is forgotten */
    ck_assert(locker_offer_is_fresh(&f.locker, &offer));
}
END_TEST

/* ---- guessing ----------------------------------------------------------------------------- */

START_TEST(test_wrong_codes_are_limited_and_earned_back)
{
    fixture_open(&f, "SS", policy_with(three_wrong_codes));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_TRY_LATER);
    ck_assert_int_eq(f.answer.retry_after_ms, 3000);
    f.now_ms += 2999;
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_TRY_LATER);
    ck_assert_int_eq(f.answer.retry_after_ms, 1);
    f.now_ms += 1;
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_TRY_LATER);
}
END_TEST

START_TEST(test_codes_that_were_codes_once_do_not_count_as_wrong)
{
    fixture_open(&f, "SS", policy_with(three_wrong_codes));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_USED);
    ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
}
END_TEST

START_TEST(test_what_can_be_no_code_counts_as_wrong)
{
    fixture_open(&f, "SS", policy_with(three_wrong_codes));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    for (int i = 0; i < 3; i++) /* empty, letters, a wrong length: a code without a hash */
        ck_assert_int_eq(fixture_pickup(&f, 0), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_TRY_LATER);
    ck_assert_int_eq(f.answer.retry_after_ms, 3000);
}
END_TEST

START_TEST(test_burst_is_earned_back_whole_and_no_more)
{
    fixture_open(&f, "S", policy_with(three_wrong_codes));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
        ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_TRY_LATER);
        f.now_ms += DAY_MS;
    }
}
END_TEST

START_TEST(test_no_limit_lets_everybody_guess)
{
    fixture_open(&f, "S", policy_with(no_guess_limit));
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = rules_suite("pickup", &tests);
    tcase_add_test(tests, test_pickup_works_until_the_last_millisecond);
    tcase_add_test(tests, test_pickup_of_unknown_or_malformed_code_is_invalid);
    tcase_add_test(tests, test_retired_codes_are_forgotten_after_a_while);
    tcase_add_test(tests, test_latest_four_codes_a_compartment_are_remembered);
    tcase_add_test(tests, test_ring_of_retired_codes_forgets_the_oldest);
    tcase_add_test(tests, test_offer_is_fresh_only_when_neither_live_nor_remembered);
    tcase_add_test(tests, test_wrong_codes_are_limited_and_earned_back);
    tcase_add_test(tests, test_codes_that_were_codes_once_do_not_count_as_wrong);
    tcase_add_test(tests, test_what_can_be_no_code_counts_as_wrong);
    tcase_add_test(tests, test_burst_is_earned_back_whole_and_no_more);
    tcase_add_test(tests, test_no_limit_lets_everybody_guess);
    return harness_run(suite);
}
