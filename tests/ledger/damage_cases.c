/*
 * Damage: whatever happens to the files, a load gives exactly the acknowledged state, or refuses
 * and says why. Never another state.
 */
#include "ledger_cases.h"
#include "ledger_fixture.h"
#include "support/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many samples of each file; the whole run stays within seconds. */
#define SAMPLES 400

static struct fixture station;
static char copy[HARNESS_PATH_SIZE], trial[HARNESS_PATH_SIZE];
static uint8_t acknowledged[FIXTURE_DIGEST_SIZE];
static unsigned same, refused;

/* A small station whose last rows are still in the WAL, as a power loss leaves it. */
static void make_station(bool with_checkpoint)
{
    char why[LEDGER_WHY_SIZE] = "";
    fixture_create(&station, 9);
    fixture_open(&station);
    fixture_fill(&station, 40);
    ledger_close(station.ledger);
    fixture_open(&station);
    if (with_checkpoint)
        ck_assert_msg(ledger_checkpoint(station.ledger, &station.locker, why) == 0, "%s", why);
    fixture_fill(&station, 60);
    harness_directory(copy);
    harness_directory(trial);
    fixture_copy(station.directory, copy);
    fixture_digest(&station.locker, acknowledged);
    same = refused = 0;
}

static void setup(void)
{
    make_station(false);
}

static void setup_with_checkpoint(void)
{
    make_station(true);
}

static void teardown(void)
{
    files_remove_tree(copy);
    files_remove_tree(trial);
    fixture_destroy(&station);
}

/* One trial: the copied files, one of them replaced. */
static void try_with(const char *name, const uint8_t *data, size_t size, size_t offset)
{
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    uint8_t digest[FIXTURE_DIGEST_SIZE];
    files_remove_tree(trial);
    harness_directory(trial);
    fixture_copy(copy, trial);
    fixture_write_file(trial, name, data, size);
    const int rc = fixture_load(&station, trial, offset % 3 == 0, &loaded, &memory, why);
    if (rc == 0) {
        fixture_digest(&loaded, digest);
        ck_assert_msg(memcmp(digest, acknowledged, sizeof digest) == 0,
                      "%s changed at %zu: another state was loaded", name, offset);
        same++;
    } else {
        ck_assert_msg(rc != -EXDEV && rc != -EINVAL && why[0] != '\0',
                      "%s changed at %zu: %d without a reason: %s", name, offset, rc, why);
        refused++;
    }
    free(memory);
}

static void flip_bits_of(const char *name)
{
    size_t size;
    uint8_t *data = fixture_read_file(copy, name, &size);
    ck_assert_ptr_nonnull(data);
    const size_t stride = size > SAMPLES ? size / SAMPLES : 1;
    for (size_t at = fixture_random(&station, stride); at < size;
         at += 1 + fixture_random(&station, 2 * stride - 1)) {
        const uint8_t bit = (uint8_t)(1u << fixture_random(&station, 8));
        data[at] ^= bit;
        try_with(name, data, size, at);
        data[at] ^= bit;
    }
    free(data);
}

static void truncate_file(const char *name, size_t unit, size_t header)
{
    size_t size;
    uint8_t *data = fixture_read_file(copy, name, &size);
    ck_assert_ptr_nonnull(data);
    for (size_t at = 0; at < size; at = at == 0 && header > 0 ? header : at + unit) {
        try_with(name, data, at, at);
        if (at + unit / 3 < size)
            try_with(name, data, at + unit / 3, at + 1);
    }
    free(data);
}

START_TEST(test_flipped_bits_in_the_database_never_give_another_state)
{
    flip_bits_of("ledger.db");
    ck_assert_uint_gt(same, 0);
    ck_assert_uint_gt(refused, 0);
}
END_TEST

START_TEST(test_flipped_bits_in_the_wal_never_give_another_state)
{
    flip_bits_of("ledger.db-wal");
    ck_assert_uint_gt(refused, 0);
}
END_TEST

START_TEST(test_flipped_bits_in_the_mark_lose_nothing)
{
    flip_bits_of("mark");
    ck_assert_uint_eq(refused, 0);
}
END_TEST

START_TEST(test_flipped_bits_in_the_checkpoint_lose_nothing)
{
    flip_bits_of("checkpoint");
    ck_assert_uint_eq(refused, 0);
    ck_assert_uint_gt(same, 0);
}
END_TEST

START_TEST(test_a_truncated_database_is_refused)
{
    truncate_file("ledger.db", 4096, 0);
    ck_assert_uint_gt(refused, 0);
}
END_TEST

START_TEST(test_a_truncated_wal_is_refused)
{
    truncate_file("ledger.db-wal", 4096 + 24, 32);
    ck_assert_uint_eq(same, 0);
    ck_assert_uint_gt(refused, 0);
}
END_TEST

