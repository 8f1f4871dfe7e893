/*
 * Processes that die holding the lock, at one point after another: whoever comes next puts the
 * state right, and then it says exactly what the recorded events say.
 *
 * The points in the middle of a change or a recovery are found by the memory itself: the helper
 * makes one page read-only and dies of the first write to it, so that over all pages every part of
 * the state is once the last that was written.
 */
#include "layout.h"
#include "locker_state.h"
#include "segment_fixture.h"
#include "segment_map.h"
#include "snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WALL          600 /* enough that most parts of the state have pages of their own */
#define CHANGES       60
#define PAGE          4096
#define PAGES_SKIPPED 8 /* of the event ring: one in so many is protected */

/* ---- what must be the case --------------------------------------------------------------- */

/* A second station, in private memory, made only from the events. */
struct shadow {
    void *memory;
    struct locker locker;
};

static void shadow_begin(struct shadow *shadow, const struct fixture *fixture)
{
    const struct policy *policy = &fixture->plan.policy;
    const struct locker_shape shape =
        locker_shape_for(fixture->wall, fixture->compartments, policy->remember_requests);
    const size_t size = locker_memory_bytes(&shape);
    shadow->memory = aligned_alloc(64, size);
    ck_assert_ptr_nonnull(shadow->memory);
    memset(shadow->memory, 0, size);
    locker_format(&shadow->locker, shadow->memory, &shape, fixture->wall, policy);
}

static void shadow_follow(struct shadow *shadow, const struct locker *locker)
{
    struct event event;
    while (locker_sequence(&shadow->locker) < locker_sequence(locker)) {
        const uint64_t next = locker_sequence(&shadow->locker) + 1;
        ck_assert_int_eq(locker_read_event(locker, next, &event), 0);
        ck_assert_int_eq(locker_replay(&shadow->locker, &event), 0);
    }
}

static void shadow_expect_same(const struct shadow *shadow, const struct locker *locker)
{
    struct occupancy occupancies[2];
    locker_occupancy(&shadow->locker, &occupancies[0]);
    locker_occupancy(locker, &occupancies[1]);
    ck_assert_mem_eq(&occupancies[0], &occupancies[1], sizeof occupancies[0]);
    ck_assert_uint_eq(snapshot_request_count(&shadow->locker), snapshot_request_count(locker));
    for (uint32_t i = 0; i < WALL; i++) {
        struct snapshot_compartment a;
        struct snapshot_compartment b;
        snapshot_get_compartment(&shadow->locker, i, &a);
        snapshot_get_compartment(locker, i, &b);
        ck_assert_uint_eq(a.code_hash, b.code_hash);
        ck_assert_int_eq(a.expires_at_ms, b.expires_at_ms);
        ck_assert_int_eq(a.in_service, b.in_service);
        ck_assert_str_eq(a.reason, b.reason);
    }
}

/* After a death with the lock held. */
static void expect_repaired(struct fixture *fixture, struct shadow *shadow)
{
    fixture_expect_sound(fixture, true);
    shadow_follow(shadow, &fixture->segment.locker);
    shadow_expect_same(shadow, &fixture->segment.locker);
}

/* ---- single points ----------------------------------------------------------------------- */

static void die_right_after_taking(struct fixture *fixture)
{
    if (segment_lock(&fixture->segment, NULL) == 0)
        raise(SIGKILL);
}

static void die_after_performing(struct fixture *fixture)
{
    struct answer answer;
    if (segment_lock(&fixture->segment, NULL) != 0)
        return;
    while (fixture_change(fixture, true, &answer) != OUTCOME_OK)
        ;
    raise(SIGKILL);
}

static void die_between_record_and_apply(struct fixture *fixture)
{
    struct event event;
    if (segment_lock(&fixture->segment, NULL) != 0)
        return;
    fixture_decide(fixture, &event);
    locker_record(&fixture->segment.locker, &event);
    raise(SIGKILL);
}

