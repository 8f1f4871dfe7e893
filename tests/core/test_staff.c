/*
 * What the staff may do, and what expires by itself.
 */
#include "rules.h"
#include "support/harness.h"

START_TEST(test_out_of_service_takes_no_deposit_but_its_code_works)
{
    enum outcome refusal;
    struct compartment_line line;
    fixture_open(&f, "S", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_service(&f, 0, false, "door jammed"), OUTCOME_OK);
    locker_describe(&f.locker, 0, f.now_ms, &line);
    ck_assert_str_eq(line.reason, "door jammed");
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    fixture_deposit(&f, SIZE_SMALL, &refusal);
    ck_assert_int_eq(refusal, OUTCOME_NO_SPACE);
    ck_assert_int_eq(fixture_service(&f, 0, true, ""), OUTCOME_OK);
    locker_describe(&f.locker, 0, f.now_ms, &line);
    ck_assert_str_eq(line.reason, "");
    fixture_deposit(&f, SIZE_SMALL, NULL);
}
END_TEST

START_TEST(test_release_cancels_the_code)
{
    fixture_open(&f, "S", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_staff(&f, OP_RELEASE, 0), OUTCOME_OK);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_CANCELLED);
    ck_assert_int_eq(fixture_staff(&f, OP_RELEASE, 0), OUTCOME_NOT_OCCUPIED);
}
END_TEST

START_TEST(test_reissue_replaces_the_code_and_keeps_the_expiry)
{
    fixture_open(&f, "S", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    const int64_t expires_at_ms = f.answer.expires_at_ms;
    f.now_ms += DAY_MS;
    struct intent intent = fixture_intent(&f, OP_REISSUE);
    intent.compartment = 0;
    ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_OK);
    ck_assert_int_eq(f.answer.expires_at_ms, expires_at_ms);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_CODE_CANCELLED);
    ck_assert_int_eq(fixture_pickup(&f, intent.offer.hash), OUTCOME_OK);
}
END_TEST

START_TEST(test_extend_adds_to_the_expiry)
{
    fixture_open(&f, "S", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_staff(&f, OP_EXTEND, 0), OUTCOME_OK);
    ck_assert_int_eq(f.answer.expires_at_ms, f.now_ms + 8 * DAY_MS);
    f.now_ms += 8 * DAY_MS - 1;
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
}
END_TEST

START_TEST(test_collect_frees_an_expired_parcel_only)
{
    fixture_open(&f, "S", policy_with(hold));
    ck_assert_int_eq(fixture_staff(&f, OP_COLLECT, 0), OUTCOME_NOT_OCCUPIED);
    fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_staff(&f, OP_COLLECT, 0), OUTCOME_NOT_EXPIRED);
    f.now_ms += 7 * DAY_MS;
    ck_assert_int_eq(fixture_staff(&f, OP_COLLECT, 0), OUTCOME_OK);
    ck_assert_uint_eq(fixture_free(&f, SIZE_SMALL), 1);
    ck_assert_int_eq(fixture_staff(&f, OP_COLLECT, 0), OUTCOME_NOT_OCCUPIED);
}
END_TEST

START_TEST(test_an_expired_parcel_is_neither_reissued_nor_extended)
{
    fixture_open(&f, "S", policy_with(hold));
    fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 7 * DAY_MS;
    ck_assert_int_eq(fixture_staff(&f, OP_REISSUE, 0), OUTCOME_CODE_EXPIRED);
    ck_assert_int_eq(fixture_staff(&f, OP_EXTEND, 0), OUTCOME_CODE_EXPIRED);
    ck_assert_int_eq(fixture_staff(&f, OP_RELEASE, 0), OUTCOME_OK);
    ck_assert_uint_eq(fixture_free(&f, SIZE_SMALL), 1);
}
END_TEST

START_TEST(test_staff_operations_name_what_is_not_there)
{
    static const enum operation operations[] = {OP_COLLECT, OP_RELEASE, OP_REISSUE, OP_EXTEND,
                                                OP_SERVICE};
    fixture_open(&f, "S", policy_with(NULL));
    ck_assert_int_eq(fixture_staff(&f, operations[_i], COMPARTMENT_NONE),
                     OUTCOME_UNKNOWN_COMPARTMENT);
    if (operations[_i] != OP_SERVICE)
        ck_assert_int_eq(fixture_staff(&f, operations[_i], 0), OUTCOME_NOT_OCCUPIED);
}
END_TEST

START_TEST(test_expiry_touches_only_what_is_due_and_the_earliest_first)
{
    struct event event;
    fixture_open(&f, "SMLS", policy_with(NULL));
    fixture_deposit(&f, SIZE_LARGE, NULL);
    f.now_ms += 1000;
    fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 1000;
    fixture_deposit(&f, SIZE_MEDIUM, NULL);
    ck_assert_int_eq(locker_next_expiry_ms(&f.locker), f.now_ms - 2000 + 7 * DAY_MS);
    f.now_ms += 7 * DAY_MS - 1000;
    ck_assert_uint_eq(locker_expire(&f.locker, fixture_now(&f), 100), 2);
    ck_assert_int_eq(locker_read_event(&f.locker, 4, &event), 0);
    ck_assert_uint_eq(event.compartment, 2);
    ck_assert_int_eq(locker_read_event(&f.locker, 5, &event), 0);
    ck_assert_uint_eq(event.compartment, 0);
    ck_assert_int_eq(locker_next_expiry_ms(&f.locker), f.now_ms + 1000);
}
END_TEST

START_TEST(test_a_credited_outage_moves_every_live_expiry)
{
    fixture_open(&f, "SMS", policy_with(hold));
    const uint64_t first = fixture_deposit(&f, SIZE_SMALL, NULL);
    f.now_ms += 7 * DAY_MS;
    locker_expire(&f.locker, fixture_now(&f), 10);
    const uint64_t second = fixture_deposit(&f, SIZE_MEDIUM, NULL);
    const int64_t expires_at_ms = f.answer.expires_at_ms;
    ck_assert_int_eq(locker_credit_outage(&f.locker, fixture_now(&f), DAY_MS), 0);
    fixture_check(&f);
    ck_assert_int_eq(locker_next_expiry_ms(&f.locker), expires_at_ms + DAY_MS);
    f.now_ms = expires_at_ms + DAY_MS - 1;
    ck_assert_int_eq(fixture_pickup(&f, second), OUTCOME_OK);
    ck_assert_int_eq(fixture_pickup(&f, first), OUTCOME_CODE_EXPIRED);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = rules_suite("staff", &tests);
    tcase_add_test(tests, test_out_of_service_takes_no_deposit_but_its_code_works);
    tcase_add_test(tests, test_release_cancels_the_code);
    tcase_add_test(tests, test_reissue_replaces_the_code_and_keeps_the_expiry);
    tcase_add_test(tests, test_extend_adds_to_the_expiry);
    tcase_add_test(tests, test_collect_frees_an_expired_parcel_only);
    tcase_add_test(tests, test_an_expired_parcel_is_neither_reissued_nor_extended);
    tcase_add_loop_test(tests, test_staff_operations_name_what_is_not_there, 0, 5);
    tcase_add_test(tests, test_expiry_touches_only_what_is_due_and_the_earliest_first);
    tcase_add_test(tests, test_a_credited_outage_moves_every_live_expiry);
    return harness_run(suite);
}
