/*
 * The segment in good days: made, mapped, read, removed.
 */
#include "segment_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALL 12

START_TEST(test_names_differ_by_station_and_by_run_directory)
{
    char names[3][SEGMENT_NAME_SIZE];
    char directories[2][HARNESS_PATH_SIZE];
    char link[HARNESS_PATH_SIZE + 8];
    char through_link[SEGMENT_NAME_SIZE];
    harness_directory(directories[0]);
    harness_directory(directories[1]);
    ck_assert_int_eq(segment_name("lobby", directories[0], names[0]), 0);
    ck_assert_int_eq(segment_name("lobby", directories[1], names[1]), 0);
    ck_assert_int_eq(segment_name("garage", directories[0], names[2]), 0);
    ck_assert_str_ne(names[0], names[1]);
    ck_assert_str_ne(names[0], names[2]);
    ck_assert_int_eq(strncmp(names[0], "/locker-lobby-", 14), 0);
    /* One directory under two names is one station's. */
    snprintf(link, sizeof link, "%s/link", directories[1]);
    ck_assert_int_eq(symlink(directories[0], link), 0);
    ck_assert_int_eq(segment_name("lobby", link, through_link), 0);
    ck_assert_str_eq(through_link, names[0]);
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(rmdir(directories[0]), 0);
    ck_assert_int_eq(rmdir(directories[1]), 0);
    ck_assert_int_eq(segment_name("lobby", directories[0], names[0]), -ENOENT);
}
END_TEST

