/*
 * The rules of the station, one by one.
 */
#include "fixture.h"

#include <string.h>

static struct policy policy_with(void (*change)(struct policy *policy))
{
    struct policy policy = POLICY_DEFAULT;
    policy.remember_requests = 16;
    if (change)
        change(&policy);
    return policy;
}

static void hold(struct policy *policy)
{
    policy->hold_expired = true;
}

static void fallback(struct policy *policy)
{
    policy->fallback = true;
}

static void short_memory(struct policy *policy)
{
    policy->remember_ms = DAY_MS;
}

static void three_wrong_codes(struct policy *policy)
{
    policy->wrong_codes = 3;
}

static void no_guess_limit(struct policy *policy)
{
    policy->wrong_codes = 0;
}

static struct fixture f;

static void close_fixture(void)
{
    fixture_close(&f);
}

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

/* ---- cancel and exchange ------------------------------------------------------------------ */

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

/* ---- staff -------------------------------------------------------------------------------- */

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

/* ---- exactly once ------------------------------------------------------------------------- */

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
    Suite *suite = suite_create("rules");
    TCase *tests = tcase_create("rules");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, close_fixture);
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
    tcase_add_test(tests, test_cancel_frees_and_names_the_code_cancelled);
    tcase_add_test(tests, test_cancel_for_a_broken_door_takes_it_out_of_service);
    tcase_add_test(tests, test_exchange_is_one_change_to_another_compartment);
    tcase_add_test(tests, test_exchange_without_space_leaves_the_first_deposit);
    tcase_add_test(tests, test_exchange_for_an_occupied_door_blames_the_one_given_up);
    tcase_add_test(tests, test_cancel_after_expiry_says_expired);
    tcase_add_test(tests, test_out_of_service_takes_no_deposit_but_its_code_works);
    tcase_add_test(tests, test_release_cancels_the_code);
    tcase_add_test(tests, test_reissue_replaces_the_code_and_keeps_the_expiry);
    tcase_add_test(tests, test_extend_adds_to_the_expiry);
    tcase_add_test(tests, test_collect_frees_an_expired_parcel_only);
    tcase_add_test(tests, test_an_expired_parcel_is_neither_reissued_nor_extended);
    tcase_add_loop_test(tests, test_staff_operations_name_what_is_not_there, 0, 5);
    tcase_add_test(tests, test_expiry_touches_only_what_is_due_and_the_earliest_first);
    tcase_add_test(tests, test_a_credited_outage_moves_every_live_expiry);
    tcase_add_test(tests, test_repeated_id_gets_the_first_outcome_and_changes_nothing);
    tcase_add_test(tests, test_same_id_with_other_contents_is_refused);
    tcase_add_test(tests, test_refusals_are_evaluated_anew);
    tcase_add_test(tests, test_oldest_id_is_forgotten_when_the_memory_is_full);
    tcase_add_test(tests, test_repeated_pickup_is_answered_although_guesses_are_used_up);
    suite_add_tcase(suite, tests);
    return fixture_run(suite);
}
