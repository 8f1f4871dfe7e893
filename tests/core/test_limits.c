/*
 * What the station runs up against: people who guess, a wall that is full, a disk that is behind
 * or takes no changes at all.
 */
#include "fixture.h"
#include "support/harness.h"

#include <errno.h>

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

/* ---- the end of time ---------------------------------------------------------------------- */

START_TEST(test_extending_again_and_again_ends_before_moments_overflow)
{
    fixture_open(&f, "S", policy_with_burst(3));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    struct intent extend = fixture_intent(&f, OP_EXTEND);
    extend.compartment = 0;
    extend.by_ms = EXTEND_BY_MS_MAX;
    for (int i = 0; i < 700; i++)
        ck_assert_int_eq(fixture_perform(&f, &extend), OUTCOME_OK);
    while (fixture_perform(&f, &extend) == OUTCOME_OK)
        ck_assert_int_le(f.answer.expires_at_ms, ACCESS_TOKEN_LATEST_MS);
    ck_assert_int_eq(fixture_perform(&f, &extend), OUTCOME_INVALID_REQUEST);
    extend.by_ms = INT64_MAX;
    ck_assert_int_eq(fixture_perform(&f, &extend), OUTCOME_INVALID_REQUEST);
    extend.by_ms = 1;
    ck_assert_int_eq(fixture_perform(&f, &extend), OUTCOME_OK);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
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

/* ---- a disk that is behind ---------------------------------------------------------------- */

/* Whatever waits for the disk can be read, to be brought there. */
static void expect_all_waiting_readable(void)
{
    struct event event;
    for (uint64_t sequence = locker_durable_sequence(&f.locker) + 1;
         sequence <= locker_sequence(&f.locker); sequence++) {
        ck_assert_int_eq(locker_read_event(&f.locker, sequence, &event), 0);
        ck_assert_uint_eq(event.sequence, sequence);
    }
}

static uint64_t waiting(void)
{
    return locker_sequence(&f.locker) - locker_durable_sequence(&f.locker);
}

/* Changes of one event each, until so many wait or no more are taken. */
static enum outcome fall_behind(uint64_t events)
{
    enum outcome outcome = OUTCOME_OK;
    while (outcome == OUTCOME_OK && waiting() < events) {
        const struct intent sweep = fixture_intent(&f, OP_SWEEP);
        outcome = fixture_perform_behind(&f, &sweep);
    }
    return outcome;
}

/* An exchange with most of what one can expire first: its own parcel, and one of every size that
 * could make room, though with most of them out of service. */
static struct intent costly_exchange(void)
{
    struct policy policy = policy_with_burst(0);
    policy.fallback = true;
    fixture_open_short_ring(&f, "SMLSL", policy);
    fixture_deposit(&f, SIZE_SMALL, NULL);
    fixture_deposit(&f, SIZE_MEDIUM, NULL);
    fixture_deposit(&f, SIZE_LARGE, NULL);
    struct intent exchange = fixture_intent(&f, OP_CANCEL);
    exchange.code_hash = fixture_deposit(&f, SIZE_SMALL, NULL);
    exchange.has_size = true;
    exchange.size = SIZE_SMALL;
    fixture_deposit(&f, SIZE_LARGE, NULL);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_int_eq(fixture_service(&f, i, false, "jammed"), OUTCOME_OK);
    return exchange;
}

START_TEST(test_full_event_ring_sheds_load)
{
    const struct intent exchange = costly_exchange();
    fall_behind(64 - (uint64_t)_i);
    f.now_ms += 8 * DAY_MS;
    const enum outcome outcome = fixture_perform_behind(&f, &exchange);
    ck_assert(outcome == OUTCOME_CODE_EXPIRED || outcome == OUTCOME_TRY_LATER);
    expect_all_waiting_readable();
    ck_assert_int_eq(fall_behind(1000), OUTCOME_TRY_LATER);
    ck_assert_int_gt(f.answer.retry_after_ms, 0);
    ck_assert_uint_gt(waiting(), 50);
    locker_expire(&f.locker, fixture_now(&f), 1000);
    expect_all_waiting_readable();
    locker_set_durable(&f.locker, locker_sequence(&f.locker));
    ck_assert_int_eq(fall_behind(1), OUTCOME_OK);
}
END_TEST

START_TEST(test_expiring_leaves_room_for_a_change)
{
    fixture_open_short_ring(&f, "SSSSSSSSSSSSSSSSSSSS", policy_with_burst(0));
    for (int i = 0; i < 20; i++)
        fixture_deposit(&f, SIZE_SMALL, NULL);
    fall_behind(50);
    f.now_ms += 8 * DAY_MS;
    const uint32_t expired = locker_expire(&f.locker, fixture_now(&f), 1000);
    ck_assert(expired > 5 && expired < 20);
    const struct intent sweep = fixture_intent(&f, OP_SWEEP);
    ck_assert_int_eq(fixture_perform_behind(&f, &sweep), OUTCOME_OK);
    expect_all_waiting_readable();
}
END_TEST

START_TEST(test_outage_is_not_credited_without_room)
{
    fixture_open_short_ring(&f, "S", policy_with_burst(0));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    int error = 0;
    uint64_t credited = 0;
    for (; error == 0 && credited < 1000; credited += error == 0)
        error = locker_credit_outage(&f.locker, fixture_now(&f), 1);
    ck_assert_int_eq(error, -ENOSPC);
    ck_assert_uint_eq(credited, waiting());
    ck_assert_int_eq(locker_next_expiry_ms(&f.locker), f.now_ms + 7 * DAY_MS + (int64_t)credited);
    fixture_check(&f);
    expect_all_waiting_readable();
    locker_set_durable(&f.locker, locker_sequence(&f.locker));
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
}
END_TEST

/* The same intent of the staff's, and whether the clock stands at this. */
static void expect_clock(const struct intent *accept, bool storable, enum outcome wanted,
                         int64_t now_ms)
{
    ck_assert_int_eq(storable ? fixture_perform_behind(&f, accept)
                              : fixture_perform_unstorable(&f, accept),
                     wanted);
    ck_assert_int_eq(locker_clock(&f.locker)->last_ms, now_ms);
}

START_TEST(test_clock_is_accepted_by_its_event_alone)
{
    fixture_open_short_ring(&f, "S", policy_with_burst(0));
    struct intent accept = fixture_intent(&f, OP_CLOCK);
    accept.has_id = true;
    accept.request_key[0] = 1;
    accept.wall_ms = f.now_ms - DAY_MS;
    expect_clock(&accept, false, OUTCOME_STORAGE_UNAVAILABLE, 0);
    fall_behind(1000);
    expect_clock(&accept, true, OUTCOME_TRY_LATER, 0);
    locker_set_durable(&f.locker, locker_sequence(&f.locker));
    expect_clock(&accept, true, OUTCOME_OK, f.now_ms - DAY_MS);
    ck_assert_int_eq(f.answer.at_ms, f.now_ms - DAY_MS);
    accept.wall_ms += 1000;
    expect_clock(&accept, true, OUTCOME_OK, f.now_ms - DAY_MS);
    ck_assert(f.answer.repeated);
}
END_TEST

/* ---- a disk that takes nothing ------------------------------------------------------------ */

static struct intent pickup_of(uint64_t code)
{
    struct intent intent = fixture_intent(&f, OP_PICKUP);
    intent.code_hash = code;
    return intent;
}

static enum outcome pickup_unstorable(uint64_t code)
{
    const struct intent intent = pickup_of(code);
    return fixture_perform_unstorable(&f, &intent);
}

static enum outcome deposit_unstorable(enum parcel_size size)
{
    struct intent intent = fixture_intent(&f, OP_DEPOSIT);
    intent.has_size = true;
    intent.size = size;
    return fixture_perform_unstorable(&f, &intent);
}

START_TEST(test_guesses_are_limited_without_storage)
{
    fixture_open(&f, "SS", policy_with_burst(3));
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pickup_unstorable(code), OUTCOME_STORAGE_UNAVAILABLE);
        ck_assert_int_eq(pickup_unstorable(77), OUTCOME_INVALID_CODE);
    }
    /* Right or wrong cannot be told any more; nor when the disk is back. */
    ck_assert_int_eq(pickup_unstorable(code), OUTCOME_TRY_LATER);
    ck_assert_int_eq(f.answer.retry_after_ms, EARNED_MS);
    ck_assert_int_eq(pickup_unstorable(77), OUTCOME_TRY_LATER);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_TRY_LATER);
    f.now_ms += EARNED_MS;
    ck_assert_int_eq(pickup_unstorable(code), OUTCOME_STORAGE_UNAVAILABLE);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    ck_assert_int_eq(pickup_unstorable(code), OUTCOME_CODE_USED);
}
END_TEST

