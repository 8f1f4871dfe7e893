/*
 * Sleepers: woken for what they wait for, once, and never missed.
 */
#include "harness.h"
#include "sleeper.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ROUNDS      20000
#define PATIENCE_MS 40000

START_TEST(test_nobody_wakes_who_is_awake)
{
    struct sleeper sleeper = {0};
    ck_assert(!sleeper_rouse(&sleeper, SLEEPER_UNTIL_TOLD));
    sleeper_lie_down(&sleeper, 1);
    sleeper_get_up(&sleeper);
    ck_assert(!sleeper_rouse(&sleeper, 1));
}
END_TEST

START_TEST(test_a_sleeper_is_woken_for_its_sequence_and_once)
{
    struct sleeper sleeper = {0};
    sleeper_lie_down(&sleeper, 5);
    ck_assert(!sleeper_rouse(&sleeper, 4));
    ck_assert(sleeper_rouse(&sleeper, 7));
    ck_assert(!sleeper_rouse(&sleeper, 8));
}
END_TEST

START_TEST(test_who_sleeps_until_told_is_woken_by_no_sequence)
{
    struct sleeper sleeper = {0};
    sleeper_lie_down(&sleeper, SLEEPER_UNTIL_TOLD);
    ck_assert(!sleeper_rouse(&sleeper, SLEEPER_UNTIL_TOLD - 1));
    ck_assert(sleeper_rouse(&sleeper, SLEEPER_UNTIL_TOLD));
}
END_TEST

/* Two that hand each other a number, each asleep until the other has passed it on, as desks and
 * keeper do: one wake-up missed, and both sleep for ever. */
struct player {
    struct sleeper sleeper;
    _Atomic uint64_t reached;
    int fd;
};

static struct player players[2];

static bool play(struct player *self, struct player *other, uint64_t lead)
{
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        atomic_store_explicit(&self->reached, round, memory_order_release);
        if (sleeper_rouse(&other->sleeper, round) && eventfd_write(other->fd, 1) != 0)
            return false;
        const uint64_t awaited = round - lead;
        while (atomic_load_explicit(&other->reached, memory_order_acquire) < awaited) {
            struct pollfd item = {.fd = self->fd, .events = POLLIN};
            eventfd_t count;
            sleeper_lie_down(&self->sleeper, awaited);
            const bool there =
                atomic_load_explicit(&other->reached, memory_order_acquire) >= awaited;
            if (!there && poll(&item, 1, PATIENCE_MS) != 1)
                return false;
            sleeper_get_up(&self->sleeper);
            if (item.revents && eventfd_read(self->fd, &count) != 0)
                return false;
        }
    }
    return true;
}

static void *play_second(void *unused)
{
    (void)unused;
    return play(&players[1], &players[0], 0) ? players : NULL;
}

START_TEST(test_no_wake_up_is_missed)
{
    pthread_t second;
    void *result;
    for (int i = 0; i < 2; i++)
        ck_assert_int_ge(players[i].fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), 0);
    ck_assert_int_eq(pthread_create(&second, NULL, play_second, NULL), 0);
    ck_assert(play(&players[0], &players[1], 1));
    ck_assert_int_eq(pthread_join(second, &result), 0);
    ck_assert_ptr_nonnull(result);
    for (int i = 0; i < 2; i++)
        close(players[i].fd);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("sleeper", &tests);
    tcase_add_test(tests, test_nobody_wakes_who_is_awake);
    tcase_add_test(tests, test_a_sleeper_is_woken_for_its_sequence_and_once);
    tcase_add_test(tests, test_who_sleeps_until_told_is_woken_by_no_sequence);
    tcase_add_test(tests, test_no_wake_up_is_missed);
    return harness_run(suite);
}
