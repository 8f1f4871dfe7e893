/*
 * The lock alone: who holds it, and what becomes of it when its owner stops or dies.
 */
#include "harness.h"
#include "station_lock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHORT_LIMIT_MS 20

static struct station_lock *lock;

static void setup(void)
{
    lock = mmap(NULL, sizeof *lock, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(lock != MAP_FAILED);
    ck_assert_int_eq(station_lock_create(lock), 0);
}

static void teardown(void)
{
    munmap(lock, sizeof *lock);
}

static int take(void)
{
    return station_lock_take(lock, STATION_LOCK_LIMIT_MS);
}

/* A process that takes the lock and gets this signal while it holds it. */
static pid_t hold_and_raise(int signal_number)
{
    int status;
    const pid_t parent = getpid();
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent && take() == 0)
            raise(signal_number);
        _exit(EXIT_FAILURE);
    }
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    if (signal_number == SIGSTOP)
        ck_assert(WIFSTOPPED(status));
    else
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == signal_number);
    return pid;
}

START_TEST(test_lock_knows_whether_it_is_held)
{
    ck_assert(!station_lock_is_held(lock));
    ck_assert_int_eq(take(), 0);
    ck_assert(station_lock_is_held(lock));
    station_lock_release(lock);
    ck_assert(!station_lock_is_held(lock));
}
END_TEST

static void *ask_whether_held(void *held)
{
    *(bool *)held = station_lock_is_held(lock);
    return NULL;
}

START_TEST(test_lock_is_not_held_by_another_thread)
{
    pthread_t thread;
    bool held = true;
    ck_assert_int_eq(take(), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_whether_held, &held), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    station_lock_release(lock);
    ck_assert(!held);
}
END_TEST

START_TEST(test_child_of_a_fork_does_not_take_itself_for_the_owner)
{
    int status;
    ck_assert_int_eq(take(), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(station_lock_is_held(lock) ? EXIT_FAILURE : EXIT_SUCCESS);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    /* Nor does its end count as the owner's. */
    ck_assert(station_lock_is_held(lock));
    station_lock_release(lock);
    ck_assert_int_eq(take(), 0);
    station_lock_release(lock);
}
END_TEST

START_TEST(test_waiting_for_a_stopped_owner_times_out_and_steals_nothing)
{
    const pid_t pid = hold_and_raise(SIGSTOP);
    const uint32_t owner = lock->holder;
    ck_assert_uint_eq(owner, (uint32_t)pid);
    ck_assert_int_eq(station_lock_take(lock, SHORT_LIMIT_MS), -ETIMEDOUT);
    ck_assert(!station_lock_is_held(lock));
    ck_assert_uint_eq(lock->holder, owner);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(station_lock_take(lock, SHORT_LIMIT_MS), -EOWNERDEAD);
    station_lock_repaired(lock);
    station_lock_release(lock);
}
END_TEST

START_TEST(test_whoever_comes_after_a_dead_owner_is_told_once)
{
    hold_and_raise(SIGKILL);
    ck_assert_int_eq(take(), -EOWNERDEAD);
    ck_assert(station_lock_is_held(lock));
    station_lock_repaired(lock);
    ck_assert_uint_eq(lock->takeovers, 1);
    station_lock_release(lock);
    ck_assert_int_eq(take(), 0);
    station_lock_release(lock);
    ck_assert_uint_eq(lock->takeovers, 1);
}
END_TEST

static void *wait_for_dead_owner(void *error)
{
    *(int *)error = take();
    if (*(int *)error == -EOWNERDEAD) {
        station_lock_repaired(lock);
        station_lock_release(lock);
    }
    return NULL;
}

START_TEST(test_a_waiting_thread_is_woken_by_the_owners_death)
{
    pthread_t thread;
    int error = 0;
    const pid_t pid = hold_and_raise(SIGSTOP);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_dead_owner, &error), 0);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(error, -EOWNERDEAD);
}
END_TEST

START_TEST(test_a_repair_given_up_makes_it_unusable_for_everyone)
{
    hold_and_raise(SIGKILL);
    ck_assert_int_eq(take(), -EOWNERDEAD);
    station_lock_release(lock);
    ck_assert_int_eq(take(), -ENOTRECOVERABLE);
    ck_assert(!station_lock_is_held(lock));
    ck_assert_int_eq(take(), -ENOTRECOVERABLE);
}
END_TEST

START_TEST(test_death_of_the_repairer_is_told_to_the_next)
{
    int status;
    hold_and_raise(SIGKILL);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(take() == -EOWNERDEAD ? EXIT_SUCCESS : EXIT_FAILURE); /* while it holds it */
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    ck_assert_int_eq(take(), -EOWNERDEAD);
    station_lock_repaired(lock);
    station_lock_release(lock);
}
END_TEST

START_TEST(test_a_lock_of_random_bytes_is_not_sound)
{
    struct station_lock damaged;
    uint64_t random = 1;
    ck_assert(station_lock_is_sound(lock));
    for (int seed = 0; seed < 1000; seed++) {
        unsigned char *bytes = (unsigned char *)&damaged;
        for (size_t i = 0; i < sizeof damaged; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = (unsigned char)(random >> 56);
        }
        ck_assert(!station_lock_is_sound(&damaged));
    }
}
END_TEST

/* ---- threads ----------------------------------------------------------------------------- */

#define THREADS 4
#define ROUNDS  20000

static uint64_t counter; /* under the lock; plain, so that a race shows */

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (take() != 0)
            return NULL;
        counter++;
        station_lock_release(lock);
    }
    return NULL;
}

START_TEST(test_threads_exclude_each_other)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(counter, (uint64_t)THREADS * ROUNDS);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("station_lock", &tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_lock_knows_whether_it_is_held);
    tcase_add_test(tests, test_lock_is_not_held_by_another_thread);
    tcase_add_test(tests, test_child_of_a_fork_does_not_take_itself_for_the_owner);
    tcase_add_test(tests, test_waiting_for_a_stopped_owner_times_out_and_steals_nothing);
    tcase_add_test(tests, test_whoever_comes_after_a_dead_owner_is_told_once);
    tcase_add_test(tests, test_a_waiting_thread_is_woken_by_the_owners_death);
    tcase_add_test(tests, test_a_repair_given_up_makes_it_unusable_for_everyone);
    tcase_add_test(tests, test_death_of_the_repairer_is_told_to_the_next);
    tcase_add_test(tests, test_a_lock_of_random_bytes_is_not_sound);
    tcase_add_test(tests, test_threads_exclude_each_other);
    return harness_run(suite);
}