START_TEST(test_repeat_is_answered_without_storage)
{
    fixture_open(&f, "S", policy_with_burst(1));
    struct intent pickup = pickup_of(fixture_deposit(&f, SIZE_SMALL, NULL));
    pickup.has_id = true;
    pickup.request_key[0] = 1;
    ck_assert_int_eq(fixture_perform_unstorable(&f, &pickup), OUTCOME_STORAGE_UNAVAILABLE);
    ck_assert_int_eq(fixture_perform(&f, &pickup), OUTCOME_OK);
    ck_assert_int_eq(pickup_unstorable(77), OUTCOME_INVALID_CODE);
    ck_assert_int_eq(fixture_perform_unstorable(&f, &pickup), OUTCOME_OK);
    ck_assert(f.answer.repeated);
    pickup.request_fingerprint++;
    ck_assert_int_eq(fixture_perform_unstorable(&f, &pickup), OUTCOME_ID_REUSED);
}
END_TEST

START_TEST(test_wall_of_expired_parcels_is_not_full_without_storage)
{
    struct policy policy = policy_with_burst(0);
    policy.fallback = true;
    fixture_open(&f, "SSM", policy);
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    fixture_deposit(&f, SIZE_SMALL, NULL);
    fixture_deposit(&f, SIZE_MEDIUM, NULL);
    ck_assert_int_eq(deposit_unstorable(SIZE_SMALL), OUTCOME_NO_SPACE);
    ck_assert_int_eq(fixture_service(&f, 0, false, "jammed"), OUTCOME_OK);
    f.now_ms += 8 * DAY_MS;
    ck_assert_int_eq(deposit_unstorable(SIZE_SMALL), OUTCOME_STORAGE_UNAVAILABLE);
    ck_assert_int_eq(deposit_unstorable(SIZE_MEDIUM), OUTCOME_STORAGE_UNAVAILABLE);
    ck_assert_int_eq(deposit_unstorable(SIZE_LARGE), OUTCOME_NO_SPACE);
    /* That a code has expired is so without an event, too. */
    ck_assert_int_eq(pickup_unstorable(code), OUTCOME_CODE_EXPIRED);
    ck_assert_int_eq(fixture_service(&f, 1, false, "jammed"), OUTCOME_OK);
    ck_assert_int_eq(fixture_service(&f, 2, false, "jammed"), OUTCOME_OK);
    ck_assert_int_eq(deposit_unstorable(SIZE_SMALL), OUTCOME_NO_SPACE);
}
END_TEST

