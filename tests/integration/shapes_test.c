/*
 * Shapes: every key of the longer answers with its type, every event with its compartment, words
 * that are valid text and none of ours, and pages of a wall that has more.
 */
#include "support/patience.h"
#include "support/peer.h"
#include "support/wire.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* ---- status ------------------------------------------------------------------------------ */

struct key {
    const char *name;
    enum value_kind kind;
};

static void expect_keys(const struct value *map, const struct key *keys, size_t count)
{
    ck_assert_int_eq(value_kind(map), VALUE_MAP);
    ck_assert_uint_eq(value_count(map), count);
    for (size_t i = 0; i < count; i++) {
        const struct value *value = value_get(map, keys[i].name);
        ck_assert_msg(value != NULL, "there is no \"%s\"", keys[i].name);
        ck_assert_msg(value_kind(value) == keys[i].kind, "\"%s\" is of kind %d", keys[i].name,
                      (int)value_kind(value));
    }
}

#define EXPECT_KEYS(map, keys) expect_keys(map, keys, sizeof keys / sizeof keys[0])

static const struct key status_keys[] = {
    {"ok", VALUE_BOOL},      {"station", VALUE_STR},  {"version", VALUE_STR},
    {"now_ms", VALUE_INT},   {"clock", VALUE_STR},    {"uptime_ms", VALUE_INT},
    {"free", VALUE_MAP},     {"total", VALUE_MAP},    {"occupied", VALUE_INT},
    {"expired", VALUE_INT},  {"sequence", VALUE_INT}, {"out_of_service", VALUE_INT},
    {"ledger", VALUE_STR},   {"ttl_ms", VALUE_INT},   {"durable_sequence", VALUE_INT},
    {"policies", VALUE_MAP}, {"ops", VALUE_MAP},      {"errors", VALUE_MAP},
};

static const struct key size_keys[] = {
    {"small", VALUE_INT}, {"medium", VALUE_INT}, {"large", VALUE_INT}};

/* The policies as they are when nobody chooses any. */
static const struct {
    const char *name;
    int64_t value;
} default_policies[] = {
    {"code_digits", 6},
    {"remember_ms", INT64_C(30) * 24 * 3600 * 1000},
    {"remember_requests", 262144},
    {"wrong_codes", 30},
    {"sweep_every_ms", 3600 * 1000},
};

START_TEST(test_status_has_every_key_with_its_type_and_the_defaults)
{
    struct station station;
    const struct request request = {.operation = OP_STATUS};
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, ""));
    struct value *reply = wire_ask(&station, ROLE_OPERATOR, &request);
    EXPECT_KEYS(reply, status_keys);
    EXPECT_KEYS(value_get(reply, "free"), size_keys);
    EXPECT_KEYS(value_get(reply, "total"), size_keys);
    ck_assert_int_eq(value_int(value_get(reply, "ttl_ms")), INT64_C(7) * 24 * 3600 * 1000);
    const struct value *policies = value_get(reply, "policies");
    for (size_t i = 0; i < sizeof default_policies / sizeof default_policies[0]; i++)
        ck_assert_msg(value_int(value_get(policies, default_policies[i].name)) ==
                          default_policies[i].value,
                      "%s", default_policies[i].name);
    ck_assert_str_eq(value_str(value_get(policies, "on_expiry")), "free");
    ck_assert_int_eq(value_kind(value_get(policies, "fallback")), VALUE_BOOL);
    ck_assert(!value_bool(value_get(policies, "fallback")));
    ck_assert_int_eq(value_kind(value_get(policies, "credit_outages_ms")), VALUE_NIL);
    const struct value *ops = value_get(reply, "ops");
    ck_assert_uint_eq(value_count(ops), OPERATION_COUNT);
    for (unsigned i = 0; i < OPERATION_COUNT; i++)
        ck_assert_int_eq(value_kind(value_get(ops, operation_name((enum operation)i))), VALUE_INT);
    ck_assert_int_eq(value_int(value_get(ops, "deposit")), 1);
    const struct value *errors = value_get(reply, "errors");
    ck_assert_uint_eq(value_count(errors), OUTCOME_COUNT - 1);
    for (unsigned i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        ck_assert_int_eq(value_kind(value_get(errors, outcome_name((enum outcome)i))), VALUE_INT);
    ck_assert_int_eq(value_int(value_get(errors, "invalid_code")), 1);
    value_free(reply);
    station_end(&station);
}
END_TEST

/* ---- events ------------------------------------------------------------------------------ */

static struct value *history(struct station *station, uint32_t limit)
{
    const struct request request = {.operation = OP_HISTORY, .limit = limit};
    AWAIT(wire_status(station, "durable_sequence") == wire_status(station, "sequence"));
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    return reply;
}

