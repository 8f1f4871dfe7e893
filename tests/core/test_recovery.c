/*
 * A death at any point of a change: what locker_recover() makes of it.
 */
#include "fixture.h"
#include "locker_state.h"
#include "snapshot.h"
#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

static struct fixture f;

/* A station with something of everything in it. */
static void open_busy(void)
{
    struct policy policy = POLICY_DEFAULT;
    policy.remember_requests = 32;
    policy.hold_expired = true;
    fixture_open(&f, "SSMSLMSL", policy);
    fixture_deposit(&f, SIZE_LARGE, NULL);
    f.now_ms += 7 * DAY_MS;
    locker_expire(&f.locker, fixture_now(&f), 1);
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    fixture_deposit(&f, SIZE_MEDIUM, NULL);
    fixture_deposit(&f, SIZE_SMALL, NULL);
    ck_assert_int_eq(fixture_pickup(&f, code), OUTCOME_OK);
    ck_assert_int_eq(fixture_service(&f, 7, false, "dirty"), OUTCOME_OK);
    fixture_check(&f);
}

static void close_fixture(void)
{
    fixture_close(&f);
}

/* Every kind of change that this station could be asked for next. */
#define CHANGES 9

static struct intent change(int i)
{
    static const enum operation operations[CHANGES] = {OP_DEPOSIT, OP_PICKUP,  OP_CANCEL,
                                                       OP_CANCEL,  OP_COLLECT, OP_RELEASE,
                                                       OP_REISSUE, OP_EXTEND,  OP_CLOCK};
    struct intent intent = fixture_intent(&f, operations[i]);
    intent.has_id = true;
    intent.request_key[0] = 0x123456789abcdef0;
    intent.request_key[1] = 1;
    intent.size = SIZE_SMALL;
    intent.has_size = i == 0 || i == 3;
    intent.reason = CANCEL_DOOR_BROKEN;
    intent.by_ms = 1000;
    intent.wall_ms = f.now_ms - DAY_MS;
    intent.compartment = operations[i] == OP_COLLECT ? 4 : 2;
    if (operations[i] == OP_PICKUP || operations[i] == OP_CANCEL) {
        intent.compartment = COMPARTMENT_NONE;
        intent.code_hash = f.locker.doors[2].code_hash;
    }
    return intent;
}

/* The primary state after the same change, undisturbed. */
static unsigned char *undisturbed(int i)
{
    struct intent intent = change(i);
    unsigned char *before = malloc(f.bytes);
    unsigned char *after = aligned_alloc(64, f.bytes);
    memcpy(before, f.memory, f.bytes);
    ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_OK);
    memcpy(after, f.memory, f.bytes);
    memcpy(f.memory, before, f.bytes);
    f.codes--;
    free(before);
    return after;
}

static void expect_same_primary(unsigned char *expected)
{
    struct locker other;
    locker_attach(&other, expected);
    const uint32_t n = f.compartments;
    ck_assert_mem_eq(f.locker.doors, other.doors, n * sizeof *other.doors);
    ck_assert_mem_eq(f.locker.services, other.services, n * sizeof *other.services);
    ck_assert_mem_eq(f.locker.retired, other.retired,
                     f.locker.state->shape.remember_codes * sizeof *other.retired);
    ck_assert_mem_eq(f.locker.retired_times, other.retired_times,
                     f.locker.state->shape.remember_codes * sizeof *other.retired_times);
    ck_assert_mem_eq(f.locker.requests, other.requests,
                     f.locker.state->shape.remember_requests * sizeof *other.requests);
    ck_assert_mem_eq(&f.locker.state->clock, &other.state->clock, sizeof other.state->clock);
    ck_assert_uint_eq(f.locker.state->retired_head, other.state->retired_head);
    ck_assert_uint_eq(f.locker.state->request_head, other.state->request_head);
    ck_assert_uint_eq(locker_sequence(&f.locker), locker_sequence(&other));
}

START_TEST(test_recorded_and_not_applied_is_applied)
{
    struct event event;
    open_busy();
    unsigned char *expected = undisturbed(_i);
    struct intent intent = change(_i);
    ck_assert_int_eq(locker_decide(&f.locker, fixture_now(&f), &intent, &event), OUTCOME_OK);
    locker_record(&f.locker, &event);
    ck_assert_uint_eq(locker_read_begin(&f.locker), 0); /* readers stay away */
    locker_recover(&f.locker);
    fixture_check(&f);
    expect_same_primary(expected);
    free(expected);
}
END_TEST