static void die_after_recovering(struct fixture *fixture)
{
    if (station_lock_take(&fixture->segment.header->lock, STATION_LOCK_LIMIT_MS) != -EOWNERDEAD)
        return;
    locker_recover(&fixture->segment.locker);
    raise(SIGKILL);
}

static void (*const deaths[])(struct fixture *fixture) = {
    die_right_after_taking,
    die_after_performing,
    die_between_record_and_apply,
};

START_TEST(test_a_death_at_rest_or_after_the_record_is_repaired)
{
    struct fixture fixture;
    struct shadow shadow;
    fixture_begin(&fixture, WALL);
    shadow_begin(&shadow, &fixture);
    for (int round = 0; round < 20; round++) {
        fixture_changes(&fixture, 20);
        fixture_expect_end(fixture_spawn(deaths[_i], &fixture), SIGKILL);
        expect_repaired(&fixture, &shadow);
    }
    ck_assert_uint_eq(fixture.segment.header->lock.takeovers, 20);
    free(shadow.memory);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_recorded_change_happens_although_its_process_died)
{
    struct fixture fixture;
    struct shadow shadow;
    fixture_begin(&fixture, WALL);
    shadow_begin(&shadow, &fixture);
    fixture_changes(&fixture, 100);
    const uint64_t before = locker_sequence(&fixture.segment.locker);
    fixture_expect_end(fixture_spawn(die_between_record_and_apply, &fixture), SIGKILL);
    ck_assert_uint_eq(locker_read_begin(&fixture.segment.locker), 0); /* not to be read now */
    expect_repaired(&fixture, &shadow);
    ck_assert_uint_eq(locker_sequence(&shadow.locker), before + 1);
    fixture_expect_sound(&fixture, false);
    free(shadow.memory);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_death_at_rest_changes_nothing)
{
    struct fixture fixture;
    fixture_begin(&fixture, WALL);
    fixture_changes(&fixture, 100);
    const size_t from = segment_locker_offset();
    const size_t size = fixture.segment.size - from;
    unsigned char *before = malloc(size);
    ck_assert_ptr_nonnull(before);
    memcpy(before, (unsigned char *)fixture.segment.header + from, size);
    const uint64_t ticket = locker_read_begin(&fixture.segment.locker);
    fixture_expect_end(fixture_spawn(die_right_after_taking, &fixture), SIGKILL);
    fixture_expect_sound(&fixture, true);
    ck_assert(locker_read_valid(&fixture.segment.locker, ticket));
    ck_assert_mem_eq(before, (unsigned char *)fixture.segment.header + from, size);
    free(before);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_death_between_recovery_and_its_announcement_is_repaired)
{
    struct fixture fixture;
    struct shadow shadow;
    fixture_begin(&fixture, WALL);
    shadow_begin(&shadow, &fixture);
    fixture_expect_end(fixture_spawn(die_between_record_and_apply, &fixture), SIGKILL);
    for (int i = 0; i < 3; i++)
        fixture_expect_end(fixture_spawn(die_after_recovering, &fixture), SIGKILL);
    expect_repaired(&fixture, &shadow);
    free(shadow.memory);
    fixture_end(&fixture);
}
END_TEST

/* ---- every page -------------------------------------------------------------------------- */

static size_t protected_page; /* for the helpers */

static void protect(const struct fixture *fixture)
{
    unsigned char *memory = (unsigned char *)fixture->segment.header;
    if (mprotect(memory + protected_page, PAGE, PROT_READ) != 0)
        _exit(EXIT_FAILURE);
}

static void change_until_the_page_is_written(struct fixture *fixture)
{
    protect(fixture);
    fixture_changes(fixture, CHANGES);
}

static void recover_until_the_page_is_written(struct fixture *fixture)
{
    protect(fixture);
    if (segment_lock(&fixture->segment, NULL) != 0)
        _exit(EXIT_FAILURE);
    raise(SIGKILL); /* recovered without a write there */
}

