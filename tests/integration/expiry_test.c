/*
 * Expiry and time: short lives of codes, seen from outside; and what is remembered of codes.
 */
#include "support/patience.h"
#include "support/wire.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool is_free(struct station *station, int64_t wanted)
{
    return wire_free(station, SIZE_SMALL) == wanted;
}

START_TEST(test_expired_parcel_is_freed_without_any_request)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--ttl", "50ms", "--compartments", "small=2", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    AWAIT(is_free(&station, 2));
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    ck_assert_int_eq(wire_status(&station, "sequence"), 2);
    ck_assert_int_eq(wire_status(&station, "expired"), 0);
    station_end(&station);
}
END_TEST

START_TEST(test_expired_code_never_opens_though_typed_at_once)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--ttl", "1ms", NULL);
    for (int i = 0; i < 20; i++) {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        AWAIT(wire_status(&station, "now_ms") >= ticket.expires_at_ms);
        EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
        EXPECT(OUTCOME_CODE_EXPIRED, wire_cancel(&station, ticket.code, CANCEL_OTHER));
    }
    station_end(&station);
}
END_TEST

START_TEST(test_deposit_takes_an_expired_parcels_compartment)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--ttl", "1ms", "--compartments", "small=1", NULL);
    for (int i = 0; i < 30; i++) {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        AWAIT(wire_status(&station, "now_ms") >= ticket.expires_at_ms);
    }
    station_end(&station);
}
END_TEST

static size_t expired_count(struct station *station, enum role role, const char *compartment)
{
    const struct request request = {.operation = OP_EXPIRED};
    struct value *reply = wire_ask(station, role, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const struct value *lines = value_get(reply, "compartments");
    const size_t count = value_count(lines);
    if (count > 0) {
        const struct value *line = value_at(lines, 0);
        ck_assert_str_eq(value_str(value_get(line, "compartment")), compartment);
        ck_assert_str_eq(value_str(value_get(line, "size")), "small");
        ck_assert_int_gt(value_int(value_get(line, "expired_at_ms")), 0);
    }
    value_free(reply);
    return count;
}

static enum outcome driver_collect(struct station *station, const char *compartment)
{
    struct request request = {.operation = OP_COLLECT, .has_compartment = true};
    snprintf(request.compartment, sizeof request.compartment, "%s", compartment);
    client_new_id(&request);
    return wire_try(station, ROLE_DRIVER, &request);
}

START_TEST(test_held_parcel_waits_until_a_driver_collects_it)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--ttl", "50ms", "--on-expiry", "hold", "--compartments", "small=1",
                  NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    AWAIT(expired_count(&station, ROLE_DRIVER, "S01") == 1);
    ck_assert_uint_eq(expired_count(&station, ROLE_OPERATOR, "S01"), 1);
    EXPECT(OUTCOME_CODE_EXPIRED, wire_pickup(&station, ticket.code));
    EXPECT(OUTCOME_NO_SPACE, wire_deposit(&station, SIZE_SMALL, NULL));
    wire_expect_compartment(&station, "S01", "expired", true, NULL);
    ck_assert_int_eq(wire_status(&station, "expired"), 1);

    station_kill(&station);
    station_start(&station);
    ck_assert_uint_eq(expired_count(&station, ROLE_DRIVER, "S01"), 1);
    EXPECT(OUTCOME_UNKNOWN_COMPARTMENT, driver_collect(&station, "S99"));
    EXPECT(OUTCOME_OK, driver_collect(&station, "S01"));
    EXPECT(OUTCOME_NOT_OCCUPIED, driver_collect(&station, "S01"));
    ck_assert_uint_eq(expired_count(&station, ROLE_DRIVER, "S01"), 0);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    station_end(&station);
}
END_TEST

START_TEST(test_sweep_is_answered_with_what_it_freed)
{
    struct station station;
    struct request sweep = {.operation = OP_SWEEP};
    station_begin(&station, "--ttl", "1ms", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    AWAIT(is_free(&station, 4));
    wire_set_id(&sweep, 1);
    for (int i = 0; i < 2; i++) {
        struct value *reply = wire_ask(&station, ROLE_OPERATOR, &sweep);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        ck_assert_int_eq(value_kind(value_get(reply, "freed")), VALUE_INT);
        ck_assert_int_eq(value_int(value_get(reply, "freed")), 0);
        value_free(reply);
    }
    station_end(&station);
}
END_TEST

/* What the sweep of this id freed. */
static int64_t swept(struct station *station, uint64_t id)
{
    struct request sweep = {.operation = OP_SWEEP};
    wire_set_id(&sweep, id);
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &sweep);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const int64_t freed = value_int(value_get(reply, "freed"));
    value_free(reply);
    return freed;
}

/* Without a ledger nobody waits for the keeper, and while it is stopped nothing expires by itself.
 */
START_TEST(test_repeated_sweep_frees_nothing)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--ephemeral", "--ttl", "50ms", NULL);
    const pid_t keeper = station_process(&station, "keeper");
    ck_assert_int_eq(kill(keeper, SIGSTOP), 0);
    ck_assert_int_eq(swept(&station, 1), 0);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    AWAIT(wire_status(&station, "now_ms") >= ticket.expires_at_ms);
    const int64_t sequence = wire_status(&station, "sequence");
    ck_assert_int_eq(swept(&station, 1), 0);
    ck_assert_int_eq(wire_status(&station, "sequence"), sequence);
    ck_assert_int_eq(swept(&station, 2), 1);
    ck_assert_int_eq(wire_status(&station, "sequence"), sequence + 2);
    ck_assert_int_eq(kill(keeper, SIGCONT), 0);
    station_end(&station);
}
END_TEST