/* Stop after every single store of applying: each prefix of the bytes that differ. */
START_TEST(test_half_applied_is_finished_whatever_half)
{
    struct event event;
    open_busy();
    unsigned char *expected = undisturbed(_i);
    struct intent intent = change(_i);
    ck_assert_int_eq(locker_decide(&f.locker, fixture_now(&f), &intent, &event), OUTCOME_OK);
    locker_record(&f.locker, &event);
    unsigned char *recorded = malloc(f.bytes);
    memcpy(recorded, f.memory, f.bytes);
    locker_apply(&f.locker, event_slot(&f.locker, event.sequence));
    unsigned char *applied = malloc(f.bytes);
    memcpy(applied, f.memory, f.bytes);
    const size_t applied_at = offsetof(struct locker_state, applied_sequence);
    for (unsigned pass = 0; pass < 64; pass++) {
        /* Words of the change that have landed: any subset may have, when stores are seen out of
         * order by nobody but still interrupted anywhere. */
        uint64_t chance = pass * UINT64_C(0x9e3779b97f4a7c15) + 1;
        memcpy(f.memory, recorded, f.bytes);
        for (size_t at = 0; at + 8 <= f.bytes; at += 8) {
            if (memcmp(recorded + at, applied + at, 8) == 0 || at == applied_at)
                continue;
            chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
            if (chance >> 63)
                memcpy((unsigned char *)f.memory + at, applied + at, 8);
        }
        locker_recover(&f.locker);
        fixture_check(&f);
        expect_same_primary(expected);
    }
    free(applied);
    free(recorded);
    free(expected);
}
END_TEST

START_TEST(test_recovering_twice_is_recovering_once)
{
    struct event event;
    open_busy();
    unsigned char *expected = undisturbed(0);
    struct intent intent = change(0);
    ck_assert_int_eq(locker_decide(&f.locker, fixture_now(&f), &intent, &event), OUTCOME_OK);
    locker_record(&f.locker, &event);
    locker_recover(&f.locker);
    locker_recover(&f.locker);
    fixture_check(&f);
    expect_same_primary(expected);
    free(expected);
}
END_TEST

START_TEST(test_indexes_are_derived_anew_from_garbage)
{
    open_busy();
    struct locker *l = &f.locker;
    memset(l->codes.slots, 0x5a, l->codes.count * sizeof *l->codes.slots);
    memset(l->names.slots, 0x5a, l->names.count * sizeof *l->names.slots);
    memset(l->request_keys.slots, 0x5a, l->request_keys.count * sizeof *l->request_keys.slots);
    memset(l->queue.heap, 0x5a, f.compartments * sizeof *l->queue.heap);
    memset(l->queue.place, 0x5a, f.compartments * sizeof *l->queue.place);
    memset(l->free[0].level[0], 0x5a, sizeof(uint64_t));
    l->state->free_count[1] = 4711;
    char why[160];
    ck_assert(!locker_check(l, why, sizeof why));
    locker_recover(l);
    fixture_check(&f);
}
END_TEST

/* Whatever the memory holds, judging it must not read outside (the sanitizer watches) nor hang. */
START_TEST(test_garbage_is_never_believed)
{
    char why[160];
    struct locker_shape shape;
    open_busy();
    unsigned char *good = malloc(f.bytes);
    memcpy(good, f.memory, f.bytes);
    uint64_t chance = (uint64_t)_i + 1;
    unsigned believed = 0;
    for (int round = 0; round < 200; round++) {
        memcpy(f.memory, good, f.bytes);
        for (int hits = 0; hits < 1 + round % 50; hits++) {
            chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
            const size_t at = (size_t)(chance >> 20) % f.bytes;
            ((unsigned char *)f.memory)[at] ^= (unsigned char)(1 + (chance >> 56) % 255);
        }
        if (locker_examine(f.memory, f.bytes, &shape) != 0)
            continue;
        locker_attach(&f.locker, f.memory);
        believed += locker_check(&f.locker, why, sizeof why);
        locker_recover(&f.locker);
        locker_check(&f.locker, why, sizeof why);
    }
    /* Most hits land in unused slots of rings, and are harmless. */
    ck_assert_uint_lt(believed, 200);
    free(good);
}
END_TEST

START_TEST(test_foreign_memory_is_not_examined_as_ours)
{
    struct locker_shape shape;
    unsigned char *zeros = calloc(1, 1 << 20);
    ck_assert_int_ne(locker_examine(zeros, 1 << 20, &shape), 0);
    ck_assert_int_ne(locker_examine(zeros, 8, &shape), 0);
    memset(zeros, 0xff, 1 << 20);
    ck_assert_int_ne(locker_examine(zeros, 1 << 20, &shape), 0);
    free(zeros);
    open_busy();
    ck_assert_int_eq(locker_examine(f.memory, f.bytes, &shape), 0);
    ck_assert_int_ne(locker_examine(f.memory, f.bytes - 64, &shape), 0);
}
END_TEST

/* ---- replay and snapshot ------------------------------------------------------------------ */

/* A second, empty station of the same shape. */
static void *format_twin(struct locker *twin)
{
    void *memory = aligned_alloc(64, f.bytes);
    memset(memory, 0, f.bytes);
    locker_format(twin, memory, &f.locker.state->shape, f.wall, locker_policy(&f.locker));
    return memory;
}