START_TEST(test_the_longest_station_name_fits)
{
    struct fixture fixture;
    char name[SEGMENT_NAME_SIZE];
    fixture_plan(&fixture, WALL);
    ck_assert_int_eq(segment_name("0123456789012345678901234567890", fixture.directory, name), 0);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_new_segment_is_allocated_private_and_not_ready)
{
    struct fixture fixture;
    struct segment mapped;
    struct stat status;
    fixture_plan(&fixture, WALL);
    ck_assert_int_eq(segment_create(&fixture.segment, &fixture.plan), 0);
    ck_assert_int_eq(fstat(fixture.segment.fd, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert_uint_eq((size_t)status.st_size, fixture.segment.size);
    ck_assert_uint_ge((size_t)status.st_blocks * 512, fixture.segment.size);
    ck_assert_int_eq(segment_map(&mapped, dup(fixture.segment.fd)), -EPROTO);
    ck_assert_int_eq(segment_open_readonly(&mapped, fixture.name), -EPROTO);
    segment_ready(&fixture.segment);
    ck_assert_int_eq(segment_open_readonly(&mapped, fixture.name), 0);
    segment_unmap(&mapped);
    segment_not_ready(&fixture.segment);
    ck_assert_int_eq(segment_open_readonly(&mapped, fixture.name), -EPROTO);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_new_segment_is_an_empty_station)
{
    struct fixture fixture;
    struct occupancy occupancy;
    fixture_begin(&fixture, WALL);
    locker_occupancy(&fixture.segment.locker, &occupancy);
    ck_assert_uint_eq(occupancy.free[SIZE_SMALL], WALL / 3);
    ck_assert_uint_eq(occupancy.occupied, 0);
    ck_assert_str_eq(fixture.segment.header->station, fixture.station);
    fixture_expect_sound(&fixture, false);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_creating_replaces_what_has_the_name_but_not_whoever_uses_it)
{
    struct fixture fixture;
    struct segment old;
    fixture_begin(&fixture, WALL);
    fixture_changes(&fixture, 100);
    old = fixture.segment;
    const uint64_t sequence = locker_sequence(&old.locker);
    ck_assert_uint_gt(sequence, 0);
    ck_assert_int_eq(segment_create(&fixture.segment, &fixture.plan), 0);
    ck_assert_uint_eq(locker_sequence(&fixture.segment.locker), 0);
    ck_assert_uint_eq(locker_sequence(&old.locker), sequence);
    segment_unmap(&old);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_segment_that_cannot_be_allocated_leaves_nothing)
{
    struct fixture fixture;
    const struct rlimit tight = {65536, 65536};
    struct rlimit before;
    fixture_plan(&fixture, WALL);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit lowered = {tight.rlim_cur, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &lowered), 0);
    const int error = segment_create(&fixture.segment, &fixture.plan);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(error, -EFBIG);
    ck_assert_int_eq(access(fixture.path, F_OK), -1);
    ck_assert_ptr_null(fixture.segment.header);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_map_through_the_descriptor_shares_the_state)
{
    struct fixture fixture;
    struct segment mapped;
    fixture_begin(&fixture, WALL);
    ck_assert_int_eq(segment_map(&mapped, dup(fixture.segment.fd)), 0);
    ck_assert_ptr_ne(mapped.header, fixture.segment.header);
    fixture_changes(&fixture, 50);
    ck_assert_uint_gt(locker_sequence(&fixture.segment.locker), 0);
    ck_assert_uint_eq(locker_sequence(&mapped.locker), locker_sequence(&fixture.segment.locker));
    ck_assert_int_eq(segment_lock(&mapped, NULL), 0);
    ck_assert(station_lock_is_held(&fixture.segment.header->lock));
    segment_unlock(&mapped);
    segment_unmap(&mapped);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_map_of_something_else_is_refused)
{
    struct fixture fixture;
    struct segment mapped;
    static const char text[8192] = "no segment";
    fixture_plan(&fixture, WALL);
    int fd = memfd_create("test", MFD_CLOEXEC);
    ck_assert_int_eq(segment_map(&mapped, dup(fd)), -EPROTO);
    ck_assert_int_eq(write(fd, text, sizeof text), sizeof text);
    ck_assert_int_eq(segment_map(&mapped, dup(fd)), -EPROTO);
    close(fd);
    ck_assert_int_eq(segment_map(&mapped, fd), -EBADF);
    ck_assert_int_eq(segment_open_readonly(&mapped, fixture.name), -ENOENT);
    fixture_end(&fixture);
}
END_TEST

static void write_through_reader(struct fixture *fixture)
{
    struct segment reader;
    if (segment_open_readonly(&reader, fixture->name) == 0)
        ((volatile struct segment_header *)reader.header)->ephemeral = true;
}

START_TEST(test_a_reader_cannot_write)
{
    struct fixture fixture;
    fixture_begin(&fixture, WALL);
    fixture_expect_end(fixture_spawn(write_through_reader, &fixture), SIGSEGV);
    ck_assert(!fixture.segment.header->ephemeral);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_a_reader_sees_what_was_done)
{
    struct fixture fixture;
    struct segment reader;
    fixture_begin(&fixture, WALL);
    ck_assert_int_eq(segment_open_readonly(&reader, fixture.name), 0);
    const uint64_t before = locker_read_begin(&reader.locker);
    ck_assert_uint_ne(before, 0);
    ck_assert(locker_read_valid(&reader.locker, before));
    fixture_changes(&fixture, 50);
    ck_assert(!locker_read_valid(&reader.locker, before));
    const uint64_t after = locker_read_begin(&reader.locker);
    struct occupancy mine;
    struct occupancy theirs;
    locker_occupancy(&fixture.segment.locker, &mine);
    locker_occupancy(&reader.locker, &theirs);
    ck_assert_mem_eq(&mine, &theirs, sizeof mine);
    ck_assert(locker_read_valid(&reader.locker, after));
    segment_unmap(&reader);
    fixture_end(&fixture);
}
END_TEST

START_TEST(test_walls_have_fingerprints)
{
    struct compartment wall[3] = {{"A", 0}, {"B", 1}, {"C", 2}};
    const uint64_t first = wall_fingerprint(wall, 3);
    ck_assert_uint_eq(wall_fingerprint(wall, 3), first);
    ck_assert_uint_ne(wall_fingerprint(wall, 2), first);
    wall[1].size = 0;
    ck_assert_uint_ne(wall_fingerprint(wall, 3), first);
    wall[1] = wall[0];
    wall[0] = (struct compartment){"B", 1};
    ck_assert_uint_ne(wall_fingerprint(wall, 3), first);
    /* Where one name ends and the next begins counts. */
    const struct compartment ab_c[2] = {{"AB", 0}, {"C", 0}};
    const struct compartment a_bc[2] = {{"A", 0}, {"BC", 0}};
    ck_assert_uint_ne(wall_fingerprint(ab_c, 2), wall_fingerprint(a_bc, 2));
}
END_TEST

START_TEST(test_removing_takes_the_name_away)
{
    struct fixture fixture;
    fixture_begin(&fixture, WALL);
    ck_assert_int_eq(access(fixture.path, F_OK), 0);
    segment_remove(&fixture.segment);
    ck_assert_int_eq(access(fixture.path, F_OK), -1);
    fixture_end(&fixture);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("segment", &tests);
    tcase_add_test(tests, test_names_differ_by_station_and_by_run_directory);
    tcase_add_test(tests, test_the_longest_station_name_fits);
    tcase_add_test(tests, test_a_new_segment_is_allocated_private_and_not_ready);
    tcase_add_test(tests, test_a_new_segment_is_an_empty_station);
    tcase_add_test(tests, test_creating_replaces_what_has_the_name_but_not_whoever_uses_it);
    tcase_add_test(tests, test_a_segment_that_cannot_be_allocated_leaves_nothing);
    tcase_add_test(tests, test_a_map_through_the_descriptor_shares_the_state);
    tcase_add_test(tests, test_a_map_of_something_else_is_refused);
    tcase_add_test(tests, test_a_reader_cannot_write);
    tcase_add_test(tests, test_a_reader_sees_what_was_done);
    tcase_add_test(tests, test_walls_have_fingerprints);
    tcase_add_test(tests, test_removing_takes_the_name_away);
    return harness_run(suite);
}
