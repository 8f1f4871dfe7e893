/*
 * Room in the event ring is asked for without the lock, while others record: what was recorded and
 * became durable between two looks must not be taken for a ring that is full. A desk that believes
 * so leaves its requests unread.
 */
#include "fixture.h"
#include "support/harness.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define CHANGES 1500000
/* Changes that are made during one question, at most; half as many as the ring holds. */
#define AHEAD_MAX 2000

static struct fixture f;
static atomic_int made;   /* changes */
static atomic_int looked; /* how many there were when the asking thread last began a question */
static atomic_bool over;

static void *make_changes(void *unused)
{
    (void)unused;
    uint64_t code = 0;
    for (int i = 0; i < CHANGES; i++) {
        while (i - atomic_load(&looked) > AHEAD_MAX)
            ;
        struct intent intent = fixture_intent(&f, code == 0 ? OP_DEPOSIT : OP_PICKUP);
        struct answer answer;
        intent.has_size = code == 0;
        intent.code_hash = code;
        code = code == 0 ? intent.offer.hash : 0;
        if (locker_perform(&f.locker, fixture_now(&f), &intent, true, &answer) != OUTCOME_OK)
            break;
        locker_set_durable(&f.locker, locker_sequence(&f.locker));
        atomic_store(&made, i + 1);
    }
    atomic_store(&over, true);
    return NULL;
}

START_TEST(test_nobody_who_asks_meanwhile_finds_the_ring_full)
{
    struct policy policy = POLICY_DEFAULT;
    pthread_t changer;
    policy.remember_requests = 16;
    fixture_open(&f, "S", policy);
    ck_assert_int_eq(pthread_create(&changer, NULL, make_changes, NULL), 0);
    int full = 0;
    while (!atomic_load(&over)) {
        atomic_store(&looked, atomic_load(&made));
        full += !locker_has_room(&f.locker, 64);
    }
    ck_assert_int_eq(pthread_join(changer, NULL), 0);
    ck_assert_int_eq(atomic_load(&made), CHANGES);
    ck_assert_int_eq(full, 0);
    fixture_close(&f);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("room", &tests);
    tcase_add_test(tests, test_nobody_who_asks_meanwhile_finds_the_ring_full);
    return harness_run(suite);
}
