/* Loading: what comes out of the ledger is the station that went in. */
#include "ledger_cases.h"
#include "ledger_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fixture station;

static void setup(void)
{
    fixture_create(&station, 24);
    fixture_open(&station);
}

static void teardown(void)
{
    fixture_destroy(&station);
}

static void assert_loads_the_same(bool readonly)
{
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    const int rc = fixture_load(&station, station.directory, readonly, &loaded, &memory, why);
    ck_assert_msg(rc == 0, "%d: %s", rc, why);
    fixture_assert_same(&station.locker, &loaded);
    free(memory);
}

static void checkpoint_now(void)
{
    char why[LEDGER_WHY_SIZE] = "";
    ck_assert_msg(ledger_checkpoint(station.ledger, &station.locker, why) == 0, "%s", why);
}

START_TEST(test_an_empty_ledger_loads_as_an_empty_station)
{
    assert_loads_the_same(true);
    checkpoint_now();
    assert_loads_the_same(true);
}
END_TEST

START_TEST(test_load_gives_the_station_that_was_written)
{
    fixture_fill(&station, 3000);
    assert_loads_the_same(true);
    ledger_close(station.ledger);
    station.ledger = NULL;
    assert_loads_the_same(false);
}
END_TEST

START_TEST(test_load_from_a_checkpoint_and_the_rows_after_it)
{
    fixture_fill(&station, 5000);
    checkpoint_now();
    assert_loads_the_same(true);
    fixture_fill(&station, 6000);
    assert_loads_the_same(true);
    checkpoint_now();
    fixture_fill(&station, 6001);
    assert_loads_the_same(true);
}
END_TEST

/* The wall turned round, and new compartments put before the old ones. */
START_TEST(test_load_over_a_rearranged_wall_goes_by_name)
{
    struct compartment *wall = calloc(station.compartments + 1, sizeof *wall);
    struct ledger_options options = fixture_options(&station, station.directory);
    struct ledger *ledger;
    struct locker loaded;
    char why[LEDGER_WHY_SIZE] = "";
    fixture_fill(&station, 1000);
    if (_i == 1)
        checkpoint_now();
    fixture_fill(&station, 1100);
    strcpy(wall[0].id, "new");
    for (uint32_t i = 0; i < station.compartments; i++)
        wall[i + 1] = station.wall[station.compartments - 1 - i];
    options.wall = wall;
    options.compartments = station.compartments + 1;
    options.readonly = true;
    void *memory = fixture_format(&loaded, wall, options.compartments);
    ck_assert_int_eq(ledger_open(&ledger, &options, why), 0);
    ck_assert_msg(ledger_load(ledger, &loaded, why) == 0, "%s", why);
    ck_assert(locker_check(&loaded, why, sizeof why));
    for (uint32_t i = 0; i < station.compartments; i++) {
        struct snapshot_compartment before, after;
        snapshot_get_compartment(&station.locker, i, &before);
        snapshot_get_compartment(&loaded, station.compartments - i, &after);
        ck_assert_uint_eq(before.code_hash, after.code_hash);
        ck_assert_int_eq(before.expires_at_ms, after.expires_at_ms);
        ck_assert_int_eq(before.in_service, after.in_service);
        ck_assert_str_eq(before.reason, after.reason);
    }
    ck_assert_uint_eq(snapshot_retired_count(&loaded), snapshot_retired_count(&station.locker));
    ck_assert_uint_eq(snapshot_request_count(&loaded), snapshot_request_count(&station.locker));
    ledger_close(ledger);
    free(memory);
    free(wall);
}
END_TEST

/* Take the compartment away from the wall and load. */
static int load_without(uint32_t gone, struct locker *loaded, void **memory, char *why)
{
    struct compartment *wall = calloc(station.compartments, sizeof *wall);
    struct ledger_options options = fixture_options(&station, station.directory);
    struct ledger *ledger;
    uint32_t count = 0;
    for (uint32_t i = 0; i < station.compartments; i++) {
        if (i != gone)
            wall[count++] = station.wall[i];
    }
    options.wall = wall;
    options.compartments = count;
    options.readonly = true;
    *memory = fixture_format(loaded, wall, count);
    ck_assert_int_eq(ledger_open(&ledger, &options, why), 0);
    const int rc = ledger_load(ledger, loaded, why);
    ledger_close(ledger);
    free(wall);
    return rc;
}

