/*
 * The memory of retired codes: what it keeps of a code, and for how long.
 */
#include "fixture.h"
#include "support/harness.h"

#include <string.h>

static struct fixture f;

static void close_fixture(void)
{
    fixture_close(&f);
}

/* The index knows 46 bits of a hash. A door opens only for all of it, and nothing is issued that
 * the index could not tell from what there is. */
START_TEST(test_a_code_that_agrees_in_part_opens_nothing_and_is_not_issued)
{
    fixture_open(&f, "SS", POLICY_DEFAULT);
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    const struct code_offer near = {.nonce = 1, .hash = code ^ 1, .digits = 6};
    const struct code_offer far = {.nonce = 1, .hash = code ^ UINT64_C(1) << 18, .digits = 6};
    ck_assert_int_eq(fixture_pickup(&f, near.hash), OUTCOME_INVALID_CODE);
    ck_assert(!locker_offer_is_fresh(&f.locker, &near));
    ck_assert(locker_offer_is_fresh(&f.locker, &far));
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_USED);
    ck_assert_int_eq(fixture_pickup(&f, far.hash), OUTCOME_INVALID_CODE);
    ck_assert(!locker_offer_is_fresh(&f.locker, &near));
    ck_assert(locker_offer_is_fresh(&f.locker, &far));
}
END_TEST

/* Even one whose kept bits are all 0. */
START_TEST(test_any_hash_can_be_retired)
{
    fixture_open(&f, "S", POLICY_DEFAULT);
    struct intent deposit = fixture_intent(&f, OP_DEPOSIT);
    deposit.has_size = true;
    deposit.offer.hash = 1;
    ck_assert_int_eq(fixture_perform(&f, &deposit), OUTCOME_OK);
    ck_assert_int_eq(fixture_pickup(&f, 1), OUTCOME_OK);
    ck_assert_int_eq(fixture_pickup(&f, 1), OUTCOME_CODE_USED);
}
END_TEST

/* Two in a row share a time here: both are remembered as long as the later one must be. */
START_TEST(test_a_large_wall_remembers_codes_at_least_as_long_as_promised)
{
    static char sizes[20001];
    struct policy policy = POLICY_DEFAULT;
    policy.remember_ms = 1000;
    memset(sizes, 'S', sizeof sizes - 1);
    fixture_open(&f, sizes, policy);
    const uint64_t earlier = fixture_deposit(&f, SIZE_SMALL, NULL);
    const uint64_t later = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_pickup(&f, earlier), OUTCOME_OK);
    f.now_ms += 500;
    ck_assert_int_eq(fixture_pickup(&f, later), OUTCOME_OK);
    f.now_ms += 499;
    ck_assert_int_eq(fixture_pickup(&f, earlier), OUTCOME_CODE_USED);
    f.now_ms += 500;
    ck_assert_int_eq(fixture_pickup(&f, later), OUTCOME_CODE_USED);
    f.now_ms += 1;
    ck_assert_int_eq(fixture_pickup(&f, earlier), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_pickup(&f, later), OUTCOME_INVALID_CODE);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("retired", &tests);
    tcase_add_checked_fixture(tests, NULL, close_fixture);
    tcase_add_test(tests, test_a_code_that_agrees_in_part_opens_nothing_and_is_not_issued);
    tcase_add_test(tests, test_any_hash_can_be_retired);
    tcase_add_test(tests, test_a_large_wall_remembers_codes_at_least_as_long_as_promised);
    return harness_run(suite);
}
