/*
 * Requests: the golden bytes, and what is not quite one of them.
 */
#include "codec.h"
#include "exact_copy.h"
#include "golden.h"
#include "support/harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum role role_for(enum operation operation)
{
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        if (operation_allowed(operation, (enum role)role))
            return (enum role)role;
    }
    ck_abort_msg("no role may ask for %s", operation_name(operation));
}

/* The operation a golden request is named for: "cancel-exchange" is a cancel. */
static enum operation operation_of(const struct golden *golden)
{
    char name[32];
    enum operation operation;
    snprintf(name, sizeof name, "%s", golden->name);
    name[strcspn(name, "-")] = '\0';
    ck_assert_int_eq(operation_from_name(name, &operation), 0);
    return operation;
}

typedef void (*golden_visitor)(const struct golden *golden, enum role role);

static void each_request(golden_visitor visit)
{
    size_t count;
    const struct golden *golden = golden_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(golden[i].kind, "request") == 0)
            visit(&golden[i], role_for(operation_of(&golden[i])));
    }
}

static void check_round_trip(const struct golden *golden, enum role role)
{
    struct request request;
    struct buffer buffer = {0};
    ck_assert_msg(decode_exact_copy(golden->bytes, golden->size, role, &request) == OUTCOME_OK,
                  "%s", golden->name);
    ck_assert_int_eq(request.operation, operation_of(golden));
    if (!strstr(golden->json, "limit"))
        request.limit = 0; /* the default is not written */
    ck_assert_int_eq(codec_encode_request(&request, &buffer), 0);
    ck_assert_uint_eq(buffer.used, golden->size);
    ck_assert_mem_eq(buffer.data, golden->bytes, golden->size);
    buffer_free(&buffer);
}

START_TEST(test_golden_requests_decode_and_encode_to_the_same_bytes)
{
    each_request(check_round_trip);
}
END_TEST

START_TEST(test_every_operation_has_a_golden_request)
{
    for (unsigned i = 0; i < OPERATION_COUNT; i++)
        golden_get("request", operation_name((enum operation)i));
}
END_TEST

START_TEST(test_golden_fields_are_what_the_page_says)
{
    struct request request;
    const struct golden *golden = golden_get("request", "cancel-exchange");
    ck_assert_int_eq(decode_exact_copy(golden->bytes, golden->size, ROLE_DRIVER, &request),
                     OUTCOME_OK);
    ck_assert(request.has_id);
    ck_assert_uint_eq(request.id[0], 0x10);
    ck_assert_uint_eq(request.id[15], 0x1f);
    ck_assert_str_eq(request.code, "042917");
    ck_assert_int_eq(request.reason, CANCEL_DOES_NOT_FIT);
    ck_assert(request.has_size);
    ck_assert_int_eq(request.size, SIZE_LARGE);
    golden = golden_get("request", "service");
    ck_assert_int_eq(decode_exact_copy(golden->bytes, golden->size, ROLE_OPERATOR, &request),
                     OUTCOME_OK);
    ck_assert_str_eq(request.compartment, "M02");
    ck_assert(!request.in_service);
    ck_assert_str_eq(request.service_reason, "door jammed");
    golden = golden_get("request", "extend");
    ck_assert_int_eq(decode_exact_copy(golden->bytes, golden->size, ROLE_OPERATOR, &request),
                     OUTCOME_OK);
    ck_assert_int_eq(request.by_ms, 86400000);
}
END_TEST

static void check_truncations(const struct golden *golden, enum role role)
{
    struct request request;
    for (size_t size = 0; size < golden->size; size++)
        ck_assert_int_eq(decode_exact_copy(golden->bytes, size, role, &request),
                         OUTCOME_INVALID_REQUEST);
}

START_TEST(test_every_truncation_is_invalid)
{
    each_request(check_truncations);
}
END_TEST

static void check_bit_flips(const struct golden *golden, enum role role)
{
    struct request request;
    unsigned char *bytes = malloc(golden->size);
    for (size_t bit = 0; bit < golden->size * 8; bit++) {
        memcpy(bytes, golden->bytes, golden->size);
        bytes[bit / 8] ^= (unsigned char)(1U << (bit % 8));
        const enum outcome outcome = decode_exact_copy(bytes, golden->size, role, &request);
        if (outcome != OUTCOME_OK)
            continue;
        /* What still is a request is one that can be written, and read back the same. */
        struct buffer buffer = {0};
        struct request again;
        ck_assert(memchr(request.code, '\0', sizeof request.code));
        ck_assert(memchr(request.compartment, '\0', sizeof request.compartment));
        ck_assert_int_eq(codec_encode_request(&request, &buffer), 0);
        ck_assert_int_eq(decode_exact_copy(buffer.data, buffer.used, role, &again), OUTCOME_OK);
        ck_assert_int_eq(again.operation, request.operation);
        ck_assert_str_eq(again.code, request.code);
        buffer_free(&buffer);
    }
    free(bytes);
}

START_TEST(test_every_flipped_bit_gives_a_defined_answer)
{
    each_request(check_bit_flips);
}
END_TEST

static void check_trailing_byte(const struct golden *golden, enum role role)
{
    struct request request;
    unsigned char *bytes = malloc(golden->size + 1);
    memcpy(bytes, golden->bytes, golden->size);
    for (unsigned last = 0; last < 256; last++) {
        bytes[golden->size] = (unsigned char)last;
        ck_assert_int_eq(decode_exact_copy(bytes, golden->size + 1, role, &request),
                         OUTCOME_INVALID_REQUEST);
    }
    free(bytes);
}

START_TEST(test_a_byte_behind_the_map_is_invalid)
{
    each_request(check_trailing_byte);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("requests", &tests);
    tcase_add_test(tests, test_golden_requests_decode_and_encode_to_the_same_bytes);
    tcase_add_test(tests, test_every_operation_has_a_golden_request);
    tcase_add_test(tests, test_golden_fields_are_what_the_page_says);
    tcase_add_test(tests, test_every_truncation_is_invalid);
    tcase_add_test(tests, test_every_flipped_bit_gives_a_defined_answer);
    tcase_add_test(tests, test_a_byte_behind_the_map_is_invalid);
    return harness_run(suite);
}
