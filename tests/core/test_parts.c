/*
 * The parts that the locker is made of, each by itself.
 */
#include "expiry_queue.h"
#include "fixture.h"
#include "free_set.h"
#include "history_view.h"
#include "slot_table.h"
#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

/* ---- free set ----------------------------------------------------------------------------- */

static void free_set_of(struct free_set *set, uint64_t **words, uint32_t limit)
{
    *words = calloc(free_set_words(limit), sizeof **words);
    free_set_attach(set, *words, limit);
}

START_TEST(test_free_set_gives_the_smallest_member)
{
    static const uint32_t limits[] = {1, 64, 65, 4096, 4097, 300000};
    struct free_set set;
    uint64_t *words;
    const uint32_t limit = limits[_i];
    free_set_of(&set, &words, limit);
    ck_assert_uint_eq(free_set_lowest(&set), FREE_SET_NONE);
    free_set_insert(&set, limit - 1);
    ck_assert_uint_eq(free_set_lowest(&set), limit - 1);
    free_set_insert(&set, limit / 2);
    free_set_insert(&set, limit / 2); /* twice is once */
    ck_assert_uint_eq(free_set_lowest(&set), limit / 2);
    ck_assert(free_set_has(&set, limit / 2));
    free_set_remove(&set, limit / 2);
    free_set_remove(&set, limit / 2);
    ck_assert_uint_eq(free_set_lowest(&set), limit > 1 ? limit - 1 : FREE_SET_NONE);
    free(words);
}
END_TEST

START_TEST(test_free_set_walks_its_members_in_order)
{
    struct free_set set;
    uint64_t *words;
    const uint32_t limit = 70000;
    free_set_of(&set, &words, limit);
    for (uint32_t i = 0; i < limit; i += 997)
        free_set_insert(&set, i);
    uint32_t expected = 0;
    for (uint32_t i = free_set_next(&set, 0); i != FREE_SET_NONE; i = free_set_next(&set, i + 1)) {
        ck_assert_uint_eq(i, expected);
        expected += 997;
    }
    ck_assert_uint_ge(expected, limit);
    ck_assert_uint_eq(free_set_next(&set, limit), FREE_SET_NONE);
    ck_assert_uint_eq(free_set_next(&set, UINT32_MAX), FREE_SET_NONE);
    free(words);
}
END_TEST

/* ---- slot table --------------------------------------------------------------------------- */

#define RECORDS 700

static uint64_t hash_of_record(const void *records, uint32_t number)
{
    const uint64_t *hashes = records;
    return hashes[number];
}

/* Few different homes and one tag, so that runs are longer than the slots can tell, wrap round, and
 * tags collide. */
static uint64_t crowded_hash(uint32_t number)
{
    return ((uint64_t)(number % 7) * 0x24924924U << 32) | (number + 1);
}

