/* Rows: every kind of event, appended by hand, says the same when it is read again. */
#include "ledger_cases.h"
#include "ledger_fixture.h"

#include <errno.h>
#include <string.h>

static struct fixture station;

static void setup(void)
{
    fixture_create(&station, 6);
    fixture_open(&station);
}

static void teardown(void)
{
    fixture_destroy(&station);
}

/* An event with every field set that its kind can have. */
static struct event full_event(uint8_t kind)
{
    struct event event = {.sequence = kind,
                          .at_ms = 1767225600000 + kind,
                          .elapsed_ms = 5000 + kind,
                          .request_key = {UINT64_MAX - kind, 7},
                          .request_fingerprint = UINT64_C(0x8000000000000001),
                          .code_hash = UINT64_MAX,
                          .code_nonce = UINT64_C(1) << 63,
                          .retired_hash = 17,
                          .expires_at_ms = 1767830400000,
                          .amount = 12345,
                          .compartment = 2,
                          .given_up = 4,
                          .kind = kind,
                          .retirement = RETIRED_CANCELLED,
                          .cancel_reason = CANCEL_DOOR_BROKEN,
                          .code_digits = 12,
                          .in_service = 1,
                          .held = 1,
                          .role = ROLE_OPERATOR};
    strcpy(event.reason, "a reason of 31 characters in al");
    return event;
}

/* And one with nothing set that it could do without. */
static struct event bare_event(uint8_t kind, uint64_t sequence)
{
    return (struct event){.sequence = sequence,
                          .at_ms = 1767225600000,
                          .compartment = COMPARTMENT_NONE,
                          .given_up = COMPARTMENT_NONE,
                          .kind = kind,
                          .role = EVENT_ROLE_STATION};
}

static void append_every_kind(void)
{
    for (uint8_t kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        const struct event event = full_event(kind);
        ck_assert_int_eq(ledger_append(station.ledger, &event, 1), 0);
    }
    for (uint8_t kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        const struct event event = bare_event(kind, EVENT_KIND_COUNT - 1u + kind);
        ck_assert_int_eq(ledger_append(station.ledger, &event, 1), 0);
    }
}

START_TEST(test_every_kind_of_event_reads_back_as_written)
{
    char why[LEDGER_WHY_SIZE] = "";
    uint64_t checked;
    append_every_kind();
    for (uint8_t kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        const struct event full = full_event(kind);
        const struct event bare = bare_event(kind, EVENT_KIND_COUNT - 1u + kind);
        ck_assert_int_eq(ledger_compare(station.ledger, &full), 0);
        ck_assert_int_eq(ledger_compare(station.ledger, &bare), 0);
    }
    ck_assert_msg(ledger_audit(station.ledger, &checked, why) == 0, "%s", why);
    ck_assert_uint_eq(checked, 2 * (EVENT_KIND_COUNT - 1));
}
END_TEST

START_TEST(test_compare_notices_a_change_in_any_field)
{
    const struct event event = full_event(EVENT_DEPOSITED);
    struct event other[16];
    ck_assert_int_eq(ledger_append(station.ledger, &event, 1), 0);
    for (size_t i = 0; i < 16; i++)
        other[i] = event;
    other[0].at_ms++;
    other[1].elapsed_ms++;
    other[2].request_key[0]++;
    other[3].request_key[1]++;
    other[4].request_fingerprint++;
    other[5].code_hash--;
    other[6].code_nonce++;
    other[7].retired_hash++;
    other[8].expires_at_ms++;
    other[9].amount++;
    other[10].compartment++;
    other[11].given_up++;
    other[12].kind = EVENT_PICKED_UP;
    other[13].retirement = RETIRED_USED;
    other[14].role = ROLE_DRIVER;
    other[15].reason[30] = 'L';
    for (size_t i = 0; i < 16; i++)
        ck_assert_msg(ledger_compare(station.ledger, &other[i]) == -EBADMSG, "field %zu", i);
}
END_TEST

START_TEST(test_compare_of_an_unknown_sequence_is_enoent)
{
    const struct event event = full_event(EVENT_DEPOSITED);
    ck_assert_int_eq(ledger_compare(station.ledger, &event), -ENOENT);
}
END_TEST

