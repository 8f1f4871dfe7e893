/*
 * Every operation of the protocol over the real sockets, and what each can be refused with.
 */
#include "support/wire.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

START_TEST(test_deposit_gives_lowest_placed_compartment_of_exactly_that_size)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--compartments", "small=2,medium=1,large=1", NULL);
    const int64_t now_ms = wire_status(&station, "now_ms");
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    ck_assert_str_eq(ticket.compartment, "S01");
    ck_assert_str_eq(ticket.size, "small");
    ck_assert_uint_eq(strlen(ticket.code), 6);
    ck_assert_int_ge(ticket.expires_at_ms, now_ms + 7 * DAY_MS);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    ck_assert_str_eq(ticket.compartment, "S02");
    EXPECT(OUTCOME_NO_SPACE, wire_deposit(&station, SIZE_SMALL, &ticket));
    ck_assert_int_eq(wire_free(&station, SIZE_SMALL), 0);
    ck_assert_int_eq(wire_free(&station, SIZE_MEDIUM), 1);
    station_end(&station);
}
END_TEST

START_TEST(test_no_space_names_the_size_asked_for)
{
    struct station station;
    station_begin(&station, "--compartments", "medium=1", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_MEDIUM, NULL));
    struct value *reply =
        wire_ask_json(&station, ROLE_DRIVER, "{\"op\":\"deposit\",\"size\":\"medium\"}");
    EXPECT(OUTCOME_NO_SPACE, wire_outcome(reply));
    ck_assert_str_eq(value_str(value_get(reply, "message")),
                     "No available compartment of size medium");
    value_free(reply);
    station_end(&station);
}
END_TEST

START_TEST(test_fallback_takes_the_next_larger_size)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--compartments", "small=1,medium=1,large=1", "--fallback", NULL);
    const char *const expected[] = {"S01", "M01", "L01"};
    for (int i = 0; i < 3; i++) {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        ck_assert_str_eq(ticket.compartment, expected[i]);
    }
    ck_assert_str_eq(ticket.size, "large");
    EXPECT(OUTCOME_NO_SPACE, wire_deposit(&station, SIZE_SMALL, &ticket));
    station_end(&station);
}
END_TEST

START_TEST(test_pickup_opens_once_then_says_used)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_LARGE, &ticket));
    wire_expect_pickup(&station, &ticket);
    EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, ticket.code));
    ck_assert_int_eq(wire_free(&station, SIZE_LARGE), 2);
    station_end(&station);
}
END_TEST

START_TEST(test_pickup_refuses_what_is_no_code)
{
    static const char *const codes[] = {"",        "0",       "12345",        "1234567",
                                        "12345a",  "12 3456", "-12345",       "123-456",
                                        "999999 ", "\\u0661", "0000000000000"};
    struct station station;
    char json[128];
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        snprintf(json, sizeof json, "{\"op\":\"pickup\",\"code\":\"%s\"}", codes[i]);
        struct value *reply = wire_ask_json(&station, ROLE_KEYPAD, json);
        EXPECT(OUTCOME_INVALID_CODE, wire_outcome(reply));
        ck_assert_str_eq(value_str(value_get(reply, "message")), "Invalid access token code");
        value_free(reply);
    }
    ck_assert_int_eq(wire_status(&station, "occupied"), 1);
    station_end(&station);
}
END_TEST

START_TEST(test_cancel_frees_the_compartment_and_ends_the_code)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, NULL);
    for (int reason = 0; reason < CANCEL_REASON_COUNT; reason++) {
        const enum cancel_reason why = (enum cancel_reason)reason;
        const bool blamed = cancel_reason_blames_compartment(why);
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        EXPECT(OUTCOME_OK, wire_cancel(&station, ticket.code, why));
        EXPECT(OUTCOME_CODE_CANCELLED, wire_pickup(&station, ticket.code));
        EXPECT(OUTCOME_CODE_CANCELLED, wire_cancel(&station, ticket.code, why));
        wire_expect_compartment(&station, ticket.compartment, "free", !blamed,
                                blamed ? cancel_reason_name(why) : NULL);
    }
    ck_assert_int_eq(wire_status(&station, "out_of_service"), 2);
    ck_assert_int_eq(wire_free(&station, SIZE_SMALL), 2);
    EXPECT(OUTCOME_INVALID_CODE, wire_cancel(&station, "", CANCEL_OTHER));
    station_end(&station);
}
END_TEST

