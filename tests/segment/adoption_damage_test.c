/*
 * A damaged segment that was found at start, its lock included: refused, or put right, and never a
 * crash nor a wait.
 */
#include "locker_state.h"
#include "segment_fixture.h"
#include "segment_map.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WALL 12

/* ---- the lock ---------------------------------------------------------------------------- */

static void hold_and_stop(struct fixture *fixture)
{
    if (segment_lock(&fixture->segment, NULL) == 0)
        raise(SIGSTOP);
}

START_TEST(test_a_segment_whose_lock_is_held_by_a_live_process_is_refused)
{
    struct fixture fixture;
    int status;
    char why[FIXTURE_REASON_SIZE];
    fixture_begin(&fixture, WALL);
    const pid_t pid = fixture_spawn(hold_and_stop, &fixture);
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    segment_unmap(&fixture.segment);
    fixture_expect_stale(&fixture, "still holds its lock");
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    fixture_expect_end(pid, SIGKILL);
    ck_assert_msg(fixture_adopt(&fixture, why) == 0, "%s", why);
    fixture_end(&fixture);
}
END_TEST

static void die_with_lock(struct fixture *fixture)
{
    if (segment_lock(&fixture->segment, NULL) == 0)
        raise(SIGKILL);
}

START_TEST(test_a_segment_that_cannot_be_repaired_is_refused)
{
    struct fixture fixture;
    fixture_begin(&fixture, WALL);
    fixture_expect_end(fixture_spawn(die_with_lock, &fixture), SIGKILL);
    fixture.segment.locker.doors[3].rest ^= DOOR_SIZE; /* another size, or none */
    segment_unmap(&fixture.segment);
    fixture_expect_stale(&fixture, "beyond what could be put right");
    fixture_expect_stale(&fixture, "beyond what could be put right");
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_lock_of_random_bytes_neither_crashes_nor_hangs_adoption)
{
    struct fixture fixture;
    char why[FIXTURE_REASON_SIZE];
    struct station_lock lock;
    fixture_leave(&fixture, WALL);
    ck_assert_int_eq(station_lock_create(&lock), 0);
    const struct station_lock sound = lock;
    for (int seed = 0; seed < 60; seed++) {
        for (size_t i = 0; i < sizeof lock; i++)
            ((unsigned char *)&lock)[i] = (unsigned char)fixture_random(&fixture, 256);
        if (seed % 2 == 0) /* the kind may have survived when nothing else has */
            lock.mutex.__data.__kind = sound.mutex.__data.__kind;
        fixture_poke(&fixture, offsetof(struct segment_header, lock), &lock, sizeof lock);
        if (fixture_adopt(&fixture, why) == 0)
            segment_unmap(&fixture.segment); /* nobody owned it: that is a lock that is free */
        else
            ck_assert_msg(strstr(why, "lock") || strstr(why, "put right"), "%s", why);
    }
    fixture_end(&fixture);
}
END_TEST

/* Waiting for such a mutex, glibc asserts that its owner exists. */
START_TEST(test_a_lock_of_a_kind_that_is_dangerous_to_take_is_refused)
{
    struct fixture fixture;
    struct station_lock lock;
    pthread_mutexattr_t attributes;
    fixture_leave(&fixture, WALL);
    ck_assert_int_eq(station_lock_create(&lock), 0);
    ck_assert_int_eq(pthread_mutexattr_init(&attributes), 0);
    ck_assert_int_eq(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), 0);
    ck_assert_int_eq(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), 0);
    ck_assert_int_eq(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT), 0);
    ck_assert_int_eq(pthread_mutex_init(&lock.mutex, &attributes), 0);
    lock.mutex.__data.__lock = 0x3ffffff; /* no process has this number */
    fixture_poke(&fixture, offsetof(struct segment_header, lock), &lock, sizeof lock);
    fixture_expect_stale(&fixture, "lock is damaged");
    pthread_mutexattr_destroy(&attributes);
    fixture_end(&fixture);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------------ */