START_TEST(test_expired_parcel_cannot_be_collected_without_storage)
{
    struct policy policy = policy_with_burst(0);
    policy.hold_expired = true;
    fixture_open(&f, "S", policy);
    fixture_deposit(&f, SIZE_SMALL, NULL);
    struct intent collect = fixture_intent(&f, OP_COLLECT);
    collect.compartment = 0;
    ck_assert_int_eq(fixture_perform_unstorable(&f, &collect), OUTCOME_NOT_EXPIRED);
    f.now_ms += 8 * DAY_MS;
    ck_assert_int_eq(fixture_perform_unstorable(&f, &collect), OUTCOME_STORAGE_UNAVAILABLE);
    ck_assert_int_eq(deposit_unstorable(SIZE_SMALL), OUTCOME_NO_SPACE);
    ck_assert_int_eq(fixture_perform(&f, &collect), OUTCOME_OK);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("limits", &tests);
    tcase_add_checked_fixture(tests, NULL, close_fixture);
    tcase_add_test(tests, test_clock_set_back_does_not_lock_the_keypad);
    tcase_add_test(tests, test_smaller_burst_counts_from_where_it_is_set);
    tcase_add_test(tests, test_extending_again_and_again_ends_before_moments_overflow);
    tcase_add_test(tests, test_deposit_looks_past_expired_parcels_out_of_service);
    tcase_add_loop_test(tests, test_full_event_ring_sheds_load, 1, 10);
    tcase_add_test(tests, test_expiring_leaves_room_for_a_change);
    tcase_add_test(tests, test_outage_is_not_credited_without_room);
    tcase_add_test(tests, test_clock_is_accepted_by_its_event_alone);
    tcase_add_test(tests, test_guesses_are_limited_without_storage);
    tcase_add_test(tests, test_repeat_is_answered_without_storage);
    tcase_add_test(tests, test_wall_of_expired_parcels_is_not_full_without_storage);
    tcase_add_test(tests, test_expired_parcel_cannot_be_collected_without_storage);
    return harness_run(suite);
}