START_TEST(test_exchange_is_one_change_to_another_compartment)
{
    struct station station;
    struct ticket before;
    struct ticket after;
    struct request exchange = {.operation = OP_CANCEL,
                               .reason = CANCEL_DOES_NOT_FIT,
                               .has_size = true,
                               .size = SIZE_LARGE};
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &before));
    const int64_t sequence = wire_status(&station, "sequence");
    memcpy(exchange.code, before.code, sizeof exchange.code);
    struct value *reply = wire_ask(&station, ROLE_DRIVER, &exchange);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    wire_ticket(reply, &after);
    ck_assert_str_eq(after.compartment, "L01");
    ck_assert_str_eq(after.size, "large");
    ck_assert_str_eq(value_str(value_get(reply, "cancelled")), before.compartment);
    value_free(reply);
    ck_assert_int_eq(wire_status(&station, "sequence"), sequence + 1);
    EXPECT(OUTCOME_CODE_CANCELLED, wire_pickup(&station, before.code));
    wire_expect_pickup(&station, &after);
    station_end(&station);
}
END_TEST

START_TEST(test_exchange_never_gives_the_same_compartment_and_no_space_leaves_all)
{
    struct station station;
    struct ticket ticket;
    struct request exchange = {.operation = OP_CANCEL, .has_size = true, .size = SIZE_LARGE};
    station_begin(&station, "--compartments", "small=1,large=1", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_LARGE, &ticket));
    memcpy(exchange.code, ticket.code, sizeof exchange.code);
    EXPECT(OUTCOME_NO_SPACE, wire_try(&station, ROLE_DRIVER, &exchange));
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_service_keeps_the_live_code_and_takes_no_new_parcel)
{
    struct station station;
    struct ticket ticket;
    struct ticket other;
    station_begin(&station, "--compartments", "small=2", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    EXPECT(OUTCOME_OK, wire_service(&station, "S01", false, "door squeaks"));
    wire_expect_compartment(&station, "S01", "occupied", false, "door squeaks");
    wire_expect_pickup(&station, &ticket);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &other));
    ck_assert_str_eq(other.compartment, "S02");
    EXPECT(OUTCOME_NO_SPACE, wire_deposit(&station, SIZE_SMALL, NULL));
    EXPECT(OUTCOME_OK, wire_service(&station, "S01", true, NULL));
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &other));
    ck_assert_str_eq(other.compartment, "S01");
    station_end(&station);
}
END_TEST

START_TEST(test_staff_release_reissue_and_extend)
{
    struct station station;
    struct ticket first;
    struct ticket second;
    struct request reissue = {
        .operation = OP_REISSUE, .has_compartment = true, .compartment = "S01"};
    struct request extend = {
        .operation = OP_EXTEND, .has_compartment = true, .compartment = "S01", .by_ms = DAY_MS};
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &first));

    struct value *reply = wire_ask(&station, ROLE_OPERATOR, &reissue);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    wire_ticket(reply, &second);
    value_free(reply);
    ck_assert_str_ne(first.code, second.code);
    EXPECT(OUTCOME_CODE_CANCELLED, wire_pickup(&station, first.code));

    reply = wire_ask(&station, ROLE_OPERATOR, &extend);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    ck_assert_int_eq(value_int(value_get(reply, "expires_at_ms")), first.expires_at_ms + DAY_MS);
    value_free(reply);

    EXPECT(OUTCOME_OK, wire_staff(&station, OP_RELEASE, "S01"));
    EXPECT(OUTCOME_CODE_CANCELLED, wire_pickup(&station, second.code));
    ck_assert_int_eq(wire_status(&station, "occupied"), 0);
    station_end(&station);
}
END_TEST