START_TEST(test_replayed_events_give_the_same_state)
{
    struct locker twin;
    open_busy();
    for (int i = 0; i < CHANGES; i++) {
        struct intent intent = change(i);
        intent.request_key[0] += (uint64_t)i << 40;
        fixture_perform(&f, &intent);
    }
    unsigned char *memory = format_twin(&twin);
    for (uint64_t sequence = 1; sequence <= locker_sequence(&f.locker); sequence++) {
        struct event event;
        ck_assert_int_eq(locker_read_event(&f.locker, sequence, &event), 0);
        ck_assert_int_eq(locker_replay(&twin, &event), 0);
    }
    expect_same_primary(memory);
    free(memory);
}
END_TEST

START_TEST(test_events_that_cannot_have_happened_are_not_replayed)
{
    struct locker twin;
    struct event event;
    struct event wrong;
    open_busy();
    unsigned char *memory = format_twin(&twin);
    ck_assert_int_eq(locker_read_event(&f.locker, 1, &event), 0);
    wrong = event;
    wrong.sequence = 2;
    ck_assert_int_ne(locker_replay(&twin, &wrong), 0);
    wrong = event;
    wrong.compartment = f.compartments;
    ck_assert_int_ne(locker_replay(&twin, &wrong), 0);
    wrong = event;
    wrong.kind = EVENT_KIND_COUNT;
    ck_assert_int_ne(locker_replay(&twin, &wrong), 0);
    wrong = event;
    wrong.code_hash = 0;
    ck_assert_int_ne(locker_replay(&twin, &wrong), 0);
    wrong = event;
    wrong.retired_hash = 99;
    ck_assert_int_ne(locker_replay(&twin, &wrong), 0);
    wrong = event;
    memset(wrong.reason, 'x', sizeof wrong.reason);
    ck_assert_int_ne(locker_replay(&twin, &wrong), 0);
    ck_assert_int_eq(locker_replay(&twin, &event), 0);
    free(memory);
}
END_TEST

static void copy_by_snapshot(const struct locker *from, struct locker *to)
{
    char why[160];
    struct snapshot_scalars scalars;
    struct snapshot_compartment compartment;
    struct snapshot_retired retired;
    struct snapshot_request request;
    snapshot_get_scalars(from, &scalars);
    snapshot_put_scalars(to, &scalars);
    for (uint32_t i = 0; i < f.compartments; i++) {
        snapshot_get_compartment(from, i, &compartment);
        snapshot_put_compartment(to, i, &compartment);
    }
    for (uint64_t i = 0; i < snapshot_retired_count(from); i++) {
        snapshot_get_retired(from, i, &retired);
        snapshot_put_retired(to, &retired);
    }
    for (uint64_t i = 0; i < snapshot_request_count(from); i++) {
        snapshot_get_request(from, i, &request);
        snapshot_put_request(to, &request);
    }
    ck_assert_msg(snapshot_finish(to, why, sizeof why) == 0, "%s", why);
}

START_TEST(test_snapshot_carries_everything)
{
    struct locker twin;
    open_busy();
    struct intent intent = change(0);
    ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_OK);
    const struct answer first = f.answer;
    unsigned char *memory = format_twin(&twin);
    copy_by_snapshot(&f.locker, &twin);
    f.locker.state->retired_head -= f.locker.state->retired_tail; /* rings start anew */
    ck_assert_mem_eq(f.locker.doors, twin.doors, f.compartments * sizeof *twin.doors);
    ck_assert_mem_eq(f.locker.services, twin.services, f.compartments * sizeof *twin.services);
    ck_assert_uint_eq(locker_sequence(&f.locker), locker_sequence(&twin));
    struct answer again;
    ck_assert_int_eq(locker_perform(&twin, fixture_now(&f), &intent, true, &again), OUTCOME_OK);
    ck_assert(again.repeated);
    ck_assert_uint_eq(again.compartment, first.compartment);
    ck_assert_uint_eq(again.code_nonce, first.code_nonce);
    free(memory);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("recovery", &tests);
    tcase_add_checked_fixture(tests, NULL, close_fixture);
    tcase_add_loop_test(tests, test_recorded_and_not_applied_is_applied, 0, CHANGES);
    tcase_add_loop_test(tests, test_half_applied_is_finished_whatever_half, 0, CHANGES);
    tcase_add_test(tests, test_recovering_twice_is_recovering_once);
    tcase_add_test(tests, test_indexes_are_derived_anew_from_garbage);
    tcase_add_loop_test(tests, test_garbage_is_never_believed, 0, 4);
    tcase_add_test(tests, test_foreign_memory_is_not_examined_as_ours);
    tcase_add_test(tests, test_replayed_events_give_the_same_state);
    tcase_add_test(tests, test_events_that_cannot_have_happened_are_not_replayed);
    tcase_add_test(tests, test_snapshot_carries_everything);
    return harness_run(suite);
}
