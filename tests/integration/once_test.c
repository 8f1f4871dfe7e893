/*
 * Exactly once: a repeated id gets the first outcome, after any crash, and changes nothing.
 */
#include "support/wire.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct request deposit_request(uint64_t id, enum parcel_size size)
{
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = size};
    wire_set_id(&request, id);
    return request;
}

static void ask_ticket(struct station *station, enum role role, const struct request *request,
                       struct ticket *ticket)
{
    struct value *reply = wire_ask(station, role, request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    wire_ticket(reply, ticket);
    value_free(reply);
}

static void expect_same(const struct ticket *a, const struct ticket *b)
{
    ck_assert_str_eq(a->compartment, b->compartment);
    ck_assert_str_eq(a->code, b->code);
    ck_assert_int_eq(a->expires_at_ms, b->expires_at_ms);
}

enum interruption { NOTHING, ORDERLY_RESTART, KILLED_STATION, KILLED_DESK, INTERRUPTIONS };

static void interrupt(struct station *station, enum interruption interruption)
{
    switch (interruption) {
    case ORDERLY_RESTART:
        station_stop(station);
        station_start(station);
        break;
    case KILLED_STATION:
        station_kill(station);
        station_start(station);
        break;
    case KILLED_DESK:
        station_kill_process(station, "driver desk", 9);
        break;
    default:
        break;
    }
}

START_TEST(test_repeated_id_gets_the_same_code_and_changes_nothing)
{
    struct station station;
    struct ticket first;
    struct ticket again;
    const struct request request = deposit_request(1, SIZE_SMALL);
    station_begin(&station, NULL);
    ask_ticket(&station, ROLE_DRIVER, &request, &first);
    for (int i = 0; i < INTERRUPTIONS; i++) {
        interrupt(&station, (enum interruption)i);
        ask_ticket(&station, ROLE_DRIVER, &request, &again);
        expect_same(&first, &again);
        ck_assert_int_eq(wire_status(&station, "sequence"), 1);
        ck_assert_int_eq(wire_status(&station, "occupied"), 1);
    }
    wire_expect_pickup(&station, &first);
    /* The parcel is gone; the deposit's answer is still the deposit's answer. */
    ask_ticket(&station, ROLE_DRIVER, &request, &again);
    expect_same(&first, &again);
    ck_assert_int_eq(wire_status(&station, "occupied"), 0);
    station_end(&station);
}
END_TEST

START_TEST(test_same_id_with_other_contents_is_id_reused)
{
    struct station station;
    struct request pickup = {.operation = OP_PICKUP};
    const struct request small = deposit_request(7, SIZE_SMALL);
    const struct request large = deposit_request(7, SIZE_LARGE);
    struct ticket ticket;
    station_begin(&station, NULL);
    ask_ticket(&station, ROLE_DRIVER, &small, &ticket);
    for (int i = 0; i < INTERRUPTIONS; i++) {
        interrupt(&station, (enum interruption)i);
        EXPECT(OUTCOME_ID_REUSED, wire_try(&station, ROLE_DRIVER, &large));
    }
    wire_set_id(&pickup, 7);
    memcpy(pickup.code, ticket.code, sizeof pickup.code);
    EXPECT(OUTCOME_ID_REUSED, wire_try(&station, ROLE_KEYPAD, &pickup));
    ck_assert_int_eq(wire_status(&station, "sequence"), 1);
    station_end(&station);
}
END_TEST

START_TEST(test_repeated_pickup_opens_the_same_door_and_another_is_used)
{
    struct station station;
    struct ticket ticket;
    struct request pickup = {.operation = OP_PICKUP};
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_MEDIUM, &ticket));
    wire_set_id(&pickup, 20);
    memcpy(pickup.code, ticket.code, sizeof pickup.code);
    for (int i = 0; i < INTERRUPTIONS; i++) {
        struct value *reply = wire_ask(&station, ROLE_KEYPAD, &pickup);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        ck_assert_str_eq(value_str(value_get(reply, "compartment")), "M01");
        value_free(reply);
        EXPECT(OUTCOME_CODE_USED, wire_pickup(&station, ticket.code));
        interrupt(&station, (enum interruption)i);
    }
    ck_assert_int_eq(wire_status(&station, "sequence"), 2);
    station_end(&station);
}
END_TEST

