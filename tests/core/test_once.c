/*
 * Exactly once: a repeated id gets the first outcome and changes nothing.
 */
#include "rules.h"
#include "support/harness.h"

static struct intent with_id(struct intent intent, uint64_t id)
{
    intent.has_id = true;
    intent.request_key[0] = id * UINT64_C(0xd1342543de82ef95);
    intent.request_key[1] = id;
    intent.request_fingerprint = (uint64_t)intent.operation * 16 + intent.size;
    return intent;
}

START_TEST(test_repeated_id_gets_the_first_outcome_and_changes_nothing)
{
    fixture_open(&f, "SS", policy_with(NULL));
    struct intent deposit = with_id(fixture_intent(&f, OP_DEPOSIT), 1);
    ck_assert_int_eq(fixture_perform(&f, &deposit), OUTCOME_OK);
    const struct answer first = f.answer;
    ck_assert(!first.repeated);
    const uint64_t sequence = locker_sequence(&f.locker);
    f.now_ms += DAY_MS;
    struct intent again = with_id(fixture_intent(&f, OP_DEPOSIT), 1);
    ck_assert_int_eq(fixture_perform(&f, &again), OUTCOME_OK);
    ck_assert(f.answer.repeated);
    ck_assert_uint_eq(f.answer.compartment, first.compartment);
    ck_assert_uint_eq(f.answer.code_nonce, first.code_nonce);
    ck_assert_int_eq(f.answer.expires_at_ms, first.expires_at_ms);
    ck_assert_uint_eq(f.answer.sequence, first.sequence);
    ck_assert_uint_eq(locker_sequence(&f.locker), sequence);
}
END_TEST

START_TEST(test_same_id_with_other_contents_is_refused)
{
    fixture_open(&f, "SM", policy_with(NULL));
    struct intent intent = with_id(fixture_intent(&f, OP_DEPOSIT), 1);
    ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_OK);
    intent = fixture_intent(&f, OP_DEPOSIT);
    intent.size = SIZE_MEDIUM;
    intent = with_id(intent, 1);
    ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_ID_REUSED);
    ck_assert_uint_eq(fixture_free(&f, SIZE_MEDIUM), 1);
}
END_TEST

START_TEST(test_refusals_are_evaluated_anew)
{
    fixture_open(&f, "S", policy_with(NULL));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    struct intent intent = with_id(fixture_intent(&f, OP_DEPOSIT), 1);
    ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_NO_SPACE);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_OK);
    ck_assert(!f.answer.repeated);
}
END_TEST

START_TEST(test_oldest_id_is_forgotten_when_the_memory_is_full)
{
    fixture_open(&f, "SSSSSSSSSSSSSSSSSSSS", policy_with(NULL)); /* remembers 16 */
    for (uint64_t id = 1; id <= 17; id++) {
        struct intent intent = with_id(fixture_intent(&f, OP_DEPOSIT), id);
        ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_OK);
    }
    struct intent second = with_id(fixture_intent(&f, OP_DEPOSIT), 2);
    ck_assert_int_eq(fixture_perform(&f, &second), OUTCOME_OK);
    ck_assert(f.answer.repeated);
    struct intent first = with_id(fixture_intent(&f, OP_DEPOSIT), 1);
    ck_assert_int_eq(fixture_perform(&f, &first), OUTCOME_OK);
    ck_assert(!f.answer.repeated);
}
END_TEST

START_TEST(test_repeated_pickup_is_answered_although_guesses_are_used_up)
{
    fixture_open(&f, "S", policy_with(three_wrong_codes));
    struct intent pickup = with_id(fixture_intent(&f, OP_PICKUP), 1);
    pickup.code_hash = fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_perform(&f, &pickup), OUTCOME_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fixture_pickup(&f, 77), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_perform(&f, &pickup), OUTCOME_OK);
    ck_assert(f.answer.repeated);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = rules_suite("once", &tests);
    tcase_add_test(tests, test_repeated_id_gets_the_first_outcome_and_changes_nothing);
    tcase_add_test(tests, test_same_id_with_other_contents_is_refused);
    tcase_add_test(tests, test_refusals_are_evaluated_anew);
    tcase_add_test(tests, test_oldest_id_is_forgotten_when_the_memory_is_full);
    tcase_add_test(tests, test_repeated_pickup_is_answered_although_guesses_are_used_up);
    return harness_run(suite);
}