START_TEST(test_staff_operations_name_what_is_wrong_with_the_compartment)
{
    static const enum operation needing_parcel[] = {OP_RELEASE, OP_REISSUE, OP_COLLECT};
    struct request extend = {
        .operation = OP_EXTEND, .has_compartment = true, .compartment = "S02", .by_ms = 1};
    struct station station;
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    for (size_t i = 0; i < 3; i++) {
        EXPECT(OUTCOME_UNKNOWN_COMPARTMENT, wire_staff(&station, needing_parcel[i], "X99"));
        EXPECT(OUTCOME_NOT_OCCUPIED, wire_staff(&station, needing_parcel[i], "S02"));
    }
    EXPECT(OUTCOME_NOT_EXPIRED, wire_staff(&station, OP_COLLECT, "S01"));
    EXPECT(OUTCOME_NOT_OCCUPIED, wire_try(&station, ROLE_OPERATOR, &extend));
    memcpy(extend.compartment, "none", 5);
    EXPECT(OUTCOME_UNKNOWN_COMPARTMENT, wire_try(&station, ROLE_OPERATOR, &extend));
    EXPECT(OUTCOME_UNKNOWN_COMPARTMENT, wire_service(&station, "none", false, NULL));
    EXPECT(OUTCOME_UNKNOWN_COMPARTMENT,
           wire_try_json(&station, ROLE_OPERATOR,
                         "{\"op\":\"release\",\"compartment\":\"far too long to be an id\"}"));
    ck_assert_int_eq(wire_status(&station, "sequence"), 1);
    station_end(&station);
}
END_TEST

START_TEST(test_compartments_come_in_pages)
{
    struct station station;
    struct request page = {.operation = OP_COMPARTMENTS, .limit = 4};
    const char *const order[] = {"S01", "S02", "S03", "M01", "M02", "L01"};
    size_t seen = 0;
    bool more = true;
    station_begin(&station, "--compartments", "small=3,medium=2,large=1", NULL);
    while (more) {
        struct value *reply = wire_ask(&station, ROLE_OPERATOR, &page);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        const struct value *lines = value_get(reply, "compartments");
        for (size_t i = 0; i < value_count(lines); i++) {
            const char *id = value_str(value_get(value_at(lines, i), "compartment"));
            ck_assert_uint_lt(seen, 6);
            ck_assert_str_eq(id, order[seen++]);
            page.has_compartment = true;
            snprintf(page.compartment, sizeof page.compartment, "%s", id);
        }
        more = value_bool(value_get(reply, "more"));
        value_free(reply);
    }
    ck_assert_uint_eq(seen, 6);
    station_end(&station);
}
END_TEST

/* The events of a compartment (NULL: all), newest first, as one line. */
static void history_line(struct station *station, const char *compartment, char *line, size_t size)
{
    struct request request = {.operation = OP_HISTORY, .limit = 100};
    line[0] = '\0';
    if (compartment) {
        request.has_compartment = true;
        snprintf(request.compartment, sizeof request.compartment, "%s", compartment);
    }
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const struct value *events = value_get(reply, "events");
    for (size_t i = 0; i < value_count(events); i++) {
        const struct value *event = value_at(events, i);
        const size_t used = strlen(line);
        ck_assert_int_gt(value_int(value_get(event, "at_ms")), 0);
        ck_assert_ptr_null(value_get(event, "code"));
        snprintf(line + used, size - used, "%s%s", i == 0 ? "" : " ",
                 value_str(value_get(event, "event")));
    }
    value_free(reply);
}