START_TEST(test_retired_codes_are_forgotten_after_a_while)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--remember", "3s", "--wrong-codes", "0", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    wire_expect_pickup(&station, &ticket);
    EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, ticket.code));
    AWAIT(wire_pickup(&station, ticket.code) == OUTCOME_INVALID_CODE);
    station_end(&station);
}
END_TEST

/* ---- wrong codes ------------------------------------------------------------------------- */

/* A code that the station, with but one parcel inside, does not know. */
static const char *wrong_code(const struct ticket *ticket)
{
    return strcmp(ticket->code, "123456") == 0 ? "654321" : "123456";
}

#define BURST 20

/* Type wrong codes until the station wants a rest; how many it took. */
static int guess_until_refused(struct station *station, const struct ticket *ticket)
{
    int guesses = 0;
    enum outcome outcome;
    while ((outcome = wire_pickup(station, wrong_code(ticket))) == OUTCOME_INVALID_CODE)
        guesses++;
    EXPECT(OUTCOME_TRY_LATER, outcome);
    return guesses;
}

/* No more guesses than were earned since: one every 3 s, and the one begun. */
static void expect_no_new_guesses(struct station *station, const struct ticket *ticket,
                                  int64_t refused_at_ms)
{
    const int guesses = guess_until_refused(station, ticket);
    ck_assert_int_le(guesses, 1 + (patience_clock_ms() - refused_at_ms) / 3000);
}

START_TEST(test_too_many_wrong_codes_make_everybody_wait_over_restarts_too)
{
    struct station station;
    struct ticket ticket;
    station_begin(&station, "--wrong-codes", "20", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    const int64_t began_ms = patience_clock_ms();
    const int guesses = guess_until_refused(&station, &ticket);
    ck_assert_int_ge(guesses, BURST);
    ck_assert_int_le(guesses, BURST + 1 + (patience_clock_ms() - began_ms) / 3000);
    station_stop(&station);
    station_start(&station);
    expect_no_new_guesses(&station, &ticket, began_ms);
    station_kill(&station);
    station_start(&station);
    expect_no_new_guesses(&station, &ticket, began_ms);
    /* Drivers and staff are not concerned; and right codes work again after a rest. */
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    AWAIT(wire_pickup(&station, ticket.code) == OUTCOME_OK);
    station_end(&station);
}
END_TEST

START_TEST(test_right_codes_are_refused_too_while_guesses_are_used_up)
{
    struct station station;
    struct ticket ticket;
    enum outcome outcome;
    int64_t typed_ms;
    station_begin(&station, "--wrong-codes", "1", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    typed_ms = patience_clock_ms();
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, wrong_code(&ticket)));
    outcome = wire_pickup(&station, ticket.code);
    ck_assert(outcome == OUTCOME_TRY_LATER || patience_clock_ms() - typed_ms >= 3000);
    if (outcome == OUTCOME_TRY_LATER)
        AWAIT(wire_pickup(&station, ticket.code) == OUTCOME_OK);
    station_end(&station);
}
END_TEST

START_TEST(test_wait_after_wrong_codes_is_at_most_what_one_guess_takes_to_earn)
{
    struct station station;
    station_begin(&station, "--wrong-codes", "1", NULL);
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, "123456"));
    struct value *reply =
        wire_ask_json(&station, ROLE_KEYPAD, "{\"op\":\"pickup\",\"code\":\"123456\"}");
    while (wire_outcome(reply) == OUTCOME_INVALID_CODE) {
        value_free(reply);
        reply = wire_ask_json(&station, ROLE_KEYPAD, "{\"op\":\"pickup\",\"code\":\"123456\"}");
    }
    EXPECT(OUTCOME_TRY_LATER, wire_outcome(reply));
    ck_assert_int_le(value_int(value_get(reply, "retry_after_ms")), 3000);
    value_free(reply);
    station_end(&station);
}
END_TEST

START_TEST(test_wrong_codes_without_limit_are_just_invalid)
{
    struct station station;
    station_begin(&station, "--wrong-codes", "0", NULL);
    for (int i = 0; i < 100; i++)
        EXPECT(OUTCOME_INVALID_CODE, wire_pickup(&station, "123456"));
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("expiry", &tests);
    tcase_add_test(tests, test_expired_parcel_is_freed_without_any_request);
    tcase_add_test(tests, test_expired_code_never_opens_though_typed_at_once);
    tcase_add_test(tests, test_deposit_takes_an_expired_parcels_compartment);
    tcase_add_test(tests, test_held_parcel_waits_until_a_driver_collects_it);
    tcase_add_test(tests, test_sweep_is_answered_with_what_it_freed);
    tcase_add_test(tests, test_repeated_sweep_frees_nothing);
    tcase_add_test(tests, test_retired_codes_are_forgotten_after_a_while);
    tcase_add_test(tests, test_too_many_wrong_codes_make_everybody_wait_over_restarts_too);
    tcase_add_test(tests, test_right_codes_are_refused_too_while_guesses_are_used_up);
    tcase_add_test(tests, test_wait_after_wrong_codes_is_at_most_what_one_guess_takes_to_earn);
    tcase_add_test(tests, test_wrong_codes_without_limit_are_just_invalid);
    return harness_run(suite);
}