static void change(struct station *station, enum role role, const char *json)
{
    EXPECT(OUTCOME_OK, wire_try_json(station, role, json));
}

/* A change of every kind but the credit of an outage; held parcels, so that one can be collected.
 */
static void change_everything(struct station *station)
{
    struct ticket tickets[3];
    char json[128];
    for (int i = 0; i < 3; i++)
        EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, &tickets[i]));
    wire_expect_pickup(station, &tickets[0]);
    EXPECT(OUTCOME_OK, wire_cancel(station, tickets[1].code, CANCEL_OTHER));
    snprintf(json, sizeof json, "{\"op\":\"cancel\",\"code\":\"%s\",\"size\":\"medium\"}",
             tickets[2].code);
    change(station, ROLE_DRIVER, json);
    change(station, ROLE_OPERATOR, "{\"op\":\"reissue\",\"compartment\":\"M01\"}");
    change(station, ROLE_OPERATOR, "{\"op\":\"extend\",\"compartment\":\"M01\",\"by_ms\":1}");
    change(station, ROLE_OPERATOR, "{\"op\":\"release\",\"compartment\":\"M01\"}");
    EXPECT(OUTCOME_OK, wire_service(station, "L01", false, "paint"));
    change(station, ROLE_OPERATOR, "{\"op\":\"sweep\"}");
    change(station, ROLE_OPERATOR, "{\"op\":\"clock\",\"accept\":true}");
}

/* As the number of the event in this list, or fails. */
static unsigned kind_of(const struct value *event)
{
    static const char *const names[] = {
        "deposited", "picked_up",      "expired",        "cancelled", "exchanged",
        "collected", "released",       "reissued",       "extended",  "service_changed",
        "swept",     "clock_accepted", "outage_credited"};
    const char *name = value_str(value_get(event, "event"));
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    ck_abort_msg("there is no event \"%s\"", name);
    return 0;
}

static bool is_collected(struct station *station, const char *compartment)
{
    return wire_staff(station, OP_COLLECT, compartment) == OUTCOME_OK;
}

START_TEST(test_every_event_has_its_number_moment_name_and_compartment)
{
    struct station station;
    unsigned seen = 0;
    station_begin(&station, "--on-expiry", "hold", "--credit-outages", "1ms", NULL);
    change_everything(&station);
    station_stop(&station);
    station_add_argument(&station, "--ttl");
    station_add_argument(&station, "1ms");
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_LARGE, NULL));
    AWAIT(is_collected(&station, "L02"));
    struct value *reply = history(&station, PAGE_LIMIT_MAX);
    const struct value *events = value_get(reply, "events");
    const int64_t last = wire_status(&station, "sequence");
    ck_assert_uint_eq(value_count(events), (size_t)last);
    for (size_t i = 0; i < value_count(events); i++) {
        const struct value *event = value_at(events, i);
        const unsigned kind = kind_of(event);
        const bool nowhere = kind >= 10; /* swept, clock_accepted, outage_credited */
        seen |= 1U << kind;
        ck_assert_int_eq(value_int(value_get(event, "sequence")), last - (int64_t)i);
        ck_assert_int_gt(value_int(value_get(event, "at_ms")), 0);
        ck_assert_ptr_nonnull(value_get(event, "compartment"));
        ck_assert_int_eq(value_kind(value_get(event, "compartment")),
                         nowhere ? VALUE_NIL : VALUE_STR);
    }
    ck_assert_msg(seen == (1U << 13) - 1, "not every kind of event happened: %#x", seen);
    value_free(reply);
    station_end(&station);
}
END_TEST

/* ---- words ------------------------------------------------------------------------------- */

static const struct {
    enum role role;
    const char *json;
    enum outcome outcome;
} words[] = {
    {ROLE_KEYPAD, "{\"op\":\"pickup\",\"code\":\"123456\\u0000\"}", OUTCOME_INVALID_CODE},
    {ROLE_KEYPAD, "{\"op\":\"pickup\",\"code\":\"\\u0000\"}", OUTCOME_INVALID_CODE},
    {ROLE_KEYPAD, "{\"op\":\"pickup\\u0000\",\"code\":\"123456\"}", OUTCOME_UNKNOWN_OP},
    {ROLE_DRIVER, "{\"op\":\"deposit\",\"size\":\"small\\u0000\"}", OUTCOME_INVALID_SIZE},
    {ROLE_DRIVER, "{\"op\":\"cancel\",\"code\":\"123456\\u0000\"}", OUTCOME_INVALID_CODE},
    {ROLE_DRIVER, "{\"op\":\"collect\",\"compartment\":\"S01\\u0000\"}",
     OUTCOME_UNKNOWN_COMPARTMENT},
    {ROLE_DRIVER, "{\"op\":\"ping\",\"v\":9223372036854775807}", OUTCOME_UNSUPPORTED_VERSION},
    {ROLE_DRIVER, "{\"op\":\"ping\",\"v\":-9223372036854775808}", OUTCOME_UNSUPPORTED_VERSION},
};

