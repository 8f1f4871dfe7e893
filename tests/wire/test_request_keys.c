/*
 * The keys of every operation, one by one: what each golden request says, and what becomes of it
 * when a key is left out, is of another type, or is another operation's.
 */
#include "codec.h"
#include "golden.h"
#include "support/harness.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in a request in place of a key's own value. */
struct stand_in {
    const char *key;   /* NULL: nothing is replaced */
    const char *bytes; /* NULL: the key is left out */
    size_t size;
};

#define REQUEST_ROOM 512

struct wire {
    unsigned char bytes[REQUEST_ROOM];
    size_t size;
};

static void add(struct wire *wire, const void *bytes, size_t size)
{
    ck_assert_uint_le(wire->size + size, REQUEST_ROOM);
    memcpy(wire->bytes + wire->size, bytes, size);
    wire->size += size;
}

static void add_byte(struct wire *wire, unsigned byte)
{
    const unsigned char one = (unsigned char)byte;
    add(wire, &one, 1);
}

static void add_text(struct wire *wire, const char *text)
{
    ck_assert_uint_lt(strlen(text), 32);
    add_byte(wire, 0xa0 | (unsigned)strlen(text));
    add(wire, text, strlen(text));
}

static void add_number(struct wire *wire, json_int_t number)
{
    add_byte(wire, 0xd3);
    for (int shift = 56; shift >= 0; shift -= 8)
        add_byte(wire, (unsigned)(number >> shift) & 0xff);
}

static void add_id(struct wire *wire, const char *hex)
{
    add_byte(wire, 0xc4);
    add_byte(wire, REQUEST_ID_SIZE);
    for (unsigned i = 0; i < REQUEST_ID_SIZE; i++) {
        unsigned byte;
        ck_assert_int_eq(sscanf(hex + 2 * (size_t)i, "%2x", &byte), 1);
        add_byte(wire, byte);
    }
}

static void add_value(struct wire *wire, const char *key, const json_t *value)
{
    if (strcmp(key, "id") == 0)
        add_id(wire, json_string_value(value));
    else if (json_is_string(value))
        add_text(wire, json_string_value(value));
    else if (json_is_boolean(value))
        add_byte(wire, json_is_true(value) ? 0xc3 : 0xc2);
    else
        add_number(wire, json_integer_value(value));
}

/* The request, encoded here and not by the codec. */
static void build(struct wire *wire, json_t *request, const struct stand_in *stand_in)
{
    const char *key;
    json_t *value;
    const bool shorter = stand_in->key && !stand_in->bytes;
    wire->size = 0;
    add_byte(wire, 0x80 | (unsigned)(json_object_size(request) - shorter));
    json_object_foreach(request, key, value)
    {
        if (!stand_in->key || strcmp(key, stand_in->key) != 0) {
            add_text(wire, key);
            add_value(wire, key, value);
        } else if (stand_in->bytes) {
            add_text(wire, key);
            add(wire, stand_in->bytes, stand_in->size);
        }
    }
}

static enum role role_for(const json_t *request)
{
    enum operation operation;
    ck_assert_int_eq(
        operation_from_name(json_string_value(json_object_get(request, "op")), &operation), 0);
    if (operation_allowed(operation, ROLE_DRIVER))
        return ROLE_DRIVER;
    return operation_allowed(operation, ROLE_KEYPAD) ? ROLE_KEYPAD : ROLE_OPERATOR;
}

static enum outcome judge(json_t *json, const struct stand_in *stand_in, struct request *request,
                          const char **detail)
{
    struct wire wire;
    build(&wire, json, stand_in);
    unsigned char *copy = malloc(wire.size); /* exact, for the sanitizer */
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, wire.bytes, wire.size);
    const enum outcome outcome =
        codec_decode_request(copy, wire.size, role_for(json), request, detail);
    free(copy);
    return outcome;
}

typedef void (*request_visitor)(const char *name, json_t *request);

static void each_request(request_visitor visit)
{
    size_t count;
    const struct golden *golden = golden_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(golden[i].kind, "request") != 0)
            continue;
        json_t *request = json_loads(golden[i].json, 0, NULL);
        ck_assert_msg(request != NULL, "%s", golden[i].json);
        visit(golden[i].name, request);
        json_decref(request);
    }
}

/* ---- what is there ------------------------------------------------------------------------ */

