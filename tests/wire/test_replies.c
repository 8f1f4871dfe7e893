/*
 * Replies: what the encoder writes is what docs/protocol.md shows, byte for byte, and a client
 * reads it back as the JSON beside it.
 */
#include "codec.h"
#include "event.h"
#include "golden.h"
#include "support/harness.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The moment of the page's examples. */
#define NOW_MS   INT64_C(1795514400000)
#define LATER_MS (NOW_MS + INT64_C(604800000))
#define DAY_MS   INT64_C(86400000)

static void expect(const char *kind, const char *name, const struct buffer *buffer)
{
    const struct golden *golden = golden_get(kind, name);
    ck_assert_msg(buffer->used == golden->size &&
                      memcmp(buffer->data, golden->bytes, golden->size) == 0,
                  "the encoding of %s %s differs from docs/protocol.md", kind, name);
}

static void expect_reply(const char *name, const struct reply *reply)
{
    struct buffer buffer = {0};
    ck_assert_int_eq(codec_encode_reply(reply, &buffer), 0);
    expect("reply", name, &buffer);
    buffer_free(&buffer);
}

START_TEST(test_golden_replies_of_compartments)
{
    static const enum operation operations[] = {OP_PICKUP, OP_RELEASE};
    for (size_t i = 0; i < 2; i++)
        expect_reply(operation_name(operations[i]),
                     &(struct reply){.operation = operations[i], .compartment = "M01"});
    expect_reply("cancel", &(struct reply){.operation = OP_CANCEL, .compartment = "M01"});
    expect_reply("collect", &(struct reply){.operation = OP_COLLECT, .compartment = "M03"});
    expect_reply("service", &(struct reply){.operation = OP_SERVICE, .compartment = "M02"});
    expect_reply("extend", &(struct reply){.operation = OP_EXTEND,
                                           .compartment = "M01",
                                           .expires_at_ms = LATER_MS + DAY_MS});
}
END_TEST

START_TEST(test_golden_replies_with_codes)
{
    struct reply reply = {.operation = OP_DEPOSIT,
                          .compartment = "M01",
                          .size = SIZE_MEDIUM,
                          .code = "042917",
                          .expires_at_ms = LATER_MS};
    expect_reply("deposit", &reply);
    reply = (struct reply){.operation = OP_CANCEL,
                           .compartment = "L01",
                           .size = SIZE_LARGE,
                           .code = "730058",
                           .expires_at_ms = LATER_MS,
                           .exchanged = true,
                           .cancelled = "M01"};
    expect_reply("cancel-exchange", &reply);
    reply = (struct reply){
        .operation = OP_REISSUE, .compartment = "M01", .code = "118364", .expires_at_ms = LATER_MS};
    expect_reply("reissue", &reply);
}
END_TEST

START_TEST(test_golden_replies_that_tell)
{
    expect_reply("ping", &(struct reply){.operation = OP_PING, .station = "lobby"});
    expect_reply(
        "availability",
        &(struct reply){.operation = OP_AVAILABILITY, .free = {12, 7, 4}, .total = {12, 8, 4}});
    expect_reply("sweep", &(struct reply){.operation = OP_SWEEP, .freed = 3});
    expect_reply("clock",
                 &(struct reply){.operation = OP_CLOCK, .now_ms = NOW_MS, .clock_suspect = true});
    const struct compartment_line expired = {
        .compartment = "M03", .size = SIZE_MEDIUM, .expires_at_ms = NOW_MS};
    expect_reply("expired",
                 &(struct reply){.operation = OP_EXPIRED, .lines = &expired, .count = 1});
    const struct compartment_line lines[] = {
        {"M01", SIZE_MEDIUM, STATE_OCCUPIED, true, "", LATER_MS},
        {"M02", SIZE_MEDIUM, STATE_FREE, false, "door jammed", 0},
    };
    expect_reply(
        "compartments",
        &(struct reply){.operation = OP_COMPARTMENTS, .lines = lines, .count = 2, .more = true});
}
END_TEST

