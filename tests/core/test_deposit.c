/*
 * The life of a parcel, and where a deposit puts it.
 */
#include "rules.h"
#include "support/harness.h"

/* ---- the seed trace ----------------------------------------------------------------------- */

static void seed_trace(void (*change)(struct policy *))
{
    fixture_open(&f, "SML", policy_with(change));
    uint64_t code = fixture_deposit(&f, SIZE_MEDIUM, NULL);
    ck_assert_uint_eq(f.answer.compartment, 1);
    ck_assert_int_eq(f.answer.expires_at_ms, f.now_ms + 7 * DAY_MS);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    ck_assert_uint_eq(f.answer.compartment, 1);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_USED);
    code = fixture_deposit(&f, SIZE_MEDIUM, NULL);
    f.now_ms += 8 * DAY_MS;
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_EXPIRED);
}

START_TEST(test_seed_trace_frees_the_expired)
{
    seed_trace(NULL);
    ck_assert_uint_eq(fixture_free(&f, SIZE_MEDIUM), 1);
}
END_TEST

START_TEST(test_seed_trace_holds_the_expired)
{
    seed_trace(hold);
    ck_assert_uint_eq(fixture_free(&f, SIZE_MEDIUM), 0);
    ck_assert_uint_eq(locker_next_spent(&f.locker, 0), 1);
}
END_TEST

/* ---- deposit ------------------------------------------------------------------------------ */

START_TEST(test_deposit_takes_the_lowest_placed_of_the_size)
{
    fixture_open(&f, "LSMSLS", policy_with(NULL));
    static const uint32_t places[] = {1, 3, 5};
    for (int i = 0; i < 3; i++) {
        fixture_deposit(&f, SIZE_SMALL, NULL);
        ck_assert_uint_eq(f.answer.compartment, places[i]);
    }
}
END_TEST

START_TEST(test_deposit_takes_a_freed_lower_place_again)
{
    fixture_open(&f, "SSS", policy_with(NULL));
    const uint64_t first = fixture_deposit(&f, SIZE_SMALL, NULL);
    fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_pickup(&f, first), OUTCOME_OK);
    fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_uint_eq(f.answer.compartment, 0);
}
END_TEST

START_TEST(test_deposit_is_strict_about_size)
{
    enum outcome refusal;
    fixture_open(&f, "SML", policy_with(NULL));
    fixture_deposit(&f, SIZE_SMALL, NULL);
    const uint64_t sequence = locker_sequence(&f.locker);
    ck_assert_uint_eq(fixture_deposit(&f, SIZE_SMALL, &refusal), 0);
    ck_assert_int_eq(refusal, OUTCOME_NO_SPACE);
    ck_assert_uint_eq(locker_sequence(&f.locker), sequence);
}
END_TEST

START_TEST(test_fallback_goes_up_and_never_down)
{
    enum outcome refusal;
    fixture_open(&f, "SML", policy_with(fallback));
    for (uint32_t i = 0; i < 3; i++) {
        fixture_deposit(&f, SIZE_SMALL, NULL);
        ck_assert_uint_eq(f.answer.compartment, i);
    }
    fixture_close(&f);
    fixture_open(&f, "SML", policy_with(fallback));
    fixture_deposit(&f, SIZE_LARGE, NULL);
    ck_assert_uint_eq(fixture_deposit(&f, SIZE_LARGE, &refusal), 0);
    ck_assert_int_eq(refusal, OUTCOME_NO_SPACE);
    fixture_deposit(&f, SIZE_MEDIUM, NULL);
    ck_assert_uint_eq(f.answer.compartment, 1);
}
END_TEST

START_TEST(test_deposit_frees_an_expired_parcel_first)
{
    fixture_open(&f, "SS", policy_with(NULL));
    fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += DAY_MS;
    fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 6 * DAY_MS; /* to the millisecond: now >= expires_at */
    fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_uint_eq(f.answer.compartment, 0);
    struct event expired;
    ck_assert_int_eq(locker_read_event(&f.locker, 3, &expired), 0);
    ck_assert_int_eq(expired.kind, EVENT_EXPIRED);
}
END_TEST

START_TEST(test_fallback_prefers_an_expired_parcel_of_the_exact_size)
{
    fixture_open(&f, "SM", policy_with(fallback));
    fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 7 * DAY_MS;
    fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_uint_eq(f.answer.compartment, 0);
}
END_TEST

START_TEST(test_held_parcels_make_no_room)
{
    enum outcome refusal;
    fixture_open(&f, "S", policy_with(hold));
    fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 8 * DAY_MS;
    fixture_deposit(&f, SIZE_SMALL, &refusal);
    ck_assert_int_eq(refusal, OUTCOME_NO_SPACE);
}
END_TEST

START_TEST(test_expired_parcel_out_of_service_makes_no_room)
{
    enum outcome refusal;
    fixture_open(&f, "S", policy_with(NULL));
    fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_service(&f, 0, false, "jammed"), OUTCOME_OK);
    f.now_ms += 8 * DAY_MS;
    fixture_deposit(&f, SIZE_SMALL, &refusal);
    ck_assert_int_eq(refusal, OUTCOME_NO_SPACE);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = rules_suite("deposit", &tests);
    tcase_add_test(tests, test_seed_trace_frees_the_expired);
    tcase_add_test(tests, test_seed_trace_holds_the_expired);
    tcase_add_test(tests, test_deposit_takes_the_lowest_placed_of_the_size);
    tcase_add_test(tests, test_deposit_takes_a_freed_lower_place_again);
    tcase_add_test(tests, test_deposit_is_strict_about_size);
    tcase_add_test(tests, test_fallback_goes_up_and_never_down);
    tcase_add_test(tests, test_deposit_frees_an_expired_parcel_first);
    tcase_add_test(tests, test_fallback_prefers_an_expired_parcel_of_the_exact_size);
    tcase_add_test(tests, test_held_parcels_make_no_room);
    tcase_add_test(tests, test_expired_parcel_out_of_service_makes_no_room);
    return harness_run(suite);
}