static uint64_t spread_hash(uint32_t number)
{
    return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void slot_table_of(struct slot_table *table, uint32_t records, unsigned fill_percent)
{
    *table = (struct slot_table){.count = slot_table_slots(records, fill_percent),
                                 .records_max = records,
                                 .hash_of = hash_of_record};
    table->slots = calloc(table->count, sizeof *table->slots);
    slot_table_measure(table);
}

START_TEST(test_slot_table_finds_what_was_inserted_and_not_removed)
{
    uint64_t hashes[RECORDS];
    struct slot_table table;
    slot_table_of(&table, RECORDS, 95);
    for (uint32_t i = 0; i < RECORDS; i++) {
        hashes[i] = _i == 0 ? crowded_hash(i) : spread_hash(i);
        slot_table_insert(&table, hashes, hashes[i], i);
    }
    for (uint32_t step = 0; step < RECORDS; step++) {
        const uint32_t gone = step * 311 % RECORDS;
        ck_assert(slot_table_remove(&table, hashes, hashes[gone], gone));
        ck_assert(!slot_table_remove(&table, hashes, hashes[gone], gone));
        for (uint32_t later = 0; later < RECORDS; later++) {
            const uint32_t number = later * 311 % RECORDS;
            ck_assert_uint_eq(slot_table_find(&table, hashes, hashes[number]),
                              later <= step ? SLOT_TABLE_NONE : number);
        }
    }
    for (uint32_t i = 0; i < table.count; i++)
        ck_assert_uint_eq(table.slots[i], 0);
    free(table.slots);
}
END_TEST

START_TEST(test_slot_table_survives_being_full)
{
    uint64_t hashes[60];
    uint32_t slots[60] = {0};
    struct slot_table table = {
        .slots = slots, .count = 60, .records_max = 60, .hash_of = hash_of_record};
    slot_table_measure(&table);
    for (uint32_t i = 0; i < 60; i++) {
        hashes[i] = crowded_hash(i);
        slot_table_insert(&table, hashes, hashes[i], i);
    }
    ck_assert_uint_eq(slot_table_find(&table, hashes, 4711), SLOT_TABLE_NONE);
    for (uint32_t i = 0; i < 60; i++)
        ck_assert_uint_eq(slot_table_find(&table, hashes, hashes[i]), i);
    for (uint32_t i = 0; i < 60; i++)
        ck_assert(slot_table_remove(&table, hashes, hashes[i], i));
}
END_TEST

/* Records come and go for long, in a table as full as any may be: the oldest makes room. */
START_TEST(test_slot_table_keeps_its_order_through_churn)
{
    uint64_t hashes[RECORDS];
    struct slot_table table;
    slot_table_of(&table, RECORDS, 95);
    for (uint32_t step = 0; step < 40 * RECORDS; step++) {
        const uint32_t number = step % RECORDS;
        if (step >= RECORDS)
            ck_assert(slot_table_remove(&table, hashes, hashes[number], number));
        hashes[number] = spread_hash(step) ^ (step % 3 == 0 ? UINT64_C(1) << 63 : 0);
        slot_table_insert(&table, hashes, hashes[number], number);
        const uint32_t other = step * 131 % RECORDS;
        if (step >= RECORDS)
            ck_assert_uint_eq(slot_table_find(&table, hashes, hashes[other]), other);
        if (step >= RECORDS)
            ck_assert_uint_eq(slot_table_guess(&table, hashes[other]), other);
    }
    free(table.slots);
}
END_TEST

START_TEST(test_slot_table_renumbers_a_record_where_it_stands)
{
    uint64_t hashes[RECORDS + 1];
    struct slot_table table;
    slot_table_of(&table, RECORDS + 1, 90);
    for (uint32_t i = 0; i < RECORDS; i++) {
        hashes[i] = crowded_hash(i);
        slot_table_insert(&table, hashes, hashes[i], i);
    }
    hashes[RECORDS] = hashes[100];
    slot_table_renumber(&table, hashes[RECORDS], 100, RECORDS);
    hashes[100] = 0;
    ck_assert_uint_eq(slot_table_find(&table, hashes, hashes[RECORDS]), RECORDS);
    ck_assert(!slot_table_remove(&table, hashes, hashes[RECORDS], 100));
    ck_assert(slot_table_remove(&table, hashes, hashes[RECORDS], RECORDS));
    free(table.slots);
}
END_TEST

/* Records that keep 46 bits of a hash are found by them, whatever the others say. */
START_TEST(test_slot_table_finds_by_the_bits_that_are_kept)
{
    const unsigned unkept = 64 - SLOT_TABLE_HASH_BITS;
    uint64_t hashes[RECORDS];
    struct slot_table table;
    slot_table_of(&table, RECORDS, 90);
    table.unkept_bits = unkept;
    for (uint32_t i = 0; i < RECORDS; i++) {
        hashes[i] = spread_hash(i) >> unkept << unkept;
        slot_table_insert(&table, hashes, spread_hash(i), i);
    }
    for (uint32_t i = 0; i < RECORDS; i++) {
        ck_assert_uint_eq(slot_table_find(&table, hashes, spread_hash(i)), i);
        ck_assert_uint_eq(slot_table_find(&table, hashes, hashes[i]), i);
        ck_assert_uint_eq(slot_table_find(&table, hashes, hashes[i] ^ 1U << unkept),
                          SLOT_TABLE_NONE);
        ck_assert(slot_table_remove(&table, hashes, hashes[i], i));
        slot_table_insert(&table, hashes, hashes[i], i);
    }
    free(table.slots);
}
END_TEST

/* Numbers that lead outside and runs that never end: read, and not followed. */
START_TEST(test_slot_table_of_garbage_leads_nowhere)
{
    uint64_t hashes[20] = {0};
    uint32_t slots[64];
    struct slot_table table = {
        .slots = slots, .count = 64, .records_max = 20, .hash_of = hash_of_record};
    slot_table_measure(&table);
    for (unsigned byte = 1; byte < 256; byte++) {
        memset(slots, (int)byte, sizeof slots);
        for (uint64_t hash = 1; hash < 64; hash++)
            ck_assert_uint_eq(slot_table_find(&table, hashes, hash << 58 | hash << 18),
                              SLOT_TABLE_NONE);
    }
}
END_TEST

/* ---- expiry queue ------------------------------------------------------------------------- */

#define DOORS 300

START_TEST(test_expiry_queue_gives_the_earliest_of_each_size_and_of_all)
{
    struct door doors[DOORS] = {{0}};
    uint32_t heap[DOORS];
    uint32_t place[DOORS];
    uint32_t counts[SIZE_COUNT];
    struct expiry_queue queue = {.heap = heap,
                                 .place = place,
                                 .base = {0, DOORS / 3, 2 * DOORS / 3},
                                 .counts = counts,
                                 .doors = doors};
    expiry_queue_clear(&queue, DOORS);
    for (uint32_t i = 0; i < DOORS; i++) {
        door_put_size(&doors[i], (uint8_t)(i % SIZE_COUNT));
        door_put_token(&doors[i], 1, 1 + i * 7919 % 101); /* many ties */
        expiry_queue_insert(&queue, i);
    }
    expiry_queue_remove(&queue, 17);
    door_put_token(&doors[17], 1, 1000);
    expiry_queue_insert(&queue, 17);
    int64_t last_ms = 0;
    for (uint32_t left = DOORS; left > 0; left--) {
        const uint32_t first = expiry_queue_first(&queue);
        ck_assert_uint_lt(first, DOORS);
        ck_assert_int_ge(door_expires_at_ms(&doors[first]), last_ms);
        last_ms = door_expires_at_ms(&doors[first]);
        ck_assert_uint_eq(expiry_queue_first_of(&queue, (enum parcel_size)door_size(&doors[first])),
                          first);
        expiry_queue_remove(&queue, first);
    }
    ck_assert_int_eq(last_ms, 1000);
    ck_assert_uint_eq(expiry_queue_first(&queue), COMPARTMENT_NONE);
}
END_TEST

/* ---- access token ------------------------------------------------------------------------- */

START_TEST(test_access_token_owns_expiry)
{
    const struct access_token live = {.code_hash = 5, .expires_at_ms = 100, .compartment = 3};
    const struct access_token spent = {.code_hash = 0, .expires_at_ms = 100, .compartment = 3};
    const struct access_token empty = {.compartment = 3};
    ck_assert_uint_eq(access_token_compartment_if_valid(&live, 99), 3);
    ck_assert_uint_eq(access_token_compartment_if_valid(&live, 100), COMPARTMENT_NONE);
    ck_assert_uint_eq(access_token_compartment(&live), 3);
    ck_assert_uint_eq(access_token_compartment_if_valid(&spent, 99), COMPARTMENT_NONE);
    ck_assert_uint_eq(access_token_compartment_if_valid(&empty, 0), COMPARTMENT_NONE);
    ck_assert(access_token_is_spent(&spent) && !access_token_is_spent(&empty));
    ck_assert(access_token_is_empty(&empty) && !access_token_is_empty(&live));
}
END_TEST

START_TEST(test_a_door_keeps_what_it_is_not_told_to_change)
{
    struct door door = {0};
    door_put_size(&door, SIZE_LARGE);
    door_put_out(&door, true);
    door_put_token(&door, UINT64_MAX, T0);
    ck_assert_uint_eq(door_size(&door), SIZE_LARGE);
    ck_assert(door_is_out(&door));
    ck_assert_int_eq(door_expires_at_ms(&door), T0);
    door_put_out(&door, false);
    const struct access_token token = door_token(&door, 7);
    ck_assert_uint_eq(token.code_hash, UINT64_MAX);
    ck_assert_int_eq(token.expires_at_ms, T0);
    ck_assert_uint_eq(token.compartment, 7);
    door_put_token(&door, 1, INT64_MAX); /* however often it was extended */
    ck_assert_int_eq(door_expires_at_ms(&door), DOOR_EXPIRES_MAX_MS);
    ck_assert_uint_eq(door_size(&door), SIZE_LARGE);
    ck_assert(!door_is_out(&door));
}
END_TEST

/* ---- events ------------------------------------------------------------------------------- */

START_TEST(test_event_names_go_both_ways)
{
    enum event_kind kind;
    for (unsigned i = 1; i < EVENT_KIND_COUNT; i++) {
        ck_assert_int_eq(event_from_name(event_name((enum event_kind)i), &kind), 0);
        ck_assert_int_eq(kind, i);
    }
    ck_assert_int_ne(event_from_name("none", &kind), 0);
    ck_assert_int_ne(event_from_name("", &kind), 0);
}
END_TEST

START_TEST(test_history_shows_names_and_no_hashes)
{
    struct fixture f;
    struct event event;
    struct history_line line;
    fixture_open(&f, "SSM", POLICY_DEFAULT);
    const uint64_t code = fixture_deposit(&f, SIZE_SMALL, NULL);
    struct intent intent = fixture_intent(&f, OP_CANCEL);
    intent.code_hash = code;
    intent.reason = CANCEL_DOES_NOT_FIT;
    intent.has_size = true;
    intent.size = SIZE_MEDIUM;
    ck_assert_int_eq(fixture_perform(&f, &intent), OUTCOME_OK);
    ck_assert_int_eq(locker_read_event(&f.locker, 2, &event), 0);
    history_view_of_event(&f.locker, &event, &line);
    ck_assert_str_eq(line.event, "exchanged");
    ck_assert_str_eq(line.compartment, "C2");
    ck_assert_str_eq(line.cancelled, "C0");
    ck_assert_str_eq(line.reason, "does_not_fit");
    ck_assert_int_eq(line.size, SIZE_MEDIUM);
    ck_assert_int_ne(locker_read_event(&f.locker, 3, &event), 0);
    ck_assert_int_ne(locker_read_event(&f.locker, 0, &event), 0);
    fixture_close(&f);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("parts", &tests);
    tcase_add_loop_test(tests, test_free_set_gives_the_smallest_member, 0, 6);
    tcase_add_test(tests, test_free_set_walks_its_members_in_order);
    tcase_add_loop_test(tests, test_slot_table_finds_what_was_inserted_and_not_removed, 0, 2);
    tcase_add_test(tests, test_slot_table_survives_being_full);
    tcase_add_test(tests, test_slot_table_keeps_its_order_through_churn);
    tcase_add_test(tests, test_slot_table_renumbers_a_record_where_it_stands);
    tcase_add_test(tests, test_slot_table_finds_by_the_bits_that_are_kept);
    tcase_add_test(tests, test_slot_table_of_garbage_leads_nowhere);
    tcase_add_test(tests, test_expiry_queue_gives_the_earliest_of_each_size_and_of_all);
    tcase_add_test(tests, test_access_token_owns_expiry);
    tcase_add_test(tests, test_a_door_keeps_what_it_is_not_told_to_change);
    tcase_add_test(tests, test_event_names_go_both_ways);
    tcase_add_test(tests, test_history_shows_names_and_no_hashes);
    return harness_run(suite);
}
