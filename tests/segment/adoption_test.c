/*
 * A segment that was found at start: trusted when all of it is right, refused with its reason when
 * anything is not, and never a crash.
 */
#include "segment_fixture.h"
#include "segment_map.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALL 12

/* ---- good -------------------------------------------------------------------------------- */

START_TEST(test_adoption_takes_over_everything)
{
    struct fixture fixture;
    char why[FIXTURE_REASON_SIZE];
    fixture_begin(&fixture, WALL);
    fixture_changes(&fixture, 300);
    const size_t size = fixture.segment.size;
    unsigned char *before = malloc(size);
    ck_assert_ptr_nonnull(before);
    memcpy(before, fixture.segment.header, size);
    segment_unmap(&fixture.segment);
    ck_assert_msg(fixture_adopt(&fixture, why) == 0, "%s", why);
    ck_assert_uint_eq(fixture.segment.size, size);
    const size_t at = segment_locker_offset();
    ck_assert_mem_eq((unsigned char *)fixture.segment.header + at, before + at, size - at);
    free(before);
    fixture_changes(&fixture, 100);
    fixture_expect_sound(&fixture, false);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_adoption_takes_the_new_policy)
{
    struct fixture fixture;
    char why[FIXTURE_REASON_SIZE];
    fixture_leave(&fixture, WALL);
    fixture.plan.policy.ttl_ms = 1234;
    fixture.plan.policy.code_digits = 9;
    ck_assert_msg(fixture_adopt(&fixture, why) == 0, "%s", why);
    ck_assert_int_eq(locker_policy(&fixture.segment.locker)->ttl_ms, 1234);
    ck_assert_int_eq(locker_policy(&fixture.segment.locker)->code_digits, 9);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_nothing_there_is_not_stale)
{
    struct fixture fixture;
    char why[FIXTURE_REASON_SIZE];
    fixture_plan(&fixture, WALL);
    ck_assert_int_eq(fixture_adopt(&fixture, why), -ENOENT);
    fixture_end(&fixture);
}
END_TEST

static void die_in_a_change(struct fixture *fixture)
{
    struct event event;
    const struct intent deposit = {.operation = OP_DEPOSIT,
                                   .has_size = true,
                                   .size = SIZE_LARGE,
                                   .compartment = COMPARTMENT_NONE,
                                   .offer = {.nonce = 1, .hash = 77, .digits = 6}};
    if (segment_lock(&fixture->segment, NULL) == 0 &&
        locker_decide(&fixture->segment.locker, fixture->now, &deposit, &event) == OUTCOME_OK) {
        locker_record(&fixture->segment.locker, &event);
        raise(SIGKILL);
    }
}

START_TEST(test_adoption_finishes_what_a_dead_owner_left_half_done)
{
    struct fixture fixture;
    struct occupancy occupancy;
    char why[FIXTURE_REASON_SIZE];
    fixture_begin(&fixture, WALL);
    fixture_expect_end(fixture_spawn(die_in_a_change, &fixture), SIGKILL);
    segment_unmap(&fixture.segment);
    ck_assert_msg(fixture_adopt(&fixture, why) == 0, "%s", why);
    locker_occupancy(&fixture.segment.locker, &occupancy);
    ck_assert_uint_eq(occupancy.occupied, 1);
    ck_assert_uint_eq(occupancy.free[SIZE_LARGE], WALL / 3 - 1);
    fixture_expect_sound(&fixture, false);
    fixture_end(&fixture);
}
END_TEST

/* ---- the wrong file ---------------------------------------------------------------------- */

