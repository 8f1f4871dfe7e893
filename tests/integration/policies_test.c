/*
 * Policies: what they are when nobody chooses any, what they do, and how they change while the
 * station runs. What a restart and an orderly end mean for them.
 */
#include "support/files.h"
#include "support/patience.h"
#include "support/peer.h"
#include "support/wire.h"
#include "support/world.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* ---- wrong codes ------------------------------------------------------------------------- */

static enum outcome try_code(const struct station *station, const char *code)
{
    char json[64];
    snprintf(json, sizeof json, "{\"op\":\"pickup\",\"code\":\"%s\"}", code);
    return wire_try_json(station, ROLE_KEYPAD, json);
}

static void expect_wait(const struct station *station, int64_t wait_ms)
{
    struct value *reply =
        wire_ask_json(station, ROLE_KEYPAD, "{\"op\":\"pickup\",\"code\":\"123456\"}");
    EXPECT(OUTCOME_TRY_LATER, wire_outcome(reply));
    ck_assert_int_eq(value_int(value_get(reply, "retry_after_ms")), wait_ms);
    value_free(reply);
}

/* Every word that is answered invalid_code, of whatever kind; with clocks that stand still. */
START_TEST(test_thirty_wrong_codes_of_any_kind_and_one_more_every_three_seconds)
{
    static const char *const wrong[] = {"", "abc", "12345", "1234567", "123456\\u0000", "12 34 56"};
    struct station station;
    struct ticket ticket;
    struct ticket used;
    station_prepare(&station, NULL);
    struct world_page *world = world_begin(&station);
    world_stop_clocks(world);
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &used));
    wire_expect_pickup(&station, &used);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    for (int i = 0; i < 30; i++) {
        EXPECT(OUTCOME_INVALID_CODE, try_code(&station, wrong[i % 6]));
        EXPECT(i < 29 ? OUTCOME_CODE_USED : OUTCOME_TRY_LATER, try_code(&station, used.code));
    }
    expect_wait(&station, 3000);
    world_pass(world, 2999);
    EXPECT(OUTCOME_TRY_LATER, try_code(&station, ticket.code));
    expect_wait(&station, 1);
    world_pass(world, 1);
    wire_expect_pickup(&station, &ticket);
    EXPECT(OUTCOME_INVALID_CODE, try_code(&station, wrong[0]));
    expect_wait(&station, 3000);
    world_pass(world, 90000);
    for (int i = 0; i < 30; i++)
        EXPECT(OUTCOME_INVALID_CODE, try_code(&station, wrong[i % 6]));
    expect_wait(&station, 3000);
    station_end(&station);
}
END_TEST

/* ---- codes ------------------------------------------------------------------------------- */

START_TEST(test_leading_zeros_are_part_of_the_code)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--ephemeral", "--compartments", "small=1", NULL);
    do {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        ck_assert_uint_eq(strlen(ticket.code), 6);
        if (ticket.code[0] != '0')
            wire_expect_pickup(&station, &ticket);
    } while (ticket.code[0] != '0'); /* one in ten is */
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, ticket.code + 1));
    wire_expect_pickup(&station, &ticket);
    EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, ticket.code));
    station_end(&station);
}
END_TEST

START_TEST(test_small_wall_remembers_codes_by_the_thousand)
{
    struct station station;
    struct ticket first;
    struct ticket ticket;
    station_begin(&station, "--ephemeral", "--compartments", "small=1", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &first));
    wire_expect_pickup(&station, &first);
    for (int i = 0; i < 1000; i++) {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        wire_expect_pickup(&station, &ticket);
    }
    EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, first.code));
    station_end(&station);
}
END_TEST

START_TEST(test_ephemeral_station_has_no_ledger_and_forgets)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--ephemeral", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    struct value *reply = wire_ask_json(&station, ROLE_OPERATOR, "{\"op\":\"status\"}");
    ck_assert_int_eq(value_kind(value_get(reply, "ledger")), VALUE_NIL);
    value_free(reply);
    ck_assert(!files_exist(station.data));
    ck_assert(station_log_has(&station, "EPHEMERAL"));
    station_stop(&station);
    station_start(&station);
    ck_assert_int_eq(wire_status(&station, "sequence"), 0);
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, ticket.code));
    station_stop(&station);
    station_add_argument(&station, "--data"); /* two answers to one question */
    station_add_argument(&station, station.data);
    ck_assert_int_eq(station_start_refused(&station), 2);
    ck_assert(station_log_has(&station, "exclude each other"));
    station_end(&station);
}
END_TEST

/* ---- changed while the station runs ------------------------------------------------------ */

static const char before[] = "remember = 30d\nwrong-codes = 30\nsweep-every = 1h\n"
                             "on-expiry = free\ncredit-outages = off\n";
static const char after[] = "remember = 2h\nwrong-codes = 7\nsweep-every = 90s\n"
                            "on-expiry = hold\ncredit-outages = 3h\n";

