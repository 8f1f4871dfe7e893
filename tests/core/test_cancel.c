/*
 * Cancelling a deposit, and exchanging it for another compartment.
 */
#include "rules.h"
#include "support/harness.h"

START_TEST(test_cancel_frees_and_names_the_code_cancelled)
{
    fixture_open(&f, "S", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_cancel(&f, code, CANCEL_DOES_NOT_FIT), OUTCOME_OK);
    ck_assert_uint_eq(f.answer.compartment, 0);
    ck_assert_uint_eq(fixture_free(&f, SIZE_SMALL), 1);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_CANCELLED);
    ck_assert_int_eq(fixture_cancel(&f, code, CANCEL_OTHER), OUTCOME_CODE_CANCELLED);
}
END_TEST

START_TEST(test_cancel_for_a_broken_door_takes_it_out_of_service)
{
    fixture_open(&f, "SS", policy_with(NULL));
    static const enum cancel_reason reasons[] = {CANCEL_DOOR_BROKEN, CANCEL_OCCUPIED};
    for (uint32_t i = 0; i < 2; i++) {
        const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
        struct compartment_line line;
        ck_assert_uint_eq(f.answer.compartment, i);
        ck_assert_int_eq(fixture_cancel(&f, code, reasons[i]), OUTCOME_OK);
        locker_describe(&f.locker, i, f.now_ms, &line);
        ck_assert(!line.in_service);
        ck_assert_str_eq(line.reason, cancel_reason_name(reasons[i]));
        ck_assert_int_eq(line.state, STATE_FREE);
    }
    ck_assert_uint_eq(fixture_free(&f, SIZE_SMALL), 0);
}
END_TEST

static enum outcome exchange(uint64_t code, enum parcel_size size, enum cancel_reason reason,
                             uint64_t *fresh)
{
    struct intent intent = fixture_intent(&f, OP_CANCEL);
    intent.code_hash = code;
    intent.reason = reason;
    intent.has_size = true;
    intent.size = size;
    *fresh = intent.offer.hash;
    return fixture_perform(&f, &intent);
}

START_TEST(test_exchange_is_one_change_to_another_compartment)
{
    uint64_t fresh;
    fixture_open(&f, "SSM", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    const uint64_t sequence = locker_sequence(&f.locker);
    f.now_ms += 1000;
    ck_assert_int_eq(exchange(code, SIZE_SMALL, CANCEL_OTHER, &fresh), OUTCOME_OK);
    ck_assert_uint_eq(f.answer.compartment, 1);
    ck_assert_uint_eq(f.answer.given_up, 0);
    ck_assert_int_eq(f.answer.expires_at_ms, f.now_ms + 7 * DAY_MS);
    ck_assert_uint_eq(locker_sequence(&f.locker), sequence + 1);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_CANCELLED);
    ck_assert_int_eq(fixture_pickup(&f, fresh), OUTCOME_OK);
}
END_TEST

START_TEST(test_exchange_without_space_leaves_the_first_deposit)
{
    uint64_t fresh;
    fixture_open(&f, "SM", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    fixture_deposit(&f, SIZE_MEDIUM, NULL);
    ck_assert_int_eq(exchange(code, SIZE_MEDIUM, CANCEL_DOOR_BROKEN, &fresh), OUTCOME_NO_SPACE);
    ck_assert_int_eq(exchange(code, SIZE_SMALL, CANCEL_OTHER, &fresh), OUTCOME_NO_SPACE);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
}
END_TEST

START_TEST(test_exchange_for_an_occupied_door_blames_the_one_given_up)
{
    uint64_t fresh;
    struct compartment_line line;
    fixture_open(&f, "SS", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(exchange(code, SIZE_SMALL, CANCEL_OCCUPIED, &fresh), OUTCOME_OK);
    locker_describe(&f.locker, 0, f.now_ms, &line);
    ck_assert(!line.in_service);
    locker_describe(&f.locker, 1, f.now_ms, &line);
    ck_assert(line.in_service);
    ck_assert_int_eq(line.state, STATE_OCCUPIED);
}
END_TEST

START_TEST(test_cancel_after_expiry_says_expired)
{
    fixture_open(&f, "S", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 7 * DAY_MS;
    ck_assert_int_eq(fixture_cancel(&f, code, CANCEL_OTHER), OUTCOME_CODE_EXPIRED);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = rules_suite("cancel", &tests);
    tcase_add_test(tests, test_cancel_frees_and_names_the_code_cancelled);
    tcase_add_test(tests, test_cancel_for_a_broken_door_takes_it_out_of_service);
    tcase_add_test(tests, test_exchange_is_one_change_to_another_compartment);
    tcase_add_test(tests, test_exchange_without_space_leaves_the_first_deposit);
    tcase_add_test(tests, test_exchange_for_an_occupied_door_blames_the_one_given_up);
    tcase_add_test(tests, test_cancel_after_expiry_says_expired);
    return harness_run(suite);
}
