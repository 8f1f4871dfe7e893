/*
 * A ledger so long that its rows are read in one thread, and verified and replayed in another: what
 * comes out, and which damage is told of, is the same as on a short way.
 */
#include "ledger_cases.h"
#include "ledger_fixture.h"
#include "ledger_handle.h"
#include "support/harness.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS (LEDGER_SLICE_ROWS + 1500)

static struct fixture station;

static void setup(void)
{
    fixture_create(&station, 24);
    fixture_open(&station);
    fixture_fill(&station, ROWS);
    ledger_close(station.ledger);
    station.ledger = NULL;
}

static void teardown(void)
{
    fixture_destroy(&station);
}

static void execute(const char *sql)
{
    char path[2 * HARNESS_PATH_SIZE];
    sqlite3 *database;
    snprintf(path, sizeof path, "%s/ledger.db", station.directory);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(database));
    sqlite3_close(database);
}

START_TEST(test_a_long_ledger_loads_as_it_was_written)
{
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    const int rc = fixture_load(&station, station.directory, _i == 0, &loaded, &memory, why);
    ck_assert_msg(rc == 0, "%s", why);
    fixture_assert_same(&station.locker, &loaded);
    free(memory);
}
END_TEST

static const struct {
    const char *sql;
    const char *told; /* and nothing of what comes after it */
} damages[] = {
    {"UPDATE events SET at_ms = at_ms + 1 WHERE sequence = 8200", "row 8200 is damaged"},
    {"UPDATE events SET at_ms = at_ms + 1 WHERE sequence IN (300, 4000, 8400)",
     "row 300 is damaged"},
    {"UPDATE events SET at_ms = at_ms + 1 WHERE sequence = 5000;"
     "UPDATE events SET event = 'nonsense' WHERE sequence = 5001",
     "row 5000 is damaged (its checksum"},
    {"UPDATE events SET event = 'nonsense' WHERE sequence = 8300", "row 8300 is damaged (no such"},
    {"DELETE FROM events WHERE sequence = 7000", "after row 6999 comes row 7001"},
    {"DELETE FROM events WHERE sequence BETWEEN 8193 AND 9000", "after row 8192 comes row 9001"},
};

START_TEST(test_the_first_damage_of_a_long_ledger_is_told)
{
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    execute(damages[_i].sql);
    ck_assert_int_eq(fixture_load(&station, station.directory, true, &loaded, &memory, why),
                     -EBADMSG);
    ck_assert_msg(strstr(why, damages[_i].told) != NULL, "%s", why);
    free(memory);
}
END_TEST

/* A compartment with nothing in it, or the test says nothing. */
static uint32_t empty_compartment(void)
{
    struct snapshot_compartment state = {.expires_at_ms = 1};
    uint32_t i = 0;
    for (; i < station.compartments && state.expires_at_ms != 0; i++)
        snapshot_get_compartment(&station.locker, i, &state);
    ck_assert_int_eq(state.expires_at_ms, 0);
    return i - 1;
}

/* In the same order, but for those that were about the door that is gone. */
static void expect_same_requests_without(const struct locker *loaded, uint32_t gone)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < snapshot_request_count(&station.locker); i++) {
        struct snapshot_request was, is;
        snapshot_get_request(&station.locker, i, &was);
        if (was.answer.compartment == gone || was.answer.given_up == gone)
            continue;
        ck_assert_uint_lt(kept, snapshot_request_count(loaded));
        snapshot_get_request(loaded, kept++, &is);
        ck_assert_mem_eq(is.request_key, was.request_key, sizeof is.request_key);
        ck_assert_uint_eq(is.request_fingerprint, was.request_fingerprint);
    }
    ck_assert_uint_eq(snapshot_request_count(loaded), kept);
}

/* The same doors, but for the one that is gone, and the same things remembered. */
static void expect_same_without(const struct locker *loaded, uint32_t gone)
{
    for (uint32_t i = 0; i < station.compartments; i++) {
        struct snapshot_compartment was, is;
        if (i == gone)
            continue;
        snapshot_get_compartment(&station.locker, i, &was);
        snapshot_get_compartment(loaded, i < gone ? i : i - 1, &is);
        ck_assert_uint_eq(is.code_hash, was.code_hash);
        ck_assert_int_eq(is.expires_at_ms, was.expires_at_ms);
        ck_assert_int_eq(is.in_service, was.in_service);
        ck_assert_str_eq(is.reason, was.reason);
    }
    ck_assert_uint_eq(locker_sequence(loaded), locker_sequence(&station.locker));
    ck_assert_uint_eq(snapshot_retired_count(loaded), snapshot_retired_count(&station.locker));
    expect_same_requests_without(loaded, gone);
}

/* Its name turns up in the middle of it: all begins anew, and nothing of before is left. */
START_TEST(test_a_compartment_gone_from_a_long_ledger)
{
    struct compartment *wall = calloc(station.compartments, sizeof *wall);
    struct ledger_options options = fixture_options(&station, station.directory);
    const uint32_t gone = empty_compartment();
    struct ledger *ledger;
    struct locker loaded;
    char why[LEDGER_WHY_SIZE] = "";
    options.compartments = 0;
    for (uint32_t i = 0; i < station.compartments; i++)
        if (i != gone)
            wall[options.compartments++] = station.wall[i];
    options.wall = wall;
    options.readonly = true;
    void *memory = fixture_format(&loaded, wall, options.compartments);
    ck_assert_int_eq(ledger_open(&ledger, &options, why), 0);
    ck_assert_msg(ledger_load(ledger, &loaded, why) == 0, "%s", why);
    ledger_close(ledger);
    ck_assert_msg(locker_check(&loaded, why, sizeof why), "%s", why);
    expect_same_without(&loaded, gone);
    free(memory);
    free(wall);
}
END_TEST

TCase *ledger_long_cases(void)
{
    TCase *cases = harness_case("long");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, test_a_long_ledger_loads_as_it_was_written, 0, 2);
    tcase_add_loop_test(cases, test_the_first_damage_of_a_long_ledger_is_told, 0,
                        (int)(sizeof damages / sizeof damages[0]));
    tcase_add_test(cases, test_a_compartment_gone_from_a_long_ledger);
    return cases;
}