START_TEST(test_repeated_changes_of_every_kind_change_nothing)
{
    struct station station;
    struct ticket ticket;
    struct ticket again;
    struct request exchange = {.operation = OP_CANCEL, .has_size = true, .size = SIZE_MEDIUM};
    struct request reissue = {
        .operation = OP_REISSUE, .has_compartment = true, .compartment = "M01"};
    struct request extend = {
        .operation = OP_EXTEND, .has_compartment = true, .compartment = "M01", .by_ms = 1000};
    struct request release = {
        .operation = OP_RELEASE, .has_compartment = true, .compartment = "M01"};
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    wire_set_id(&exchange, 30);
    wire_set_id(&reissue, 31);
    wire_set_id(&extend, 32);
    wire_set_id(&release, 33);
    memcpy(exchange.code, ticket.code, sizeof exchange.code);
    ask_ticket(&station, ROLE_DRIVER, &exchange, &ticket);
    ask_ticket(&station, ROLE_DRIVER, &exchange, &again);
    expect_same(&ticket, &again);
    ask_ticket(&station, ROLE_OPERATOR, &reissue, &ticket);
    station_kill(&station);
    station_start(&station);
    ask_ticket(&station, ROLE_OPERATOR, &reissue, &again);
    expect_same(&ticket, &again);
    for (int i = 0; i < 2; i++) {
        struct value *reply = wire_ask(&station, ROLE_OPERATOR, &extend);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        ck_assert_int_eq(value_int(value_get(reply, "expires_at_ms")), ticket.expires_at_ms + 1000);
        value_free(reply);
    }
    EXPECT(OUTCOME_OK, wire_try(&station, ROLE_OPERATOR, &release));
    EXPECT(OUTCOME_OK, wire_try(&station, ROLE_OPERATOR, &release));
    ck_assert_int_eq(wire_status(&station, "sequence"), 5);
    station_end(&station);
}
END_TEST

START_TEST(test_refusals_are_evaluated_anew)
{
    struct station station;
    struct ticket ticket;
    const struct request request = deposit_request(40, SIZE_SMALL);
    station_begin(&station, "--compartments", "small=1", NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    EXPECT(OUTCOME_NO_SPACE, wire_try(&station, ROLE_DRIVER, &request));
    wire_expect_pickup(&station, &ticket);
    EXPECT(OUTCOME_OK, wire_try(&station, ROLE_DRIVER, &request));
    station_end(&station);
}
END_TEST

START_TEST(test_only_the_latest_ids_are_remembered)
{
    struct station station;
    struct ticket first;
    struct ticket again;
    const struct request oldest = deposit_request(50, SIZE_SMALL);
    const struct request latest = deposit_request(53, SIZE_SMALL);
    station_begin(&station, "--remember-requests", "3", "--compartments", "small=9", NULL);
    ask_ticket(&station, ROLE_DRIVER, &oldest, &first);
    for (uint64_t id = 51; id <= 53; id++) {
        const struct request request = deposit_request(id, SIZE_SMALL);
        ask_ticket(&station, ROLE_DRIVER, &request, &again);
    }
    ask_ticket(&station, ROLE_DRIVER, &latest, &first);
    expect_same(&first, &again);
    ask_ticket(&station, ROLE_DRIVER, &oldest, &again);
    ck_assert_str_eq(again.compartment, "S05");
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("once", &tests);
    tcase_add_test(tests, test_repeated_id_gets_the_same_code_and_changes_nothing);
    tcase_add_test(tests, test_same_id_with_other_contents_is_id_reused);
    tcase_add_test(tests, test_repeated_pickup_opens_the_same_door_and_another_is_used);
    tcase_add_test(tests, test_repeated_changes_of_every_kind_change_nothing);
    tcase_add_test(tests, test_refusals_are_evaluated_anew);
    tcase_add_test(tests, test_only_the_latest_ids_are_remembered);
    return harness_run(suite);
}
