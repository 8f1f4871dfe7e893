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
    char path[128];
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

TCase *ledger_share_cases(void)
{
    TCase *cases = tcase_create("share");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_history_is_read_while_the_writer_goes_on);
    tcase_add_test(cases, test_a_reader_writes_a_checkpoint_that_the_next_start_takes);
    tcase_add_test(cases, test_a_reader_cannot_append);
    tcase_add_test(cases, test_audit_counts_every_row_and_finds_an_old_damaged_one);
    return cases;
}