START_TEST(test_a_compartment_gone_from_the_wall_matters_only_with_a_parcel_in_it)
{
    unsigned refused = 0, loaded_well = 0;
    fixture_fill(&station, 400);
    if (_i == 1)
        checkpoint_now();
    fixture_fill(&station, 600);
    for (uint32_t gone = 0; gone < station.compartments; gone++) {
        struct snapshot_compartment state;
        struct locker loaded;
        void *memory;
        char why[LEDGER_WHY_SIZE] = "";
        snapshot_get_compartment(&station.locker, gone, &state);
        const int rc = load_without(gone, &loaded, &memory, why);
        if (state.expires_at_ms != 0) {
            ck_assert_int_eq(rc, -EXDEV);
            ck_assert_ptr_nonnull(strstr(why, station.wall[gone].id));
            refused++;
        } else {
            ck_assert_msg(rc == 0, "%s", why);
            ck_assert(locker_check(&loaded, why, sizeof why));
            ck_assert_uint_eq(locker_sequence(&loaded), locker_sequence(&station.locker));
            ck_assert_uint_eq(snapshot_retired_count(&loaded),
                              snapshot_retired_count(&station.locker));
            ck_assert_uint_lt(snapshot_request_count(&loaded),
                              snapshot_request_count(&station.locker));
            loaded_well++;
        }
        free(memory);
    }
    ck_assert_uint_gt(refused, 0);
    ck_assert_uint_gt(loaded_well, 0);
}
END_TEST

START_TEST(test_a_loaded_station_goes_on)
{
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE] = "";
    fixture_fill(&station, 500);
    checkpoint_now();
    fixture_fill(&station, 550);
    ledger_close(station.ledger);
    fixture_open(&station);
    memory = fixture_format(&loaded, station.wall, station.compartments);
    ck_assert_msg(ledger_load(station.ledger, &loaded, why) == 0, "%s", why);
    fixture_assert_same(&station.locker, &loaded);
    free(station.memory);
    station.memory = memory;
    station.locker = loaded;
    ck_assert_uint_eq(locker_durable_sequence(&loaded), locker_sequence(&loaded));
    fixture_fill(&station, 900);
    assert_loads_the_same(true);
}
END_TEST

/* Nothing is written where there is nothing to say: a start waits for no flush of it. */
START_TEST(test_opening_leaves_a_mark_that_is_right_as_it_is)
{
    size_t size, after_size;
    fixture_fill(&station, 300);
    ledger_close(station.ledger);
    uint8_t *before = fixture_read_file(station.directory, "mark", &size);
    fixture_open(&station);
    ledger_close(station.ledger);
    uint8_t *after = fixture_read_file(station.directory, "mark", &after_size);
    ck_assert_uint_eq(size, after_size);
    ck_assert_mem_eq(before, after, size);
    free(before);
    free(after);
    fixture_open(&station);
}
END_TEST

TCase *ledger_load_cases(void)
{
    TCase *cases = harness_case("load");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, test_an_empty_ledger_loads_as_an_empty_station);
    tcase_add_test(cases, test_load_gives_the_station_that_was_written);
    tcase_add_test(cases, test_load_from_a_checkpoint_and_the_rows_after_it);
    tcase_add_loop_test(cases, test_load_over_a_rearranged_wall_goes_by_name, 0, 2);
    tcase_add_loop_test(
        cases, test_a_compartment_gone_from_the_wall_matters_only_with_a_parcel_in_it, 0, 2);
    tcase_add_test(cases, test_a_loaded_station_goes_on);
    tcase_add_test(cases, test_opening_leaves_a_mark_that_is_right_as_it_is);
    return cases;
}