START_TEST(test_history_tells_everything_newest_first)
{
    struct station station;
    struct ticket ticket;
    char line[256];
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_LARGE, NULL));
    wire_expect_pickup(&station, &ticket);
    EXPECT(OUTCOME_OK, wire_service(&station, "S01", false, "paint"));
    EXPECT(OUTCOME_OK, wire_staff(&station, OP_RELEASE, "L01"));
    history_line(&station, "S01", line, sizeof line);
    ck_assert_str_eq(line, "service_changed picked_up deposited");
    history_line(&station, "L01", line, sizeof line);
    ck_assert_str_eq(line, "released deposited");
    history_line(&station, NULL, line, sizeof line);
    ck_assert_str_eq(line, "released service_changed picked_up deposited deposited");
    const struct request unknown = {
        .operation = OP_HISTORY, .has_compartment = true, .compartment = "X1", .limit = 1};
    EXPECT(OUTCOME_UNKNOWN_COMPARTMENT, wire_try(&station, ROLE_OPERATOR, &unknown));
    station_end(&station);
}
END_TEST

START_TEST(test_status_says_what_the_station_is)
{
    struct station station;
    const struct request request = {.operation = OP_STATUS};
    char ledger[HARNESS_PATH_SIZE];
    station_begin(&station, "--ttl", "90m", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, ""));
    station_data_path(&station, "ledger.db", ledger);
    struct value *reply = wire_ask(&station, ROLE_OPERATOR, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    ck_assert_str_eq(value_str(value_get(reply, "station")), station.name);
    ck_assert_str_eq(value_str(value_get(reply, "clock")), "ok");
    ck_assert_str_eq(value_str(value_get(reply, "ledger")), ledger);
    ck_assert_int_eq(value_int(value_get(reply, "ttl_ms")), 90 * 60 * 1000);
    ck_assert_int_eq(value_int(value_get(reply, "sequence")), 1);
    ck_assert_int_eq(value_int(value_get(reply, "durable_sequence")), 1);
    ck_assert_int_ge(value_int(value_get(reply, "uptime_ms")), 0);
    ck_assert_int_eq(value_int(value_get(value_get(reply, "total"), "small")), 4);
    ck_assert_int_eq(value_int(value_get(value_get(reply, "ops"), "deposit")), 1);
    ck_assert_int_eq(value_int(value_get(value_get(reply, "errors"), "invalid_code")), 1);
    ck_assert_str_eq(value_str(value_get(value_get(reply, "policies"), "on_expiry")), "free");
    value_free(reply);
    station_end(&station);
}
END_TEST

START_TEST(test_ephemeral_station_says_so)
{
    struct station station;
    struct ticket ticket;
    const struct request request = {.operation = OP_STATUS};
    station_begin(&station, "--ephemeral", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    struct value *reply = wire_ask(&station, ROLE_OPERATOR, &request);
    ck_assert_int_eq(value_kind(value_get(reply, "ledger")), VALUE_NIL);
    value_free(reply);
    wire_expect_pickup(&station, &ticket);
    ck_assert(station_log_has(&station, "EPHEMERAL"));
    station_end(&station);
}
END_TEST

START_TEST(test_clock_is_told_and_accepted)
{
    static const char *const requests[] = {"{\"op\":\"clock\",\"accept\":false}",
                                           "{\"op\":\"clock\",\"accept\":true}"};
    struct station station;
    station_begin(&station, NULL);
    for (int i = 0; i < 2; i++) {
        struct value *reply = wire_ask_json(&station, ROLE_OPERATOR, requests[i]);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        ck_assert_str_eq(value_str(value_get(reply, "clock")), "ok");
        ck_assert_int_gt(value_int(value_get(reply, "now_ms")), INT64_C(1600000000000));
        value_free(reply);
    }
    station_end(&station);
}
END_TEST

START_TEST(test_code_digits_are_as_many_as_asked_for)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--code-digits", "12", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    ck_assert_uint_eq(strlen(ticket.code), 12);
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, "123456"));
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

/* What each role may ask for, as the specification lists it. */
static const char *const allowed[ROLE_COUNT] = {
    "ping deposit cancel availability expired collect ",
    "ping pickup ",
    ("ping status compartments availability expired collect service release reissue extend "
     "history sweep clock "),
};

