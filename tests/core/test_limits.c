/*
 * What the station runs up against: people who guess, a wall that is full, a disk that is behind
 * or takes no changes at all.
 */
#include "fixture.h"

#include <string.h>

#define EARNED_MS WRONG_CODE_EARNED_EVERY_MS

static struct fixture f;

static struct policy policy_with_burst(uint32_t wrong_codes)
{
    struct policy policy = POLICY_DEFAULT;
    policy.remember_requests = 16;
    policy.wrong_codes = wrong_codes;
    return policy;
}

static void close_fixture(void)
{
    fixture_close(&f);
}

/* ---- guesses ------------------------------------------------------------------------------ */

/* So many wrong codes are let through now, and then no code at all for this long. */
static void expect_guesses(int guesses, int64_t wait_ms)
{
    for (int i = 0; i < guesses; i++)
        ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_TRY_LATER);
    ck_assert_int_eq(f.answer.retry_after_ms, wait_ms);
}

START_TEST(test_clock_set_back_does_not_lock_the_keypad)
{
    fixture_open(&f, "S", policy_with_burst(3));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 2 * DAY_MS;
    ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
    f.now_ms -= 2 * DAY_MS;
    /* At worst it is as if the whole burst had just been spent. */
    expect_guesses(0, EARNED_MS);
    f.now_ms += EARNED_MS;
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    expect_guesses(1, EARNED_MS);
    f.now_ms += 3 * EARNED_MS;
    expect_guesses(3, EARNED_MS);
}
END_TEST

START_TEST(test_smaller_burst_counts_from_where_it_is_set)
{
    fixture_open(&f, "S", policy_with_burst(30));
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
    const struct policy smaller = policy_with_burst(3);
    locker_set_policy(&f.locker, &smaller);
    expect_guesses(0, EARNED_MS);
    f.now_ms += EARNED_MS;
    expect_guesses(1, EARNED_MS);
    f.now_ms += 10 * EARNED_MS;
    expect_guesses(3, EARNED_MS);
}
END_TEST

/* ---- a full wall -------------------------------------------------------------------------- */

START_TEST(test_deposit_looks_past_expired_parcels_out_of_service)
{
    enum outcome refusal;
    fixture_open(&f, "SSSSSSSSSSSS", policy_with_burst(0));
    for (int i = 0; i < 12; i++) {
        fixture_deposit(&f, SIZE_SMALL, NULL);
        f.now_ms += 1000;
    }
    for (uint32_t i = 0; i < 9; i++)
        ck_assert_int_eq(fixture_service(&f, i, false, "jammed"), OUTCOME_OK);
    f.now_ms += 8 * DAY_MS;
    /* The three that can be used, in the order in which they expired, and no more events. */
    for (uint32_t i = 9; i < 12; i++) {
        const uint64_t sequence = locker_sequence(&f.locker);
        fixture_deposit(&f, SIZE_SMALL, NULL);
        ck_assert_uint_eq(f.answer.compartment, i);
        ck_assert_uint_eq(locker_sequence(&f.locker), sequence + 2);
    }
    ck_assert_uint_eq(fixture_deposit(&f, SIZE_SMALL, &refusal), 0);
    ck_assert_int_eq(refusal, OUTCOME_NO_SPACE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits");
    TCase *tests = tcase_create("limits");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, close_fixture);
    tcase_add_test(tests, test_clock_set_back_does_not_lock_the_keypad);
    tcase_add_test(tests, test_smaller_burst_counts_from_where_it_is_set);
    tcase_add_test(tests, test_deposit_looks_past_expired_parcels_out_of_service);
    suite_add_tcase(suite, tests);
    return fixture_run(suite);
}
