/*
 * Readers beside the writer: the operator's history, the archivist's audit and checkpoint.
 */
#include "ledger_cases.h"
#include "ledger_fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fixture station;
static struct ledger *reader;

static void setup(void)
{
    char why[LEDGER_WHY_SIZE];
    fixture_create(&station, 12);
    fixture_open(&station);
    fixture_fill(&station, 100);
    struct ledger_options options = fixture_options(&station, station.directory);
    options.readonly = true;
    ck_assert_msg(ledger_open(&reader, &options, why) == 0, "%s", why);
}

static void teardown(void)
{
    ledger_close(reader);
    fixture_destroy(&station);
}

START_TEST(test_history_is_read_while_the_writer_goes_on)
{
    struct history_line lines[4];
    for (int round = 0; round < 50; round++) {
        ck_assert_int_eq(fixture_append(&station, 5), 0);
        ck_assert_int_eq(ledger_history(reader, NULL, 4, lines), 4);
        ck_assert_uint_eq(lines[0].sequence, locker_sequence(&station.locker));
        ck_assert_uint_eq(lines[3].sequence, locker_sequence(&station.locker) - 3);
    }
}
END_TEST

START_TEST(test_a_reader_writes_a_checkpoint_that_the_next_start_takes)
{
    struct locker own;
    struct locker loaded;
    void *own_memory = fixture_format(&own, station.wall, station.compartments);
    void *memory;
    struct ledger_end end;
    char why[LEDGER_WHY_SIZE];
    ck_assert_msg(ledger_load(reader, &own, why) == 0, "%s", why);
    const uint64_t at = locker_sequence(&own);
    ck_assert_int_eq(fixture_append(&station, 30), 0); /* the writer has gone on */
    ck_assert_msg(ledger_checkpoint(reader, &own, why) == 0, "%s", why);
    ck_assert_int_eq(fixture_append(&station, 30), 0);
    ledger_close(station.ledger);
    station.ledger = NULL;
    ck_assert_msg(ledger_end(reader, station.boot_id, &end, why) == 0, "%s", why);
    ck_assert_uint_eq(end.checkpoint_sequence, at);
    ck_assert_uint_eq(end.sequence, locker_sequence(&station.locker));
    ck_assert_int_eq(fixture_load(&station, station.directory, false, &loaded, &memory, why), 0);
    fixture_assert_same(&station.locker, &loaded);
    free(memory);
    free(own_memory);
}
END_TEST

START_TEST(test_a_reader_cannot_append)
{
    struct event event;
    ck_assert_int_eq(locker_read_event(&station.locker, 1, &event), 0);
    event.sequence = locker_sequence(&station.locker) + 1;
    ck_assert_int_lt(ledger_append(reader, &event, 1), 0);
}
END_TEST

START_TEST(test_audit_counts_every_row_and_finds_an_old_damaged_one)
{
    uint64_t checked = 0;
    char why[LEDGER_WHY_SIZE];
    char path[2 * HARNESS_PATH_SIZE];
    sqlite3 *database;
    ck_assert_msg(ledger_audit(reader, &checked, why) == 0, "%s", why);
    ck_assert_uint_eq(checked, locker_sequence(&station.locker));
    snprintf(path, sizeof path, "%s/ledger.db", station.directory);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database,
                                  "UPDATE events SET at_ms = at_ms + 1 WHERE sequence = 3", NULL,
                                  NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(database);
    ck_assert_int_eq(ledger_audit(reader, &checked, why), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(why, "3"));
}
END_TEST

/* ---- the history of one compartment ------------------------------------------------------ */

#define LINES_MAX 256

static void expect_same_history(const char *compartment, uint32_t limit)
{
    static struct history_line all[4096], wanted[LINES_MAX], got[LINES_MAX];
    uint32_t count = 0;
    const int rows = ledger_history(reader, NULL, 4096, all);
    ck_assert_int_ge(rows, 0);
    for (int i = 0; i < rows && count < limit; i++)
        if (strcmp(all[i].compartment, compartment) == 0 ||
            strcmp(all[i].cancelled, compartment) == 0)
            wanted[count++] = all[i];
    ck_assert_int_eq(ledger_history(reader, compartment, limit, got), count);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_uint_eq(got[i].sequence, wanted[i].sequence);
        ck_assert_str_eq(got[i].event, wanted[i].event);
    }
}

static void expect_same_histories(void)
{
    for (uint32_t i = 0; i < station.compartments; i++) {
        expect_same_history(station.wall[i].id, LINES_MAX);
        expect_same_history(station.wall[i].id, 3);
    }
    expect_same_history("nowhere", LINES_MAX);
}

static void bring_index_up_to_date(void)
{
    char why[LEDGER_WHY_SIZE] = "";
    ck_assert_msg(ledger_index(reader, why) == 0, "%s", why);
}

static void change_index(const char *sql)
{
    char path[2 * HARNESS_PATH_SIZE];
    sqlite3 *database;
    snprintf(path, sizeof path, "%s/history.db", station.directory);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

START_TEST(test_the_index_tells_the_same_history)
{
    expect_same_histories(); /* without one */
    bring_index_up_to_date();
    expect_same_histories();
    ck_assert_int_eq(fixture_append(&station, 30), 0); /* rows that it does not cover yet */
    expect_same_histories();
    bring_index_up_to_date();
    expect_same_histories();
}
END_TEST

/* What is not in it is not found: the rows that it covers are not walked through. */
START_TEST(test_the_index_is_what_answers)
{
    struct history_line lines[LINES_MAX];
    bring_index_up_to_date();
    change_index("DELETE FROM places WHERE compartment = "
                 "(SELECT compartment FROM places ORDER BY sequence LIMIT 1)");
    int silent = 0;
    for (uint32_t i = 0; i < station.compartments; i++)
        silent += ledger_history(reader, station.wall[i].id, LINES_MAX, lines) == 0;
    ck_assert_int_eq(silent, 1);
}
END_TEST

START_TEST(test_an_index_that_is_wrong_is_not_used_and_made_anew)
{
    static const char *const wrongs[] = {
        "UPDATE covers SET identity = zeroblob(16)",      /* another ledger's */
        "UPDATE covers SET chain = zeroblob(16)",         /* of a copy that went another way */
        "UPDATE covers SET sequence = sequence + 100000", /* of a ledger that went further */
        "DELETE FROM covers",
        "DROP TABLE places",
    };
    bring_index_up_to_date();
    change_index(wrongs[_i]);
    expect_same_histories();
    char why[LEDGER_WHY_SIZE];
    if (ledger_index(reader, why) !=
        0) /* it noticed only in the middle: the next one begins anew */
        bring_index_up_to_date();
    expect_same_histories();
    fixture_write_file(station.directory, "history.db", "no database", 11);
    expect_same_histories();
    bring_index_up_to_date();
    expect_same_histories();
}
END_TEST

TCase *ledger_share_cases(void)
{
    TCase *cases = harness_case("share");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, test_history_is_read_while_the_writer_goes_on);
    tcase_add_test(cases, test_a_reader_writes_a_checkpoint_that_the_next_start_takes);
    tcase_add_test(cases, test_a_reader_cannot_append);
    tcase_add_test(cases, test_audit_counts_every_row_and_finds_an_old_damaged_one);
    tcase_add_test(cases, test_the_index_tells_the_same_history);
    tcase_add_test(cases, test_the_index_is_what_answers);
    tcase_add_loop_test(cases, test_an_index_that_is_wrong_is_not_used_and_made_anew, 0, 5);
    return cases;
}