/* A request with every key its operation needs. */
static void complete_request(enum operation operation, char *json, size_t size)
{
    const char *keys = "";
    if (operation == OP_DEPOSIT)
        keys = ",\"size\":\"small\"";
    else if (operation == OP_PICKUP || operation == OP_CANCEL)
        keys = ",\"code\":\"\"";
    else if (operation == OP_COLLECT || operation == OP_RELEASE || operation == OP_REISSUE)
        keys = ",\"compartment\":\"none\"";
    else if (operation == OP_SERVICE)
        keys = ",\"compartment\":\"none\",\"in_service\":true";
    else if (operation == OP_EXTEND)
        keys = ",\"compartment\":\"none\",\"by_ms\":1";
    else if (operation == OP_CLOCK)
        keys = ",\"accept\":false";
    snprintf(json, size, "{\"op\":\"%s\"%s}", operation_name(operation), keys);
}

START_TEST(test_each_endpoint_serves_its_role_and_no_other)
{
    struct station station;
    char json[160];
    char word[32];
    station_begin(&station, NULL);
    for (int role = 0; role < ROLE_COUNT; role++) {
        for (int op = 0; op < OPERATION_COUNT; op++) {
            complete_request((enum operation)op, json, sizeof json);
            snprintf(word, sizeof word, "%s ", operation_name((enum operation)op));
            const bool its_own = strstr(allowed[role], word) != NULL;
            const enum outcome outcome = wire_try_json(&station, (enum role)role, json);
            ck_assert_msg((outcome == OUTCOME_NOT_ALLOWED) == !its_own, "%s at %s: %s", json,
                          role_name((enum role)role), outcome_name(outcome));
            ck_assert_msg(outcome != OUTCOME_INVALID_REQUEST, "%s", json);
        }
        EXPECT(OUTCOME_UNKNOWN_OP, wire_try_json(&station, (enum role)role, "{\"op\":\"open\"}"));
        EXPECT(OUTCOME_UNSUPPORTED_VERSION,
               wire_try_json(&station, (enum role)role, "{\"op\":\"ping\",\"v\":2}"));
        EXPECT(OUTCOME_OK, wire_try_json(&station, (enum role)role, "{\"op\":\"ping\",\"v\":1}"));
    }
    ck_assert_int_eq(wire_status(&station, "occupied"), 1);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("operations", &tests);
    tcase_add_test(tests, test_deposit_gives_lowest_placed_compartment_of_exactly_that_size);
    tcase_add_test(tests, test_no_space_names_the_size_asked_for);
    tcase_add_test(tests, test_fallback_takes_the_next_larger_size);
    tcase_add_test(tests, test_pickup_opens_once_then_says_used);
    tcase_add_test(tests, test_pickup_refuses_what_is_no_code);
    tcase_add_test(tests, test_cancel_frees_the_compartment_and_ends_the_code);
    tcase_add_test(tests, test_exchange_is_one_change_to_another_compartment);
    tcase_add_test(tests, test_exchange_never_gives_the_same_compartment_and_no_space_leaves_all);
    tcase_add_test(tests, test_service_keeps_the_live_code_and_takes_no_new_parcel);
    tcase_add_test(tests, test_staff_release_reissue_and_extend);
    tcase_add_test(tests, test_staff_operations_name_what_is_wrong_with_the_compartment);
    tcase_add_test(tests, test_compartments_come_in_pages);
    tcase_add_test(tests, test_history_tells_everything_newest_first);
    tcase_add_test(tests, test_status_says_what_the_station_is);
    tcase_add_test(tests, test_ephemeral_station_says_so);
    tcase_add_test(tests, test_clock_is_told_and_accepted);
    tcase_add_test(tests, test_code_digits_are_as_many_as_asked_for);
    tcase_add_test(tests, test_each_endpoint_serves_its_role_and_no_other);
    return harness_run(suite);
}