static void write_config(const char *path, const char *policies)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(policies, file);
    ck_assert_int_eq(fclose(file), 0);
}

static bool policies_are(const struct station *station, int64_t remember_ms, int64_t wrong_codes,
                         int64_t sweep_every_ms, const char *on_expiry, int64_t credit_ms)
{
    struct value *reply = wire_ask_json(station, ROLE_OPERATOR, "{\"op\":\"status\"}");
    const struct value *policies = value_get(reply, "policies");
    const bool so = value_int(value_get(policies, "remember_ms")) == remember_ms &&
                    value_int(value_get(policies, "wrong_codes")) == wrong_codes &&
                    value_int(value_get(policies, "sweep_every_ms")) == sweep_every_ms &&
                    strcmp(value_str(value_get(policies, "on_expiry")), on_expiry) == 0 &&
                    value_int(value_get(policies, "credit_outages_ms")) == credit_ms;
    value_free(reply);
    return so;
}

START_TEST(test_hangup_changes_each_policy_and_what_it_does)
{
    const int64_t hour_ms = INT64_C(3600) * 1000;
    struct station station;
    struct ticket used;
    struct ticket held;
    char config[2 * HARNESS_PATH_SIZE];
    station_prepare(&station, "--compartments", "small=4", NULL);
    snprintf(config, sizeof config, "%s/conf", station.root);
    write_config(config, before);
    station_add_argument(&station, "--config");
    station_add_argument(&station, config);
    struct world_page *world = world_begin(&station);
    station_start(&station);
    ck_assert(policies_are(&station, 720 * hour_ms, 30, hour_ms, "free", 0));
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &used));
    wire_expect_pickup(&station, &used);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &held));
    write_config(config, after);
    ck_assert_int_eq(kill(station.pid, SIGHUP), 0);
    AWAIT(policies_are(&station, 2 * hour_ms, 7, 90000, "hold", 3 * hour_ms));
    /* Codes that ended before are remembered so long, parcels that came before are held. */
    EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, used.code));
    world_pass(world, 2 * hour_ms);
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, used.code));
    world_pass(world, 168 * hour_ms);
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, held.code));
    wire_expect_compartment(&station, "S01", "expired", true, NULL);
    world_stop_clocks(world);
    for (int i = 0; i < 7; i++)
        EXPECT(OUTCOME_INVALID_CODE, try_code(&station, "abc"));
    expect_wait(&station, 3000);
    station_end(&station);
}
END_TEST

/* ---- the end ----------------------------------------------------------------------------- */

#define UNDER_WAY 500

/* SIGTERM in the middle of it: whoever got a reply has a parcel inside, and nobody else. */
START_TEST(test_orderly_end_under_load_keeps_its_word)
{
    static const char deposit[] = "\x82\xa2op\xa7"
                                  "deposit\xa4size\xa5small";
    struct station station;
    struct peer peer;
    static struct ticket tickets[UNDER_WAY];
    const int no_wait = 0;
    int count = 0;
    station_begin(&station, "--compartments", "small=500", "--wrong-codes", "0", NULL);
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    for (int i = 0; i < UNDER_WAY; i++) {
        peer_send(&peer, "", 0, true);
        peer_send(&peer, BYTES(deposit), false);
    }
    peer_expect_frame(&peer, "", 0);
    struct value *reply = peer_receive_reply(&peer);
    wire_ticket(reply, &tickets[count++]);
    value_free(reply);
    station_stop(&station);
    ck_assert_int_eq(zmq_setsockopt(peer.socket, ZMQ_RCVTIMEO, &no_wait, sizeof no_wait), 0);
    zmq_pollitem_t item = {.socket = peer.socket, .events = ZMQ_POLLIN};
    while (zmq_poll(&item, 1, 0) == 1) {
        peer_expect_frame(&peer, "", 0);
        reply = peer_receive_reply(&peer);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        wire_ticket(reply, &tickets[count++]);
        value_free(reply);
    }
    peer_close(&peer); /* before the next start, which would be sent the rest */
    station_start(&station);
    ck_assert_int_eq(wire_status(&station, "occupied"), wire_status(&station, "sequence"));
    ck_assert_int_ge(wire_status(&station, "occupied"), count);
    for (int i = 0; i < count; i += 10)
        wire_expect_pickup(&station, &tickets[i]);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("policies", &tests);
    tcase_add_test(tests, test_thirty_wrong_codes_of_any_kind_and_one_more_every_three_seconds);
    tcase_add_test(tests, test_leading_zeros_are_part_of_the_code);
    tcase_add_test(tests, test_small_wall_remembers_codes_by_the_thousand);
    tcase_add_test(tests, test_ephemeral_station_has_no_ledger_and_forgets);
    tcase_add_test(tests, test_hangup_changes_each_policy_and_what_it_does);
    tcase_add_test(tests, test_orderly_end_under_load_keeps_its_word);
    return harness_run(suite);
}