START_TEST(test_golden_history)
{
    const struct history_line events[] = {
        {.sequence = 1042,
         .at_ms = NOW_MS,
         .event = "exchanged",
         .compartment = "L01",
         .cancelled = "M01",
         .has_size = true,
         .size = SIZE_LARGE,
         .expires_at_ms = LATER_MS,
         .reason = "does_not_fit"},
        {.sequence = 1041,
         .at_ms = NOW_MS - 5000,
         .event = "service_changed",
         .compartment = "M01",
         .has_size = true,
         .size = SIZE_MEDIUM,
         .has_in_service = true,
         .in_service = true},
        {.sequence = 1040,
         .at_ms = NOW_MS - 9000,
         .event = "extended",
         .compartment = "M01",
         .has_size = true,
         .size = SIZE_MEDIUM,
         .expires_at_ms = LATER_MS,
         .has_amount = true,
         .amount = DAY_MS},
    };
    expect_reply("history", &(struct reply){.operation = OP_HISTORY, .events = events, .count = 3});
}
END_TEST

START_TEST(test_golden_status)
{
    struct status_report status = {
        .uptime_ms = DAY_MS,
        .free = {12, 6, 4},
        .total = {12, 8, 4},
        .occupied = 1,
        .out_of_service = 1,
        .sequence = 1042,
        .durable_sequence = 1042,
        .ledger = "/var/lib/locker/ledger.db",
        .ttl_ms = 7 * DAY_MS,
        .code_digits = 6,
        .remember_ms = 30 * DAY_MS,
        .remember_requests = 262144,
        .wrong_codes = 30,
        .sweep_every_ms = 3600000,
    };
    status.operations[OP_DEPOSIT] = 9;
    status.errors[OUTCOME_NO_SPACE] = 2;
    expect_reply("status", &(struct reply){.operation = OP_STATUS,
                                           .station = "lobby",
                                           .now_ms = NOW_MS,
                                           .status = &status});
}
END_TEST

START_TEST(test_golden_refusals_every_error_among_them)
{
    for (unsigned i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++) {
        struct reply reply = {.operation = OP_DEPOSIT,
                              .outcome = (enum outcome)i,
                              .asked_size = SIZE_MEDIUM,
                              .retry_after_ms = 2750};
        if (i == OUTCOME_INVALID_REQUEST)
            reply.detail = "the key \"size\" is missing";
        expect_reply(outcome_name(reply.outcome), &reply);
    }
}
END_TEST

#define OF(name_) .compartment = name_, .has_size = true

/* In the order of their numbers. */
static const struct history_line feed[] = {
    {.event = "deposited", OF("M01"), .size = SIZE_MEDIUM, .expires_at_ms = LATER_MS},
    {.event = "picked_up", OF("M01"), .size = SIZE_MEDIUM},
    {.event = "expired", OF("M01"), .size = SIZE_MEDIUM, .expires_at_ms = NOW_MS},
    {.event = "cancelled", OF("M01"), .size = SIZE_MEDIUM, .reason = "door_broken"},
    {.event = "exchanged",
     OF("L01"),
     .cancelled = "M01",
     .size = SIZE_LARGE,
     .expires_at_ms = LATER_MS,
     .reason = "does_not_fit"},
    {.event = "collected", OF("M01"), .size = SIZE_MEDIUM},
    {.event = "released", OF("M01"), .size = SIZE_MEDIUM},
    {.event = "reissued", OF("M01"), .size = SIZE_MEDIUM, .expires_at_ms = LATER_MS},
    {.event = "extended",
     OF("M01"),
     .size = SIZE_MEDIUM,
     .expires_at_ms = LATER_MS,
     .has_amount = true,
     .amount = DAY_MS},
    {.event = "service_changed",
     OF("M01"),
     .size = SIZE_MEDIUM,
     .reason = "door jammed",
     .has_in_service = true},
    {.event = "swept", .has_amount = true, .amount = 3},
    {.event = "clock_accepted"},
    {.event = "outage_credited", .has_amount = true, .amount = 5400000},
};

START_TEST(test_golden_feed_every_event_among_it)
{
    struct buffer buffer = {0};
    ck_assert_uint_eq(sizeof feed / sizeof feed[0], EVENT_KIND_COUNT - 1);
    for (unsigned kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        struct history_line line = feed[kind - 1];
        line.sequence = 1042 + kind;
        line.at_ms = NOW_MS;
        ck_assert_str_eq(line.event, event_name((enum event_kind)kind));
        buffer.used = 0;
        ck_assert_int_eq(codec_encode_feed(&line, &buffer), 0);
        expect("feed", line.event, &buffer);
    }
    buffer_free(&buffer);
}
END_TEST