/* Whether the request's field for this key says what the page says. */
static bool says(const struct request *request, const char *key, const json_t *value)
{
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    if (strcmp(key, "op") == 0)
        return strcmp(operation_name(request->operation), text) == 0;
    if (strcmp(key, "id") == 0) {
        struct wire wire = {.size = 0};
        add_id(&wire, text);
        return request->has_id && memcmp(wire.bytes + 2, request->id, REQUEST_ID_SIZE) == 0;
    }
    if (strcmp(key, "size") == 0)
        return request->has_size && strcmp(size_name(request->size), text) == 0;
    if (strcmp(key, "code") == 0)
        return strcmp(request->code, text) == 0;
    if (strcmp(key, "compartment") == 0 || strcmp(key, "after") == 0)
        return request->has_compartment && strcmp(request->compartment, text) == 0;
    if (strcmp(key, "reason") == 0 && request->operation == OP_SERVICE)
        return request->has_service_reason && strcmp(request->service_reason, text) == 0;
    if (strcmp(key, "reason") == 0)
        return strcmp(cancel_reason_name(request->reason), text) == 0;
    if (strcmp(key, "in_service") == 0)
        return request->in_service == json_is_true(value);
    if (strcmp(key, "accept") == 0)
        return request->accept == json_is_true(value);
    if (strcmp(key, "by_ms") == 0)
        return request->by_ms == json_integer_value(value);
    return strcmp(key, "limit") == 0 && request->limit == json_integer_value(value);
}

static void check_fields(const char *name, json_t *json)
{
    const char *key;
    const char *detail;
    json_t *value;
    const struct golden *golden = golden_get("request", name);
    struct request request;
    ck_assert_int_eq(
        codec_decode_request(golden->bytes, golden->size, role_for(json), &request, &detail),
        OUTCOME_OK);
    json_object_foreach(json, key, value)
        ck_assert_msg(says(&request, key, value), "%s: %s", name, key);
    ck_assert_int_eq(request.has_id, json_object_get(json, "id") != NULL);
    ck_assert_int_eq(request.has_size, json_object_get(json, "size") != NULL);
    ck_assert_int_eq(request.has_compartment, json_object_get(json, "compartment") != NULL ||
                                                  json_object_get(json, "after") != NULL);
    if (!json_object_get(json, "limit"))
        ck_assert_uint_eq(request.limit, PAGE_LIMIT_DEFAULT);
}

START_TEST(test_each_golden_request_says_what_stands_beside_it)
{
    each_request(check_fields);
}
END_TEST

/* ---- what is missing ---------------------------------------------------------------------- */

static bool is_optional(const json_t *request, const char *key)
{
    const char *op = json_string_value(json_object_get(request, "op"));
    if (strcmp(key, "id") == 0 || strcmp(key, "reason") == 0 || strcmp(key, "after") == 0 ||
        strcmp(key, "limit") == 0 || strcmp(key, "accept") == 0)
        return true;
    return (strcmp(key, "size") == 0 && strcmp(op, "cancel") == 0) ||
           (strcmp(key, "compartment") == 0 && strcmp(op, "history") == 0);
}

static void check_without_each_key(const char *name, json_t *json)
{
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        struct request request;
        const char *detail;
        char expected[64];
        const enum outcome outcome = judge(json, &(struct stand_in){.key = key}, &request, &detail);
        if (is_optional(json, key)) {
            ck_assert_msg(outcome == OUTCOME_OK, "%s without %s", name, key);
            continue;
        }
        ck_assert_msg(outcome == OUTCOME_INVALID_REQUEST, "%s without %s", name, key);
        snprintf(expected, sizeof expected, "the key \"%s\" is missing", key);
        ck_assert_str_eq(detail, expected);
    }
}

START_TEST(test_a_missing_key_is_named)
{
    each_request(check_without_each_key);
}
END_TEST

START_TEST(test_what_is_left_out_has_its_default)
{
    struct request request;
    const char *detail;
    json_t *json = json_loads("{\"op\":\"cancel\",\"code\":\"042917\"}", 0, NULL);
    ck_assert_int_eq(judge(json, &(struct stand_in){0}, &request, &detail), OUTCOME_OK);
    ck_assert(!request.has_id && !request.has_size);
    ck_assert_int_eq(request.reason, CANCEL_OTHER);
    json_decref(json);
    json = json_loads("{\"op\":\"clock\"}", 0, NULL);
    ck_assert_int_eq(judge(json, &(struct stand_in){0}, &request, &detail), OUTCOME_OK);
    ck_assert(!request.accept); /* it only asks */
    json_decref(json);
}
END_TEST

/* ---- what is wrong ------------------------------------------------------------------------ */

#define BYTES(literal) literal, sizeof literal - 1