START_TEST(test_append_refuses_a_gap_and_writes_nothing)
{
    struct event events[3];
    for (uint8_t i = 0; i < 3; i++)
        events[i] = bare_event(EVENT_SWEPT, i + 1u);
    events[2].sequence = 4;
    ck_assert_int_eq(ledger_append(station.ledger, events, 3), -EINVAL);
    ck_assert_int_eq(ledger_compare(station.ledger, &events[0]), -ENOENT);
    events[2].sequence = 3;
    ck_assert_int_eq(ledger_append(station.ledger, events, 3), 0);
    ck_assert_int_eq(ledger_append(station.ledger, &(struct event){.sequence = 9}, 1), -EINVAL);
}
END_TEST

START_TEST(test_append_again_is_compared_and_skipped)
{
    struct event events[4];
    for (uint8_t i = 0; i < 4; i++)
        events[i] = bare_event(EVENT_SWEPT, i + 1u);
    ck_assert_int_eq(ledger_append(station.ledger, events, 3), 0);
    ck_assert_int_eq(ledger_append(station.ledger, events, 4), 0);
    ck_assert_int_eq(ledger_compare(station.ledger, &events[3]), 0);
    events[1].amount = 99;
    ck_assert_int_eq(ledger_append(station.ledger, events, 4), -EBADMSG);
}
END_TEST

START_TEST(test_history_is_newest_first_and_limited)
{
    struct history_line lines[64];
    append_every_kind();
    ck_assert_int_eq(ledger_history(station.ledger, NULL, 3, lines), 3);
    ck_assert_uint_eq(lines[0].sequence, 2 * (EVENT_KIND_COUNT - 1));
    ck_assert_uint_eq(lines[2].sequence, 2 * (EVENT_KIND_COUNT - 1) - 2);
    ck_assert_str_eq(lines[0].compartment, "");
    ck_assert_int_eq(ledger_history(station.ledger, NULL, 64, lines), 2 * (EVENT_KIND_COUNT - 1));
    ck_assert_int_eq(ledger_history(station.ledger, NULL, 0, lines), 0);
}
END_TEST

START_TEST(test_history_of_a_compartment_tells_what_happened_to_it)
{
    struct history_line lines[64];
    append_every_kind();
    ck_assert_int_eq(ledger_history(station.ledger, "L03", 64, lines), EVENT_KIND_COUNT - 1);
    ck_assert_int_eq(ledger_history(station.ledger, "M05", 64, lines), EVENT_KIND_COUNT - 1);
    ck_assert_int_eq(ledger_history(station.ledger, "X99", 64, lines), 0);
    ck_assert_int_eq(ledger_history(station.ledger, "L03", 64, lines), EVENT_KIND_COUNT - 1);
    const struct history_line *exchanged = &lines[EVENT_KIND_COUNT - 1 - EVENT_EXCHANGED];
    ck_assert_str_eq(exchanged->event, "exchanged");
    ck_assert_str_eq(exchanged->compartment, "L03");
    ck_assert_str_eq(exchanged->cancelled, "M05");
    ck_assert_str_eq(exchanged->reason, "door_broken");
    ck_assert(exchanged->has_size);
    ck_assert_int_eq(exchanged->size, SIZE_LARGE);
    const struct history_line *extended = &lines[EVENT_KIND_COUNT - 1 - EVENT_EXTENDED];
    ck_assert(extended->has_amount);
    ck_assert_int_eq(extended->amount, 12345);
    const struct history_line *service = &lines[EVENT_KIND_COUNT - 1 - EVENT_SERVICE_CHANGED];
    ck_assert(service->has_in_service);
    ck_assert_str_eq(service->reason, "a reason of 31 characters in al");
}
END_TEST

TCase *ledger_row_cases(void)
{
    TCase *cases = harness_case("rows");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, test_every_kind_of_event_reads_back_as_written);
    tcase_add_test(cases, test_compare_notices_a_change_in_any_field);
    tcase_add_test(cases, test_compare_of_an_unknown_sequence_is_enoent);
    tcase_add_test(cases, test_append_refuses_a_gap_and_writes_nothing);
    tcase_add_test(cases, test_append_again_is_compared_and_skipped);
    tcase_add_test(cases, test_history_is_newest_first_and_limited);
    tcase_add_test(cases, test_history_of_a_compartment_tells_what_happened_to_it);
    return cases;
}