START_TEST(test_every_operation_has_a_golden_reply)
{
    for (unsigned i = 0; i < OPERATION_COUNT; i++)
        golden_get("reply", operation_name((enum operation)i));
}
END_TEST

/* ---- what a client reads ------------------------------------------------------------------ */

static json_t *json_of(const struct value *value)
{
    json_t *json;
    switch (value_kind(value)) {
    case VALUE_NIL:
        return json_null();
    case VALUE_BOOL:
        return json_boolean(value_bool(value));
    case VALUE_INT:
        return json_integer(value_int(value));
    case VALUE_STR:
        return json_string(value_str(value));
    case VALUE_ARRAY:
        json = json_array();
        for (size_t i = 0; i < value_count(value); i++)
            json_array_append_new(json, json_of(value_at(value, i)));
        return json;
    case VALUE_MAP:
        json = json_object();
        for (size_t i = 0; i < value_count(value); i++)
            json_object_set_new(json, value_key(value, i), json_of(value_at(value, i)));
        return json;
    }
    return NULL;
}

START_TEST(test_golden_replies_are_read_as_the_page_says)
{
    size_t count;
    const struct golden *golden = golden_all(&count);
    for (size_t i = 0; i < count; i++) {
        struct value *value;
        if (strcmp(golden[i].kind, "request") == 0)
            continue;
        ck_assert_int_eq(value_decode(golden[i].bytes, golden[i].size, &value), 0);
        json_t *read = json_of(value);
        json_t *shown = json_loads(golden[i].json, 0, NULL);
        ck_assert_msg(shown && json_equal(read, shown), "%s %s", golden[i].kind, golden[i].name);
        json_decref(read);
        json_decref(shown);
        value_free(value);
    }
}
END_TEST

static int decode_copy(const unsigned char *bytes, size_t size)
{
    struct value *value;
    unsigned char *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, bytes, size);
    const int error = value_decode(copy, size, &value);
    ck_assert(error == 0 || value == NULL);
    value_free(value);
    free(copy);
    return error;
}

START_TEST(test_no_truncated_reply_is_read)
{
    size_t count;
    const struct golden *golden = golden_all(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t size = 0; size < golden[i].size; size++)
            ck_assert_int_ne(decode_copy(golden[i].bytes, size), 0);
    }
}
END_TEST

START_TEST(test_a_flipped_bit_in_a_reply_does_no_harm)
{
    size_t count;
    unsigned read = 0;
    const struct golden *golden = golden_all(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t bit = 0; bit < golden[i].size * 8; bit++) {
            golden[i].bytes[bit / 8] ^= (unsigned char)(1U << (bit % 8));
            read += decode_copy(golden[i].bytes, golden[i].size) == 0;
            golden[i].bytes[bit / 8] ^= (unsigned char)(1U << (bit % 8));
        }
    }
    ck_assert_uint_gt(read, 0); /* a flipped letter is still a letter */
}
END_TEST

START_TEST(test_claims_of_billions_are_refused)
{
    static const char *const claims[] = {
        "\xdd\xff\xff\xff\xff",             /* an array of 4 billion */
        "\xdf\xff\xff\xff\xff",             /* a map */
        "\x81\xa2ok\xdb\xff\xff\xff\xff",   /* a string */
        "\x91\xdd\x7f\xff\xff\xff\xc0\xc0", /* nested */
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        ck_assert_int_eq(decode_copy((const unsigned char *)claims[i], strlen(claims[i])),
                         -EBADMSG);
}
END_TEST

START_TEST(test_deep_nesting_is_refused)
{
    unsigned char bytes[512];
    memset(bytes, 0x91, sizeof bytes);
    bytes[sizeof bytes - 1] = 0xc0;
    ck_assert_int_ne(decode_copy(bytes, sizeof bytes), 0);
}
END_TEST

START_TEST(test_eight_levels_are_read_and_nine_are_not)
{
    unsigned char bytes[10];
    memset(bytes, 0x91, sizeof bytes);
    bytes[8] = 0xc0;
    ck_assert_int_eq(decode_copy(bytes, 9), 0);
    bytes[8] = 0x91;
    bytes[9] = 0xc0;
    ck_assert_int_eq(decode_copy(bytes, 10), -EBADMSG);
}
END_TEST

START_TEST(test_what_no_reply_has_is_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
    } strange[] = {
        {"\xca\x3f\x80\0\0", 5},       /* a float */
        {"\xc4\x01x", 3},              /* binary */
        {"\xd4\x01\x01", 3},           /* an extension */
        {"\xc1", 1},                   /* never used */
        {"\xcf\x80\0\0\0\0\0\0\0", 9}, /* more than int64 */
        {"\x81\x01\x02", 3},           /* a key that is no string */
        {"\xa1\xff", 2},               /* bad UTF-8 */
        {"\xa1\0", 2},                 /* a NUL */
        {"\x81\xa1\0\xc0", 4},         /* a NUL in a key */
        {"\xc0\xc0", 2},               /* a byte behind it */
        {"", 0},
    };
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        ck_assert_int_eq(decode_copy((const unsigned char *)strange[i].bytes, strange[i].size),
                         -EBADMSG);
}
END_TEST