/* Bytes behind the last commit were never acknowledged: a torn tail is dropped. */
START_TEST(test_a_torn_unacknowledged_tail_is_dropped)
{
    size_t size;
    uint8_t *data = fixture_read_file(copy, "ledger.db-wal", &size);
    uint8_t *longer = malloc(size + 4096 + 24);
    memcpy(longer, data, size);
    memcpy(longer + size, data + 32, 4096 + 24);
    for (size_t more = 1; more < 4096 + 24; more += 500)
        try_with("ledger.db-wal", longer, size + more, more);
    ck_assert_uint_eq(refused, 0);
    free(longer);
    free(data);
}
END_TEST

START_TEST(test_lost_files_are_noticed)
{
    const char *const lost[] = {"ledger.db", "ledger.db-wal"};
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE], path[2 * HARNESS_PATH_SIZE];
    for (size_t i = 0; i < 2; i++) {
        files_remove_tree(trial);
        harness_directory(trial);
        fixture_copy(copy, trial);
        snprintf(path, sizeof path, "%s/%s", trial, lost[i]);
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(fixture_load(&station, trial, false, &loaded, &memory, why), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(why, "restore"));
        free(memory);
    }
}
END_TEST

START_TEST(test_a_lost_wal_is_refused_with_the_number_of_changes)
{
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    files_remove_tree(trial);
    harness_directory(trial);
    fixture_copy(copy, trial);
    fixture_write_file(trial, "ledger.db-wal", "", 0);
    ck_assert_int_eq(fixture_load(&station, trial, false, &loaded, &memory, why), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(why, "changes are missing"));
    free(memory);
}
END_TEST

START_TEST(test_a_refused_ledger_is_left_as_it_was_found)
{
    size_t size, after_size;
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    uint8_t *data = fixture_read_file(copy, "ledger.db-wal", &size);
    files_remove_tree(trial);
    harness_directory(trial);
    fixture_copy(copy, trial);
    data[size / 2] ^= 1;
    fixture_write_file(trial, "ledger.db-wal", data, size);
    ck_assert_int_eq(fixture_load(&station, trial, false, &loaded, &memory, why), -EBADMSG);
    uint8_t *after = fixture_read_file(trial, "ledger.db-wal", &after_size);
    ck_assert_ptr_nonnull(after);
    ck_assert_uint_eq(size, after_size);
    ck_assert_mem_eq(data, after, size);
    free(after);
    free(data);
    free(memory);
}
END_TEST

START_TEST(test_without_a_mark_the_ledger_is_taken_as_it_stands)
{
    const uint8_t nothing[4096] = {0};
    try_with("mark", nothing, sizeof nothing, 1);
    try_with("mark", nothing, 0, 1);
    ck_assert_uint_eq(same, 2);
}
END_TEST

/* A checkpoint is a convenience, without the other two no start is sound. */
START_TEST(test_pipes_in_place_of_files_are_not_waited_for)
{
    const char *const names[] = {"checkpoint", "mark", "ledger.db"};
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE], path[2 * HARNESS_PATH_SIZE];
    for (size_t i = 0; i < 6; i++) {
        files_remove_tree(trial);
        harness_directory(trial);
        fixture_copy(copy, trial);
        snprintf(path, sizeof path, "%s/%s", trial, names[i / 2]);
        ck_assert(unlink(path) == 0 || errno == ENOENT);
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        const int rc = fixture_load(&station, trial, i % 2 == 0, &loaded, &memory, why);
        ck_assert_msg(i / 2 == 0 ? rc == 0 : rc < 0, "%s: %d", names[i / 2], rc);
        free(memory);
    }
}
END_TEST

TCase *ledger_damage_cases(void)
{
    TCase *cases = harness_case("damage");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, test_flipped_bits_in_the_database_never_give_another_state);
    tcase_add_test(cases, test_flipped_bits_in_the_wal_never_give_another_state);
    tcase_add_test(cases, test_flipped_bits_in_the_mark_lose_nothing);
    tcase_add_test(cases, test_a_truncated_database_is_refused);
    tcase_add_test(cases, test_a_truncated_wal_is_refused);
    tcase_add_test(cases, test_a_torn_unacknowledged_tail_is_dropped);
    tcase_add_test(cases, test_lost_files_are_noticed);
    tcase_add_test(cases, test_a_lost_wal_is_refused_with_the_number_of_changes);
    tcase_add_test(cases, test_a_refused_ledger_is_left_as_it_was_found);
    tcase_add_test(cases, test_pipes_in_place_of_files_are_not_waited_for);
    tcase_add_test(cases, test_without_a_mark_the_ledger_is_taken_as_it_stands);
    return cases;
}

TCase *ledger_damage_with_checkpoint_cases(void)
{
    TCase *cases = harness_case("damage with a checkpoint");
    tcase_add_checked_fixture(cases, setup_with_checkpoint, teardown);
    tcase_add_test(cases, test_flipped_bits_in_the_database_never_give_another_state);
    tcase_add_test(cases, test_flipped_bits_in_the_wal_never_give_another_state);
    tcase_add_test(cases, test_flipped_bits_in_the_checkpoint_lose_nothing);
    tcase_add_test(cases, test_lost_files_are_noticed);
    return cases;
}
