/*
 * The accounts of a traced build: nothing is left out, nothing counted twice, and a change's spans
 * follow one another.
 */
#include "stage_board.h"
#include "support/harness.h"

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DESK   0
#define KEEPER 3

static struct stage_board *board;

static void begin(void)
{
    board = calloc(1, sizeof *board);
    ck_assert_ptr_nonnull(board);
}

static void end(void)
{
    free(board);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static const struct stage_sum *sum_of(unsigned process, enum trace_stage stage)
{
    return &board->accounts[process].stages[stage];
}

static uint64_t laps_ns(unsigned process)
{
    uint64_t sum_ns = 0;
    for (unsigned stage = 0; stage < SPAN_DECIDED; stage++)
        sum_ns += sum_of(process, stage)->sum_ns;
    return sum_ns;
}

static void pause_us(long us)
{
    const struct timespec pause = {.tv_nsec = us * 1000};
    nanosleep(&pause, NULL);
}

START_TEST(test_buckets_hold_what_falls_into_them)
{
    for (unsigned bucket = 0; bucket + 1 < STAGE_BUCKETS; bucket++) {
        const uint64_t top = stage_bucket_top(bucket);
        ck_assert_uint_eq(stage_bucket(top), bucket);
        ck_assert_uint_eq(stage_bucket(top + 1), bucket + 1);
        if (bucket > 0)
            ck_assert_uint_le(top - stage_bucket_top(bucket - 1), top / 8 + 1);
    }
    ck_assert_uint_eq(stage_bucket(UINT64_MAX), STAGE_BUCKETS - 1);
}
END_TEST

START_TEST(test_nothing_is_counted_before_it_is_opened)
{
    stage_end(STAGE_DECODE);
    stage_recorded(1, 0);
    stage_handed();
    stage_sent(1);
    stage_rouse(KEEPER);
    stage_woken();
    ck_assert_uint_eq(laps_ns(DESK), 0);
}
END_TEST

START_TEST(test_laps_come_to_the_life_of_the_process)
{
    const uint64_t before_ns = now_ns();
    stage_open(board, DESK);
    ck_assert(board->accounts[DESK].mark_ns > 0);
    ck_assert_uint_eq(laps_ns(DESK), 0); /* what the marks cost was no lap */
    const uint64_t open_ns = now_ns();
    for (int i = 0; i < 10; i++) {
        stage_end(STAGE_SLEEP);
        pause_us(200);
        stage_end(STAGE_DECODE);
    }
    const uint64_t after_ns = now_ns();
    ck_assert_uint_eq(sum_of(DESK, STAGE_SLEEP)->count, 10);
    ck_assert_uint_eq(sum_of(DESK, STAGE_DECODE)->count, 10);
    ck_assert_uint_ge(sum_of(DESK, STAGE_DECODE)->sum_ns, UINT64_C(2000000));
    ck_assert_uint_le(laps_ns(DESK), after_ns - before_ns);
    ck_assert_uint_ge(laps_ns(DESK) + (after_ns - before_ns) / 10, after_ns - open_ns);
}
END_TEST

/* A change's way through a desk, and what the keeper noted of it meanwhile. */
static void go(uint64_t sequence, bool keeper)
{
    stage_end(STAGE_SLEEP);
    stage_end(STAGE_RECEIVE);
    pause_us(100);
    stage_end(STAGE_UNLOCK);
    stage_recorded(sequence, 0);
    stage_end(STAGE_HOLD);
    stage_handed();
    if (keeper) {
        stage_taken(sequence, 1);
        pause_us(100);
        stage_stored(sequence, 1);
    }
    stage_end(STAGE_RELEASE);
    stage_sent(sequence);
}

/* Of three received together the second is a question, so the third is done by itself. */
START_TEST(test_each_of_a_group_is_decided_from_when_it_was_received)
{
    stage_open(board, DESK);
    for (int i = 0; i < 3; i++) {
        stage_end(STAGE_RECEIVE);
        pause_us(1000);
    }
    stage_end(STAGE_UNLOCK);
    stage_recorded(1, 0);
    stage_end(STAGE_HOLD);
    stage_end(STAGE_HOLD);
    stage_sent(1);
    const uint64_t first_ns = sum_of(DESK, SPAN_DECIDED)->sum_ns;
    ck_assert_uint_ge(first_ns, UINT64_C(3000000));
    stage_end(STAGE_UNLOCK);
    stage_recorded(2, 0);
    stage_end(STAGE_HOLD);
    stage_sent(2);
    ck_assert_uint_ge(sum_of(DESK, SPAN_DECIDED)->sum_ns - first_ns, UINT64_C(1000000));
    ck_assert_uint_lt(sum_of(DESK, SPAN_DECIDED)->sum_ns - first_ns, first_ns);
}
END_TEST

/* Two of them under one hold of the lock. */
START_TEST(test_two_decided_together_are_told_apart)
{
    stage_open(board, DESK);
    stage_end(STAGE_RECEIVE);
    pause_us(1000);
    const uint64_t between_ns = now_ns();
    stage_end(STAGE_RECEIVE);
    stage_end(STAGE_UNLOCK);
    const uint64_t after_ns = now_ns();
    stage_recorded(1, 0);
    stage_recorded(2, 1);
    stage_end(STAGE_HOLD);
    stage_end(STAGE_HOLD);
    stage_sent(2);
    ck_assert_uint_le(sum_of(DESK, SPAN_DECIDED)->sum_ns, after_ns - between_ns);
    stage_sent(1);
    ck_assert_uint_ge(sum_of(DESK, SPAN_DECIDED)->sum_ns, UINT64_C(1000000));
}
END_TEST

static uint64_t spans_ns(void)
{
    uint64_t sum_ns = 0;
    for (unsigned span = SPAN_DECIDED; span < SPAN_WHOLE; span++)
        sum_ns += sum_of(DESK, span)->sum_ns;
    return sum_ns;
}

START_TEST(test_spans_follow_one_another)
{
    stage_open(board, DESK);
    for (uint64_t sequence = 1; sequence <= 20; sequence++)
        go(sequence, true);
    for (unsigned span = SPAN_DECIDED; span <= SPAN_WHOLE; span++)
        ck_assert_uint_eq(sum_of(DESK, span)->count, 20);
    ck_assert_uint_eq(spans_ns(), sum_of(DESK, SPAN_WHOLE)->sum_ns);
    ck_assert_uint_ge(sum_of(DESK, SPAN_DECIDED)->sum_ns, UINT64_C(2000000));
    ck_assert_uint_ge(sum_of(DESK, SPAN_STORED)->sum_ns, UINT64_C(2000000));
    ck_assert_uint_le(sum_of(DESK, SPAN_WHOLE)->sum_ns, laps_ns(DESK));
}
END_TEST

START_TEST(test_without_a_keeper_there_is_no_way_to_the_disk)
{
    stage_open(board, DESK);
    go(7, false);
    ck_assert_uint_eq(sum_of(DESK, SPAN_STORED)->count, 0);
    ck_assert_uint_eq(sum_of(DESK, SPAN_WHOLE)->count, 1);
    ck_assert_uint_eq(spans_ns(), sum_of(DESK, SPAN_WHOLE)->sum_ns);
}
END_TEST

/* A busy keeper takes a change before its desk tells of it. */
START_TEST(test_a_keeper_ahead_of_its_desk)
{
    stage_open(board, DESK);
    stage_end(STAGE_RECEIVE);
    stage_end(STAGE_UNLOCK);
    stage_recorded(1, 0);
    stage_end(STAGE_HOLD);
    stage_taken(1, 1);
    stage_stored(1, 1);
    stage_handed();
    stage_end(STAGE_RELEASE);
    stage_sent(1);
    ck_assert_uint_eq(sum_of(DESK, SPAN_TAKEN)->sum_ns, 0);
    ck_assert_uint_eq(spans_ns(), sum_of(DESK, SPAN_WHOLE)->sum_ns);
}
END_TEST

/* It may rest on a change of another desk, or on one whose own answer has left. */
START_TEST(test_a_refusal_has_no_way_of_its_own)
{
    stage_open(board, DESK);
    go(1, true);
    stage_end(STAGE_RELEASE);
    stage_sent(1);
    stage_sent(5);
    stage_sent(0);
    ck_assert_uint_eq(sum_of(DESK, STAGE_SEND)->count, 4);
    ck_assert_uint_eq(sum_of(DESK, SPAN_WHOLE)->count, 1);
}
END_TEST

START_TEST(test_waking_is_counted_once)
{
    stage_open(board, KEEPER);
    stage_rouse(KEEPER);
    pause_us(100);
    stage_end(STAGE_SLEEP);
    stage_woken();
    stage_woken();
    ck_assert_uint_eq(sum_of(KEEPER, SPAN_WOKEN)->count, 1);
    ck_assert_uint_ge(sum_of(KEEPER, SPAN_WOKEN)->sum_ns, 100000);
}
END_TEST

static void *end_a_lap(void *unused)
{
    stage_end(STAGE_FLUSH);
    return unused;
}

/* A thread beside, that writes and flushes as well. */
START_TEST(test_another_thread_is_not_counted)
{
    pthread_t thread;
    stage_open(board, KEEPER);
    ck_assert_int_eq(pthread_create(&thread, NULL, end_a_lap, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(sum_of(KEEPER, STAGE_FLUSH)->count, 0);
}
END_TEST

START_TEST(test_accounts_are_given_as_a_table)
{
    char directory[HARNESS_PATH_SIZE];
    char path[HARNESS_PATH_SIZE + 16];
    char text[4096] = "";
    harness_directory(directory);
    stage_open(board, KEEPER);
    stage_end(STAGE_FLUSH);
    stage_give(board, directory);
    snprintf(path, sizeof path, "%s/stages.csv", directory);
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    ck_assert_uint_gt(size, 0);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "process,kind,stage,"));
    ck_assert_ptr_nonnull(strstr(text, "\nkeeper,lap,flush,1,"));
    stage_clear(board);
    ck_assert_uint_eq(sum_of(KEEPER, STAGE_FLUSH)->count, 0);
    ck_assert_int_eq(remove(path), 0);
    ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("stages", &tests);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, test_buckets_hold_what_falls_into_them);
    tcase_add_test(tests, test_nothing_is_counted_before_it_is_opened);
    tcase_add_test(tests, test_laps_come_to_the_life_of_the_process);
    tcase_add_test(tests, test_spans_follow_one_another);
    tcase_add_test(tests, test_each_of_a_group_is_decided_from_when_it_was_received);
    tcase_add_test(tests, test_two_decided_together_are_told_apart);
    tcase_add_test(tests, test_without_a_keeper_there_is_no_way_to_the_disk);
    tcase_add_test(tests, test_a_keeper_ahead_of_its_desk);
    tcase_add_test(tests, test_a_refusal_has_no_way_of_its_own);
    tcase_add_test(tests, test_waking_is_counted_once);
    tcase_add_test(tests, test_another_thread_is_not_counted);
    tcase_add_test(tests, test_accounts_are_given_as_a_table);
    return harness_run(suite);
}