START_TEST(test_a_mebibyte_is_read_and_no_more)
{
    unsigned char *bytes = calloc(1, VALUE_BYTES_MAX + 1); /* zeros: so many integers */
    ck_assert_ptr_nonnull(bytes);
    for (unsigned over = 0; over <= 1; over++) {
        const uint32_t items = VALUE_BYTES_MAX + over - 5;
        bytes[0] = 0xdd;
        for (unsigned i = 0; i < 4; i++)
            bytes[1 + i] = (unsigned char)(items >> (24 - 8 * i));
        ck_assert_int_eq(decode_copy(bytes, VALUE_BYTES_MAX + over), over ? -EBADMSG : 0);
    }
    free(bytes);
}
END_TEST

START_TEST(test_the_largest_pages_fit_a_reply)
{
    static struct history_line events[PAGE_LIMIT_MAX];
    struct buffer buffer = {0};
    for (size_t i = 0; i < PAGE_LIMIT_MAX; i++) {
        events[i] = (struct history_line){.sequence = INT64_MAX,
                                          .at_ms = INT64_MAX,
                                          .event = "service_changed",
                                          .has_size = true,
                                          .size = SIZE_MEDIUM,
                                          .expires_at_ms = INT64_MAX,
                                          .has_in_service = true,
                                          .has_amount = true,
                                          .amount = INT64_MAX};
        memset(events[i].compartment, 'C', COMPARTMENT_ID_MAX);
        memset(events[i].cancelled, 'C', COMPARTMENT_ID_MAX);
        memset(events[i].reason, 'r', SERVICE_REASON_MAX);
    }
    const struct reply reply = {.operation = OP_HISTORY, .events = events, .count = PAGE_LIMIT_MAX};
    ck_assert_int_eq(codec_encode_reply(&reply, &buffer), 0);
    ck_assert_int_eq(decode_copy(buffer.data, buffer.used), 0);
    buffer_free(&buffer);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("replies", &tests);
    tcase_add_test(tests, test_golden_replies_of_compartments);
    tcase_add_test(tests, test_golden_replies_with_codes);
    tcase_add_test(tests, test_golden_replies_that_tell);
    tcase_add_test(tests, test_golden_history);
    tcase_add_test(tests, test_golden_status);
    tcase_add_test(tests, test_golden_refusals_every_error_among_them);
    tcase_add_test(tests, test_golden_feed_every_event_among_it);
    tcase_add_test(tests, test_every_operation_has_a_golden_reply);
    tcase_add_test(tests, test_golden_replies_are_read_as_the_page_says);
    tcase_add_test(tests, test_no_truncated_reply_is_read);
    tcase_add_test(tests, test_a_flipped_bit_in_a_reply_does_no_harm);
    tcase_add_test(tests, test_claims_of_billions_are_refused);
    tcase_add_test(tests, test_deep_nesting_is_refused);
    tcase_add_test(tests, test_eight_levels_are_read_and_nine_are_not);
    tcase_add_test(tests, test_what_no_reply_has_is_refused);
    tcase_add_test(tests, test_a_mebibyte_is_read_and_no_more);
    tcase_add_test(tests, test_the_largest_pages_fit_a_reply);
    return harness_run(suite);
}