static void fill_random(struct fixture *fixture, size_t from)
{
    struct stat status;
    ck_assert_int_eq(stat(fixture->path, &status), 0);
    const size_t size = (size_t)status.st_size - from;
    uint64_t *bytes = malloc(size + sizeof *bytes);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i <= size / sizeof *bytes; i++)
        bytes[i] = fixture_random(fixture, UINT64_MAX);
    fixture_poke(fixture, from, bytes, size);
    free(bytes);
}

START_TEST(test_random_contents_are_never_trusted)
{
    struct fixture fixture;
    fixture_leave(&fixture, WALL);
    for (int seed = 0; seed < 10; seed++) {
        fill_random(&fixture, segment_locker_offset() + sizeof(struct locker_state));
        fixture_expect_stale(&fixture, "damaged");
    }
    for (int seed = 0; seed < 10; seed++) {
        fill_random(&fixture, segment_locker_offset());
        fixture_expect_stale(&fixture, "size does not fit");
    }
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_random_state_of_the_right_shape_is_never_trusted)
{
    struct fixture fixture;
    unsigned char state[sizeof(struct locker_state)];
    fixture_leave(&fixture, WALL);
    const size_t kept = offsetof(struct locker_state, policy); /* its size and shape are right */
    for (int seed = 0; seed < 100; seed++) {
        for (size_t i = 0; i < sizeof state; i++)
            state[i] = (unsigned char)fixture_random(&fixture, 256);
        fixture_poke(&fixture, segment_locker_offset() + kept, state, sizeof state - kept);
        fixture_expect_stale(&fixture, "damaged");
    }
    fixture_end(&fixture);
}
END_TEST

/* A token, name, index or set with one byte changed: found out, or harmless. */
START_TEST(test_a_changed_byte_is_found_or_does_no_harm)
{
    struct fixture fixture;
    char why[FIXTURE_REASON_SIZE];
    int refused = 0;
    fixture_begin(&fixture, WALL);
    fixture_changes(&fixture, 300);
    const size_t size = fixture.segment.size;
    unsigned char *original = malloc(size);
    ck_assert_ptr_nonnull(original);
    memcpy(original, fixture.segment.header, size);
    segment_unmap(&fixture.segment);
    for (int seed = 0; seed < 400; seed++) {
        fixture_poke(&fixture, 0, original, size);
        const size_t events = (size_t)8192 * sizeof(struct event);
        /* The event ring, most of it all, would attract nearly every change. */
        size_t at = segment_locker_offset() +
                    fixture_random(&fixture, size - segment_locker_offset() - events);
        if (at >= segment_locker_offset() + 24 * 1024)
            at += events;
        const unsigned char changed = original[at] ^ (unsigned char)(1U << (seed % 8));
        fixture_poke(&fixture, at, &changed, 1);
        if (fixture_adopt(&fixture, why) != 0) {
            refused++;
            continue;
        }
        fixture_changes(&fixture, 20);
        fixture_expect_sound(&fixture, false);
        segment_unmap(&fixture.segment);
    }
    ck_assert_int_gt(refused, 0);
    free(original);
    fixture_end(&fixture);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("adoption_damage", &tests);
    tcase_add_test(tests, test_a_segment_whose_lock_is_held_by_a_live_process_is_refused);
    tcase_add_test(tests, test_a_segment_that_cannot_be_repaired_is_refused);
    tcase_add_test(tests, test_a_lock_of_random_bytes_neither_crashes_nor_hangs_adoption);
    tcase_add_test(tests, test_a_lock_of_a_kind_that_is_dangerous_to_take_is_refused);
    tcase_add_test(tests, test_random_contents_are_never_trusted);
    tcase_add_test(tests, test_a_random_state_of_the_right_shape_is_never_trusted);
    tcase_add_test(tests, test_a_changed_byte_is_found_or_does_no_harm);
    return harness_run(suite);
}