/* The ring of events is most of the memory, and all of it is written alike. */
static size_t next_page(const struct fixture *fixture, size_t page)
{
    struct locker_layout layout;
    locker_layout_of(&fixture->segment.locker.state->shape, &layout);
    const size_t events = segment_locker_offset() + layout.events;
    const size_t behind = segment_locker_offset() + layout.free[0];
    const bool skips = page > events && page + (size_t)PAGES_SKIPPED * PAGE < behind;
    return page + (size_t)PAGE * (skips ? PAGES_SKIPPED : 1);
}

static bool died_of_the_page(pid_t pid)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) ? WEXITSTATUS(status) == 0
                                : WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGKILL);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

START_TEST(test_a_death_in_the_middle_of_a_change_is_repaired)
{
    struct fixture fixture;
    struct shadow shadow;
    int died = 0;
    fixture_begin(&fixture, WALL);
    shadow_begin(&shadow, &fixture);
    for (protected_page = segment_locker_offset(); protected_page + PAGE <= fixture.segment.size;
         protected_page = next_page(&fixture, protected_page)) {
        if (!died_of_the_page(fixture_spawn(change_until_the_page_is_written, &fixture))) {
            shadow_follow(&shadow, &fixture.segment.locker);
            continue;
        }
        died++;
        expect_repaired(&fixture, &shadow);
    }
    ck_assert_int_gt(died, 20);
    ck_assert_uint_eq(fixture.segment.header->lock.takeovers, (unsigned)died);
    free(shadow.memory);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_death_in_the_middle_of_a_recovery_is_repaired)
{
    struct fixture fixture;
    struct shadow shadow;
    int died = 0;
    fixture_begin(&fixture, WALL);
    shadow_begin(&shadow, &fixture);
    for (protected_page = segment_locker_offset(); protected_page + PAGE <= fixture.segment.size;
         protected_page = next_page(&fixture, protected_page)) {
        fixture_changes(&fixture, 5);
        fixture_expect_end(fixture_spawn(die_between_record_and_apply, &fixture), SIGKILL);
        died += died_of_the_page(fixture_spawn(recover_until_the_page_is_written, &fixture));
        died += died_of_the_page(fixture_spawn(recover_until_the_page_is_written, &fixture));
        expect_repaired(&fixture, &shadow);
    }
    ck_assert_int_gt(died, 20);
    free(shadow.memory);
    fixture_end(&fixture);
}
END_TEST

/* ---- given up ---------------------------------------------------------------------------- */

static void expect_unusable(struct fixture *fixture)
{
    _exit(segment_lock(&fixture->segment, NULL) == -ENOTRECOVERABLE ? 0 : EXIT_FAILURE);
}

START_TEST(test_what_cannot_be_put_right_is_unusable_for_everyone)
{
    struct fixture fixture;
    bool recovered;
    fixture_begin(&fixture, WALL);
    fixture_expect_end(fixture_spawn(die_right_after_taking, &fixture), SIGKILL);
    fixture.segment.locker.doors[3].rest ^= DOOR_SIZE; /* another size, or none */
    ck_assert_int_eq(segment_lock(&fixture.segment, &recovered), -ENOTRECOVERABLE);
    ck_assert_int_eq(segment_lock(&fixture.segment, &recovered), -ENOTRECOVERABLE);
    fixture_expect_end(fixture_spawn(expect_unusable, &fixture), 0);
    fixture_end(&fixture);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("death", &tests);
    tcase_add_loop_test(tests, test_a_death_at_rest_or_after_the_record_is_repaired, 0,
                        sizeof deaths / sizeof deaths[0]);
    tcase_add_test(tests, test_a_recorded_change_happens_although_its_process_died);
    tcase_add_test(tests, test_a_death_at_rest_changes_nothing);
    tcase_add_test(tests, test_a_death_between_recovery_and_its_announcement_is_repaired);
    tcase_add_test(tests, test_a_death_in_the_middle_of_a_change_is_repaired);
    tcase_add_test(tests, test_a_death_in_the_middle_of_a_recovery_is_repaired);
    tcase_add_test(tests, test_what_cannot_be_put_right_is_unusable_for_everyone);
    return harness_run(suite);
}