static const struct {
    char type; /* of a key that may be so: s, i, b, x (binary); or none */
    const char *bytes;
    size_t size;
} values[] = {
    {'-', BYTES("\xc0")},                     /* nil */
    {'b', BYTES("\xc2")},                     /* false */
    {'b', BYTES("\xc3")},                     /* true */
    {'i', BYTES("\x01")},                     /* fixint */
    {'i', BYTES("\xff")},                     /* negative fixint */
    {'i', BYTES("\xcf\0\0\0\0\0\0\0\x01")},   /* uint64 */
    {'i', BYTES("\xd3\0\0\0\0\0\0\0\x01")},   /* int64 */
    {'-', BYTES("\xca\x3f\x80\0\0")},         /* float32 */
    {'-', BYTES("\xcb\x3f\xf0\0\0\0\0\0\0")}, /* float64 */
    {'s', BYTES("\xa1"
                "A")},
    {'s', BYTES("\xd9\x01"
                "A")},
    {'x', BYTES("\xc4\x01"
                "A")},
    {'-', BYTES("\x90")},             /* array */
    {'-', BYTES("\x91\xc0")},         /* array of nil */
    {'-', BYTES("\x80")},             /* map */
    {'-', BYTES("\xd4\x01\x01")},     /* ext */
    {'-', BYTES("\xc7\x01\x01\x01")}, /* ext8 */
    {'-', BYTES("\xc1")},             /* never used */
};

#define VALUE_COUNT (sizeof values / sizeof values[0])

static char type_of(const char *key, const json_t *value)
{
    if (strcmp(key, "id") == 0)
        return 'x';
    if (json_is_string(value))
        return 's';
    return json_is_boolean(value) ? 'b' : 'i';
}

static void check_wrong_types(const char *name, json_t *json)
{
    const char *key;
    json_t *value;
    json_object_set_new(json, "v", json_integer(1)); /* may stand in any */
    json_object_foreach(json, key, value)
    {
        for (size_t i = 0; i < VALUE_COUNT; i++) {
            struct request request;
            const char *detail;
            const struct stand_in stand_in = {key, values[i].bytes, values[i].size};
            if (values[i].type == type_of(key, value))
                continue;
            ck_assert_msg(judge(json, &stand_in, &request, &detail) == OUTCOME_INVALID_REQUEST,
                          "%s with %s of kind %zu", name, key, i);
            ck_assert_ptr_nonnull(detail);
        }
    }
}

START_TEST(test_no_key_of_any_operation_takes_another_type)
{
    each_request(check_wrong_types);
}
END_TEST

static const char *const all_keys[] = {"size",   "code",  "reason",     "compartment",
                                       "after",  "limit", "in_service", "by_ms",
                                       "accept", "v2",    "Op",         ""};

static bool takes(const char *op, const char *key)
{
    const bool page = strcmp(op, "history") == 0 || strcmp(op, "compartments") == 0;
    if (strcmp(op, "cancel") == 0)
        return strcmp(key, "size") == 0 || strcmp(key, "reason") == 0;
    if (strcmp(op, "history") == 0 && strcmp(key, "compartment") == 0)
        return true;
    if (strcmp(op, "compartments") == 0 && strcmp(key, "after") == 0)
        return true;
    return (page && strcmp(key, "limit") == 0) ||
           (strcmp(op, "service") == 0 && strcmp(key, "reason") == 0) ||
           (strcmp(op, "clock") == 0 && strcmp(key, "accept") == 0);
}

static void check_foreign_keys(const char *name, json_t *json)
{
    const char *op = json_string_value(json_object_get(json, "op"));
    for (size_t i = 0; i < sizeof all_keys / sizeof all_keys[0]; i++) {
        struct request request;
        const char *detail;
        if (json_object_get(json, all_keys[i]) || takes(op, all_keys[i]))
            continue;
        json_object_set_new(json, all_keys[i], json_integer(1));
        ck_assert_msg(judge(json, &(struct stand_in){0}, &request, &detail) ==
                          OUTCOME_INVALID_REQUEST,
                      "%s with %s", name, all_keys[i]);
        json_object_del(json, all_keys[i]);
    }
}

START_TEST(test_no_operation_takes_anothers_key)
{
    each_request(check_foreign_keys);
}
END_TEST

START_TEST(test_a_compartment_id_is_kept_only_when_it_can_be_one)
{
    static const char *const texts[][2] = {
        {"A", "A"},    {"123456789012345", "123456789012345"},
        {"", ""},      {"1234567890123456", ""},
        {"A B", ""},   {"\xe2\x82\xac", ""},
        {"A\x7f", ""}, {"~!", "~!"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct request request;
        const char *detail;
        json_t *json = json_pack("{ssss}", "op", "collect", "compartment", texts[i][0]);
        ck_assert_int_eq(judge(json, &(struct stand_in){0}, &request, &detail), OUTCOME_OK);
        ck_assert(request.has_compartment);
        ck_assert_str_eq(request.compartment, texts[i][1]);
        json_decref(json);
    }
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("request keys", &tests);
    tcase_add_test(tests, test_each_golden_request_says_what_stands_beside_it);
    tcase_add_test(tests, test_a_missing_key_is_named);
    tcase_add_test(tests, test_what_is_left_out_has_its_default);
    tcase_add_test(tests, test_no_key_of_any_operation_takes_another_type);
    tcase_add_test(tests, test_no_operation_takes_anothers_key);
    tcase_add_test(tests, test_a_compartment_id_is_kept_only_when_it_can_be_one);
    return harness_run(suite);
}
