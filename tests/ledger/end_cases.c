/*
 * What a start knows of the time before it: the last sequence, the floor of time, the guess limit.
 */
#include "ledger_cases.h"
#include "ledger_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct fixture station;

static void setup(void)
{
    fixture_create(&station, 6);
    fixture_open(&station);
}

static void teardown(void)
{
    fixture_destroy(&station);
}

static struct ledger_end end_of(const uint8_t boot_id[BOOT_ID_SIZE])
{
    struct ledger_end end;
    char why[LEDGER_WHY_SIZE];
    ledger_close(station.ledger);
    fixture_open(&station);
    ck_assert_msg(ledger_end(station.ledger, boot_id, &end, why) == 0, "%s", why);
    return end;
}

START_TEST(test_a_new_ledger_has_no_floor)
{
    const struct ledger_end end = end_of(station.boot_id);
    ck_assert_uint_eq(end.sequence, 0);
    ck_assert_int_eq(end.floor.at_ms, 0);
}
END_TEST

START_TEST(test_the_mark_holds_the_floor_the_boot_and_the_guess_limit)
{
    const int64_t later_ms = station.now.now_ms + 1000000;
    uint8_t other_boot[BOOT_ID_SIZE] = {1};
    fixture_fill(&station, 5);
    const struct ledger_time time = {.now_ms = later_ms + 100000000,
                                     .elapsed_ms = 777,
                                     .origin_ms = later_ms,
                                     .guess_full_at_ms = 4242};
    ledger_mark_time(station.ledger, station.boot_id, &time, true);
    struct ledger_end end = end_of(station.boot_id);
    ck_assert_uint_eq(end.sequence, locker_sequence(&station.locker));
    ck_assert_int_eq(end.floor.at_ms, later_ms + 100000000);
    ck_assert_int_eq(end.floor.elapsed_ms, 777);
    ck_assert_int_eq(end.floor.origin_ms, later_ms);
    ck_assert(end.floor.same_boot);
    ck_assert_int_eq(end.alive_at_ms, later_ms + 100000000);
    ck_assert_int_eq(end.guess_full_at_ms, 4242);
    end = end_of(other_boot);
    ck_assert(!end.floor.same_boot);
    ck_assert_int_eq(end.floor.at_ms, later_ms + 100000000);
}
END_TEST

START_TEST(test_without_the_mark_the_last_row_is_the_floor)
{
    char path[2 * HARNESS_PATH_SIZE];
    struct event last;
    fixture_fill(&station, 5);
    ck_assert_int_eq(locker_read_event(&station.locker, locker_sequence(&station.locker), &last),
                     0);
    ledger_close(station.ledger);
    station.ledger = NULL;
    snprintf(path, sizeof path, "%s/mark", station.directory);
    ck_assert_int_eq(unlink(path), 0);
    const struct ledger_end end = end_of(station.boot_id);
    ck_assert_int_eq(end.floor.at_ms, last.at_ms);
}
END_TEST

/* Nobody has called ledger_mark_time() yet: the first batch of a new keeper, an outage credited by
 * a start. */
START_TEST(test_the_first_batch_is_known_to_be_of_this_boot)
{
    char path[2 * HARNESS_PATH_SIZE];
    uint8_t other_boot[BOOT_ID_SIZE] = {1};
    fixture_fill(&station, 5);
    ck_assert(end_of(station.boot_id).floor.same_boot); /* as the mark says */
    ledger_close(station.ledger);
    station.ledger = NULL;
    snprintf(path, sizeof path, "%s/mark", station.directory);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(end_of(station.boot_id).floor.same_boot); /* as the rows say */
    ck_assert(!end_of(other_boot).floor.same_boot);
}
END_TEST

/* ---- places ------------------------------------------------------------------------------ */

START_TEST(test_a_ledger_knows_its_own_places)
{
    struct ledger_stamp stamp;
    ledger_stamp_end(station.ledger, &stamp);
    ck_assert_uint_eq(stamp.sequence, 0);
    ck_assert_int_eq(ledger_holds(station.ledger, &stamp), 0);
    fixture_fill(&station, 5);
    ledger_stamp_end(station.ledger, &stamp);
    ck_assert_uint_ge(stamp.sequence, 5);
    fixture_fill(&station, 10);
    ck_assert_int_eq(ledger_holds(station.ledger, &stamp), 0);
    stamp.sequence += 1000;
    ck_assert_int_eq(ledger_holds(station.ledger, &stamp), -ENOENT);
}
END_TEST

START_TEST(test_a_place_of_another_ledger_is_not_held)
{
    struct fixture other;
    struct ledger_stamp stamp;
    fixture_create(&other, 4);
    fixture_open(&other);
    ledger_stamp_end(other.ledger, &stamp);
    ck_assert_int_eq(ledger_holds(station.ledger, &stamp), -EBADMSG);
    fixture_destroy(&other);
}
END_TEST

START_TEST(test_a_place_of_a_copy_that_went_another_way_is_not_held)
{
    struct ledger_stamp stamp;
    fixture_fill(&station, 5);
    ledger_stamp_end(station.ledger, &stamp);
    stamp.chain[0] ^= 1;
    ck_assert_int_eq(ledger_holds(station.ledger, &stamp), -EBADMSG);
}
END_TEST

TCase *ledger_end_cases(void)
{
    TCase *cases = harness_case("end");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, test_a_new_ledger_has_no_floor);
    tcase_add_test(cases, test_the_mark_holds_the_floor_the_boot_and_the_guess_limit);
    tcase_add_test(cases, test_without_the_mark_the_last_row_is_the_floor);
    tcase_add_test(cases, test_the_first_batch_is_known_to_be_of_this_boot);
    tcase_add_test(cases, test_a_ledger_knows_its_own_places);
    tcase_add_test(cases, test_a_place_of_another_ledger_is_not_held);
    tcase_add_test(cases, test_a_place_of_a_copy_that_went_another_way_is_not_held);
    return cases;
}
