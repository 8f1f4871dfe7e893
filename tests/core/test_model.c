/*
 * Random histories, the locker beside a naive reference: the same outcome and the same answer for
 * every operation, the same doors taken, and every invariant after each. LOCKER_SEED repeats a
 * history.
 */
#include "fixture.h"
#include "naive.h"
#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

#define OPS 20000

static uint64_t random_state;

/* xorshift64*, https://doi.org/10.18637/jss.v106.i10 or Vigna's "An experimental exploration". */
static uint64_t draw(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

static uint64_t below(uint64_t limit)
{
    return (draw() >> 11) % limit;
}

static struct fixture f;
static struct naive naive;
static uint64_t codes[OPS + 1];
static size_t code_count;
static bool timer_lags;
static bool disk_fails; /* now and then, in this history */
static bool storable;   /* now */

/* Mostly recent codes, some old ones, some that never were, some that can be none. */
static uint64_t some_code(void)
{
    const uint64_t kind = below(20);
    if (kind == 0 || code_count == 0)
        return kind % 2 ? 0 : draw() | 1;
    if (kind < 4)
        return codes[below(code_count)];
    const size_t recent = code_count < 30 ? code_count : 30;
    return codes[code_count - 1 - below(recent)];
}

static struct intent random_intent(void)
{
    static const enum operation staff[] = {OP_COLLECT, OP_RELEASE, OP_REISSUE,
                                           OP_EXTEND,  OP_SERVICE, OP_SERVICE};
    static const enum operation all[] = {OP_DEPOSIT, OP_DEPOSIT, OP_DEPOSIT, OP_DEPOSIT, OP_PICKUP,
                                         OP_PICKUP,  OP_PICKUP,  OP_CANCEL,  OP_STATUS};
    enum operation operation = all[below(9)];
    if (operation == OP_STATUS)
        operation = staff[below(6)];
    struct intent intent = fixture_intent(&f, operation);
    if (operation == OP_PICKUP || operation == OP_CANCEL)
        intent.code_hash = some_code();
    intent.has_size = operation == OP_DEPOSIT || (operation == OP_CANCEL && below(2));
    intent.size = (enum parcel_size)below(SIZE_COUNT);
    intent.reason = (enum cancel_reason)below(CANCEL_REASON_COUNT);
    if (operation != OP_DEPOSIT && operation != OP_PICKUP && operation != OP_CANCEL)
        intent.compartment = below(20) ? (uint32_t)below(f.compartments) : COMPARTMENT_NONE;
    intent.in_service = below(3) > 0;
    intent.by_ms = 1 + (int64_t)below(3000);
    if (below(3) == 0) {
        intent.has_id = true;
        intent.request_key[0] = (1 + below(200)) * UINT64_C(0xd1342543de82ef95);
        intent.request_key[1] = 7;
        intent.request_fingerprint = (uint64_t)operation + 100 * below(2);
    }
    return intent;
}

static void compare_doors(uint64_t seed, int op)
{
    for (uint32_t i = 0; i < f.compartments; i++) {
        struct compartment_line line;
        locker_describe(&f.locker, i, f.now_ms, &line);
        const enum compartment_state expected = naive_state(&naive, i, f.now_ms);
        ck_assert_msg(line.state == expected && line.in_service == !naive.now.door[i].out &&
                          line.expires_at_ms ==
                              (expected == STATE_FREE ? 0 : naive.now.door[i].expires),
                      "LOCKER_SEED=%llu op %d: door %u differs", (unsigned long long)seed, op, i);
    }
}

static void step(uint64_t seed, int op)
{
    struct answer expected = {.compartment = COMPARTMENT_NONE, .given_up = COMPARTMENT_NONE};
    f.now_ms += (int64_t)below(100);
    struct intent intent = random_intent();
    /* In a history where the timer lags, and while the disk takes nothing, an operation must expire
     * by itself what it is about and what a parcel needs. */
    if (disk_fails && below(20) == 0)
        storable = !storable;
    const uint32_t limit = !storable     ? 0
                           : !timer_lags ? NAIVE_DOORS
                           : below(16)   ? 0
                                         : (uint32_t)below(4);
    naive_expire(&naive, f.now_ms, limit);
    locker_expire(&f.locker, fixture_now(&f), limit);
    const enum outcome outcome =
        storable ? fixture_perform(&f, &intent) : fixture_perform_unstorable(&f, &intent);
    const enum outcome wanted = naive_perform(&naive, f.now_ms, &intent, storable, &expected);
    ck_assert_msg(outcome == wanted, "LOCKER_SEED=%llu op %d: %s answered %s, not %s",
                  (unsigned long long)seed, op, operation_name(intent.operation),
                  outcome_name(outcome), outcome_name(wanted));
    if (outcome == OUTCOME_OK) {
        ck_assert_msg(f.answer.compartment == expected.compartment &&
                          f.answer.given_up == expected.given_up &&
                          f.answer.expires_at_ms == expected.expires_at_ms,
                      "LOCKER_SEED=%llu op %d: %s gave %u, not %u", (unsigned long long)seed, op,
                      operation_name(intent.operation), f.answer.compartment, expected.compartment);
        if (!f.answer.repeated && f.answer.code_nonce != 0)
            codes[code_count++] = intent.offer.hash;
    }
    compare_doors(seed, op);
}

static void run_history(uint64_t seed)
{
    static const char sizes[] = "SSMSLMSSLMSSMLSSMSLM";
    char wall[sizeof sizes];
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    code_count = 0;
    memset(&naive, 0, sizeof naive);
    memcpy(wall, sizes, sizeof sizes);
    wall[4 + below(sizeof sizes - 5)] = '\0';
    struct policy policy = POLICY_DEFAULT;
    policy.ttl_ms = 500 + (int64_t)below(5000);
    timer_lags = below(2);
    disk_fails = below(2);
    storable = true;
    policy.remember_ms = 2000 + (int64_t)below(10000);
    policy.remember_requests = 16;
    policy.wrong_codes = below(2) ? 0 : 5;
    policy.fallback = below(2);
    policy.hold_expired = below(2);
    fixture_open(&f, wall, policy);
    naive.policy = policy;
    naive.wall = f.wall;
    naive.doors = f.compartments;
    naive.memory = locker_shape_for(f.wall, f.compartments, 16).remember_codes;
    naive.guesses = policy.wrong_codes;
    naive.guesses_at = f.now_ms;
    for (int op = 0; op < OPS; op++)
        step(seed, op);
    fixture_close(&f);
}

START_TEST(test_random_histories_agree_with_the_naive_reference)
{
    const char *given = getenv("LOCKER_SEED");
    run_history(given ? strtoull(given, NULL, 10) : (uint64_t)_i + 1);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("model", &tests);
    tcase_add_loop_test(tests, test_random_histories_agree_with_the_naive_reference, 0, 16);
    return harness_run(suite);
}