START_TEST(test_words_that_are_none_of_ours_are_named_so)
{
    struct station station;
    station_begin(&station, NULL);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const enum outcome outcome = wire_try_json(&station, words[i].role, words[i].json);
        ck_assert_msg(outcome == words[i].outcome, "%s: %s", words[i].json, outcome_name(outcome));
    }
    EXPECT(OUTCOME_UNSUPPORTED_VERSION,
           wire_try_bytes(&station, ROLE_DRIVER,
                          BYTES("\x82\xa2op\xa4ping\xa1v\xcf\xff\xff\xff\xff\xff\xff\xff\xff")));
    ck_assert_int_eq(wire_status(&station, "sequence"), 0);
    station_end(&station);
}
END_TEST

/* ---- pages ------------------------------------------------------------------------------- */

static void expect_page(struct station *station, const char *json, const char *key, size_t count,
                        bool more)
{
    struct value *reply = wire_ask_json(station, ROLE_OPERATOR, json);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    ck_assert_uint_eq(value_count(value_get(reply, key)), count);
    if (strcmp(key, "compartments") == 0) {
        ck_assert_int_eq(value_kind(value_get(reply, "more")), VALUE_BOOL);
        ck_assert_int_eq(value_bool(value_get(reply, "more")), more);
    }
    value_free(reply);
}

START_TEST(test_pages_of_a_large_wall_have_256_lines_or_up_to_1024)
{
    struct station station;
    struct request request = {.operation = OP_DEPOSIT, .has_size = true};
    station_begin(&station, "--ephemeral", "--compartments", "small=1100", NULL);
    expect_page(&station, "{\"op\":\"compartments\"}", "compartments", 256, true);
    expect_page(&station, "{\"op\":\"compartments\",\"limit\":1024}", "compartments", 1024, true);
    expect_page(&station, "{\"op\":\"compartments\",\"after\":\"S0844\"}", "compartments", 256,
                false);
    expect_page(&station, "{\"op\":\"compartments\",\"after\":\"S0843\"}", "compartments", 256,
                true);
    expect_page(&station, "{\"op\":\"compartments\",\"after\":\"S1100\"}", "compartments", 0,
                false);
    expect_page(&station, "{\"op\":\"history\"}", "events", 0, false);
    for (int i = 0; i < 1100; i++)
        EXPECT(OUTCOME_OK, wire_try(&station, ROLE_DRIVER, &request));
    expect_page(&station, "{\"op\":\"history\"}", "events", 256, false);
    expect_page(&station, "{\"op\":\"history\",\"limit\":1024}", "events", 1024, false);
    expect_page(&station, "{\"op\":\"history\",\"limit\":1}", "events", 1, false);
    station_end(&station);
}
END_TEST

START_TEST(test_history_of_a_ledger_has_256_lines_or_up_to_1024)
{
    struct station station;
    struct peer peer;
    station_begin(&station, "--compartments", "small=1100", NULL);
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    for (int i = 0; i < 1100; i++) {
        peer_send(&peer, "", 0, true);
        peer_send(&peer,
                  BYTES("\x82\xa2op\xa7"
                        "deposit\xa4size\xa5small"),
                  false);
    }
    for (int i = 0; i < 1100; i++)
        EXPECT(OUTCOME_OK, peer_receive(&peer));
    peer_close(&peer);
    expect_page(&station, "{\"op\":\"history\"}", "events", 256, false);
    expect_page(&station, "{\"op\":\"history\",\"limit\":1024}", "events", 1024, false);
    struct value *reply = history(&station, 1);
    ck_assert_int_eq(value_int(value_get(value_at(value_get(reply, "events"), 0), "sequence")),
                     1100);
    value_free(reply);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("shapes", &tests);
    tcase_add_test(tests, test_status_has_every_key_with_its_type_and_the_defaults);
    tcase_add_test(tests, test_every_event_has_its_number_moment_name_and_compartment);
    tcase_add_test(tests, test_words_that_are_none_of_ours_are_named_so);
    tcase_add_test(tests, test_pages_of_a_large_wall_have_256_lines_or_up_to_1024);
    tcase_add_test(tests, test_history_of_a_ledger_has_256_lines_or_up_to_1024);
    return harness_run(suite);
}