static void put_file(const struct fixture *fixture, const void *bytes, size_t size)
{
    const int fd = open(fixture->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

START_TEST(test_a_foreign_file_is_refused)
{
    struct fixture fixture;
    char text[65536];
    memset(text, 'x', sizeof text);
    fixture_plan(&fixture, WALL);
    put_file(&fixture, text, sizeof text);
    fixture_expect_stale(&fixture, "no locker segment");
    ck_assert_int_eq(access(fixture.path, F_OK), 0); /* not adoption's to remove */
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_an_empty_or_tiny_file_is_refused)
{
    struct fixture fixture;
    fixture_plan(&fixture, WALL);
    put_file(&fixture, "", 0);
    fixture_expect_stale(&fixture, "too short");
    put_file(&fixture, SEGMENT_MAGIC, 8);
    fixture_expect_stale(&fixture, "too short");
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_file_cut_off_anywhere_is_refused)
{
    struct fixture fixture;
    fixture_leave(&fixture, WALL);
    struct stat status;
    ck_assert_int_eq(stat(fixture.path, &status), 0);
    for (off_t size = status.st_size - 1; size > 0; size = size * 3 / 4) {
        ck_assert_int_eq(truncate(fixture.path, size), 0);
        const bool tiny = size <= (off_t)segment_locker_offset();
        fixture_expect_stale(&fixture, tiny ? "too short" : "size is not what its header says");
    }
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_grown_file_is_refused)
{
    struct fixture fixture;
    fixture_leave(&fixture, WALL);
    ck_assert_int_eq(truncate(fixture.path, INT64_C(1) << 36), 0);
    fixture_expect_stale(&fixture, "size is not what its header says");
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_file_of_another_user_or_open_to_others_is_refused)
{
    struct fixture fixture;
    fixture_leave(&fixture, WALL);
    ck_assert_int_eq(chmod(fixture.path, 0622), 0);
    fixture_expect_stale(&fixture, "others may write");
    ck_assert_int_eq(chmod(fixture.path, 0600), 0);
    if (geteuid() == 0) { /* only root can give a file away */
        ck_assert_int_eq(chown(fixture.path, 65534, (gid_t)-1), 0);
        fixture_expect_stale(&fixture, "another user");
    }
    fixture_end(&fixture);
}
END_TEST

/* ---- the wrong header -------------------------------------------------------------------- */

static const struct wrong {
    size_t offset;
    size_t size;
    const char *reason;
} wrongs[] = {
#define WRONG(member, reason)                                                                      \
    {                                                                                              \
        offsetof(struct segment_header, member), sizeof(((struct segment_header *)0)->member),     \
            reason                                                                                 \
    }
    WRONG(magic, "no locker segment"),
    WRONG(version, "layout of another version"),
    WRONG(locker_version, "layout of another version"),
    WRONG(fingerprint, "layout of another version"),
    WRONG(wall_fingerprint, "configured differently"),
    WRONG(size, "size is not what its header says"),
    WRONG(locker_offset, "size is not what its header says"),
    WRONG(boot_id, "before the last boot"),
    WRONG(station, "another name"),
    WRONG(ephemeral, "ephemeral"),
    WRONG(lock.mutex, "lock is damaged"),
#undef WRONG
};

START_TEST(test_a_header_with_any_wrong_field_is_refused)
{
    const struct wrong *wrong = &wrongs[_i];
    struct fixture fixture;
    unsigned char bytes[64];
    fixture_leave(&fixture, WALL);
    memset(bytes, 0x77, sizeof bytes);
    ck_assert_uint_le(wrong->size, sizeof bytes);
    fixture_poke(&fixture, wrong->offset, bytes, wrong->size);
    fixture_expect_stale(&fixture, wrong->reason);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_segment_never_made_ready_is_refused)
{
    struct fixture fixture;
    fixture_begin(&fixture, WALL);
    segment_not_ready(&fixture.segment);
    segment_unmap(&fixture.segment);
    fixture_expect_stale(&fixture, "never made ready");
    fixture_end(&fixture);
}
END_TEST

/* ---- another plan ------------------------------------------------------------------------ */

START_TEST(test_another_wall_is_refused)
{
    struct fixture fixture;
    fixture_leave(&fixture, WALL);
    const struct compartment first = fixture.wall[0];
    fixture.wall[0] = fixture.wall[3]; /* of the same size: only the order differs */
    fixture.wall[3] = first;
    fixture_expect_stale(&fixture, "configured differently");
    fixture.wall[3] = fixture.wall[0];
    fixture.wall[0] = first;
    fixture.plan.compartments = WALL - 1;
    fixture_expect_stale(&fixture, "configured differently");
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_wall_whose_fingerprint_lies_is_refused)
{
    struct fixture fixture;
    fixture_leave(&fixture, WALL);
    strcpy(fixture.wall[0].id, "S77");
    const uint64_t lie = wall_fingerprint(fixture.wall, WALL);
    fixture_poke(&fixture, offsetof(struct segment_header, wall_fingerprint), &lie, sizeof lie);
    fixture_expect_stale(&fixture, "configured differently");
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_another_request_memory_is_refused)
{
    struct fixture fixture;
    fixture_leave(&fixture, WALL);
    fixture.plan.policy.remember_requests++;
    fixture_expect_stale(&fixture, "remembered requests");
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_another_kind_name_or_boot_is_refused)
{
    struct fixture fixture;
    fixture_leave(&fixture, WALL);
    fixture.plan.ephemeral = true;
    fixture_expect_stale(&fixture, "ephemeral");
    fixture.plan.ephemeral = false;
    fixture.plan.station = "other";
    fixture_expect_stale(&fixture, "another name");
    fixture.plan.station = fixture.station;
    fixture.plan.boot_id[15] ^= 1;
    fixture_expect_stale(&fixture, "before the last boot");
    fixture_end(&fixture);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("adoption", &tests);
    tcase_add_test(tests, test_adoption_takes_over_everything);
    tcase_add_test(tests, test_adoption_takes_the_new_policy);
    tcase_add_test(tests, test_nothing_there_is_not_stale);
    tcase_add_test(tests, test_adoption_finishes_what_a_dead_owner_left_half_done);
    tcase_add_test(tests, test_a_foreign_file_is_refused);
    tcase_add_test(tests, test_an_empty_or_tiny_file_is_refused);
    tcase_add_test(tests, test_a_file_cut_off_anywhere_is_refused);
    tcase_add_test(tests, test_a_grown_file_is_refused);
    tcase_add_test(tests, test_a_file_of_another_user_or_open_to_others_is_refused);
    tcase_add_loop_test(tests, test_a_header_with_any_wrong_field_is_refused, 0,
                        sizeof wrongs / sizeof wrongs[0]);
    tcase_add_test(tests, test_a_segment_never_made_ready_is_refused);
    tcase_add_test(tests, test_another_wall_is_refused);
    tcase_add_test(tests, test_a_wall_whose_fingerprint_lies_is_refused);
    tcase_add_test(tests, test_another_request_memory_is_refused);
    tcase_add_test(tests, test_another_kind_name_or_boot_is_refused);
    return harness_run(suite);
}
