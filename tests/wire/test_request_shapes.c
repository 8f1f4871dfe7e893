/*
 * The shape of a request: everything that is no request, by name.
 */
#include "codec.h"
#include "exact_copy.h"
#include "support/harness.h"

#include <check.h>
#include <string.h>

/* Bytes as a string literal, so that a case reads as what it is. */
struct wire_case {
    const char *what;
    enum role role;
    const char *bytes;
    size_t size;
    enum outcome outcome;
};

#define CASE(what, role, literal, outcome)                                                         \
    {                                                                                              \
        what, role, literal, sizeof literal - 1, outcome                                           \
    }
#define ID                                                                                         \
    "\xa2"                                                                                         \
    "id"                                                                                           \
    "\xc4\x10"                                                                                     \
    "0123456789abcdef"

static const struct wire_case cases[] = {
    CASE("no map", ROLE_DRIVER, "\x01", OUTCOME_INVALID_REQUEST),
    CASE("an empty map", ROLE_DRIVER, "\x80", OUTCOME_INVALID_REQUEST),
    CASE("an array", ROLE_DRIVER, "\x92\xa2op\xa4ping", OUTCOME_INVALID_REQUEST),
    CASE("no op", ROLE_DRIVER, "\x81\xa1v\x01", OUTCOME_INVALID_REQUEST),
    CASE("op is no string", ROLE_DRIVER, "\x81\xa2op\x01", OUTCOME_INVALID_REQUEST),
    CASE("op is binary", ROLE_DRIVER, "\x81\xa2op\xc4\x04ping", OUTCOME_INVALID_REQUEST),
    CASE("v 1", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa1v\x01", OUTCOME_OK),
    CASE("v 1 as int64", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa1v\xd3\0\0\0\0\0\0\0\x01", OUTCOME_OK),
    CASE("v 2", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa1v\x02", OUTCOME_UNSUPPORTED_VERSION),
    CASE("v 2 with a key of the future", ROLE_DRIVER, "\x83\xa2op\xa4ping\xa1v\x02\xa3new\xc3",
         OUTCOME_UNSUPPORTED_VERSION),
    CASE("v 2^63", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa1v\xcf\x80\0\0\0\0\0\0\0",
         OUTCOME_UNSUPPORTED_VERSION),
    CASE("v 2^64 - 1", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa1v\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
         OUTCOME_UNSUPPORTED_VERSION),
    CASE("v -1", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa1v\xff", OUTCOME_UNSUPPORTED_VERSION),
    CASE("v is no int", ROLE_DRIVER,
         "\x82\xa2op\xa4ping\xa1v\xa1"
         "1",
         OUTCOME_INVALID_REQUEST),
    CASE("v is a float", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa1v\xca\x3f\x80\0\0",
         OUTCOME_INVALID_REQUEST),
    CASE("an unknown op", ROLE_DRIVER, "\x81\xa2op\xa4pong", OUTCOME_UNKNOWN_OP),
    CASE("an op in capitals", ROLE_DRIVER, "\x81\xa2op\xa4PING", OUTCOME_UNKNOWN_OP),
    CASE("an empty op", ROLE_DRIVER, "\x81\xa2op\xa0", OUTCOME_UNKNOWN_OP),
    CASE("a driver's op at the keypad", ROLE_KEYPAD,
         "\x82\xa2op\xa7"
         "deposit\xa4size\xa5small",
         OUTCOME_NOT_ALLOWED),
    CASE("the keypad's op at the driver", ROLE_DRIVER,
         "\x82\xa2op\xa6pickup\xa4"
         "code\xa6"
         "123456",
         OUTCOME_NOT_ALLOWED),
    CASE("a repeated key", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa2op\xa4ping",
         OUTCOME_INVALID_REQUEST),
    CASE("a repeated key, encoded otherwise", ROLE_DRIVER, "\x82\xa2op\xa4ping\xd9\x02op\xa4ping",
         OUTCOME_INVALID_REQUEST),
    CASE("an unknown key", ROLE_DRIVER,
         "\x82\xa2op\xa4ping\xa3"
         "abc\xc3",
         OUTCOME_INVALID_REQUEST),
    CASE("another op's key", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa4size\xa5small",
         OUTCOME_INVALID_REQUEST),
    CASE("a key that is a number", ROLE_DRIVER, "\x82\xa2op\xa4ping\x01\x02",
         OUTCOME_INVALID_REQUEST),
    CASE("a nested map", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa2id\x80", OUTCOME_INVALID_REQUEST),
    CASE("a nested array", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa2id\x90", OUTCOME_INVALID_REQUEST),
    CASE("an extension", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa2id\xd4\x01\x01",
         OUTCOME_INVALID_REQUEST),
    CASE("an id", ROLE_DRIVER, "\x82\xa2op\xa4ping" ID, OUTCOME_OK),
    CASE("an id of 15 bytes", ROLE_DRIVER,
         "\x82\xa2op\xa4ping\xa2id\xc4\x0f"
         "0123456789abcde",
         OUTCOME_INVALID_REQUEST),
    CASE("an id of 17 bytes", ROLE_DRIVER,
         "\x82\xa2op\xa4ping\xa2id\xc4\x11"
         "0123456789abcdefg",
         OUTCOME_INVALID_REQUEST),
    CASE("an id that is a string", ROLE_DRIVER,
         "\x82\xa2op\xa4ping\xa2id\xb0"
         "0123456789abcdef",
         OUTCOME_INVALID_REQUEST),
    CASE("an id that is nil", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa2id\xc0", OUTCOME_INVALID_REQUEST),
    CASE("bad UTF-8", ROLE_DRIVER, "\x81\xa2op\xa4pin\xff", OUTCOME_INVALID_REQUEST),
    CASE("an overlong UTF-8 form", ROLE_DRIVER,
         "\x82\xa2op\xa7"
         "deposit\xa4size\xa2\xc0\xaf",
         OUTCOME_INVALID_REQUEST),
    CASE("a UTF-8 surrogate", ROLE_DRIVER,
         "\x82\xa2op\xa7"
         "deposit\xa4size\xa3\xed\xa0\x80",
         OUTCOME_INVALID_REQUEST),
    CASE("a NUL behind a size", ROLE_DRIVER,
         "\x82\xa2op\xa7"
         "deposit\xa4size\xa6small\0",
         OUTCOME_INVALID_SIZE),
    CASE("a NUL behind an op", ROLE_DRIVER, "\x81\xa2op\xa5ping\0", OUTCOME_UNKNOWN_OP),
    CASE("a NUL behind a key", ROLE_DRIVER, "\x81\xa3op\0\xa4ping", OUTCOME_INVALID_REQUEST),
    CASE("a NUL in a reason", ROLE_DRIVER,
         "\x83\xa2op\xa6"
         "cancel\xa4"
         "code\xa6"
         "123456\xa6reason\xa6other\0",
         OUTCOME_INVALID_REQUEST),
    CASE("a NUL in a reason of service", ROLE_OPERATOR,
         "\x84\xa2op\xa7service\xab"
         "compartment\xa1"
         "A\xaain_service\xc2\xa6reason\xa2"
         "a\0",
         OUTCOME_INVALID_REQUEST),
    CASE("deposit without size", ROLE_DRIVER,
         "\x81\xa2op\xa7"
         "deposit",
         OUTCOME_INVALID_REQUEST),
    CASE("deposit of a number", ROLE_DRIVER,
         "\x82\xa2op\xa7"
         "deposit\xa4size\x01",
         OUTCOME_INVALID_REQUEST),
    CASE("deposit of a strange size", ROLE_DRIVER,
         "\x82\xa2op\xa7"
         "deposit\xa4size\xa4huge",
         OUTCOME_INVALID_SIZE),
    CASE("deposit of size Small", ROLE_DRIVER,
         "\x82\xa2op\xa7"
         "deposit\xa4size\xa5Small",
         OUTCOME_INVALID_SIZE),
    CASE("a strange size and an unknown key", ROLE_DRIVER,
         "\x83\xa2op\xa7"
         "deposit\xa4size\xa4huge\xa1x\x01",
         OUTCOME_INVALID_REQUEST),
    CASE("a size of valid UTF-8", ROLE_DRIVER,
         "\x82\xa2op\xa7"
         "deposit\xa4size\xa3\xe2\x82\xac",
         OUTCOME_INVALID_SIZE),
    CASE("pickup without code", ROLE_KEYPAD, "\x81\xa2op\xa6pickup", OUTCOME_INVALID_REQUEST),
    CASE("pickup of a number", ROLE_KEYPAD,
         "\x82\xa2op\xa6pickup\xa4"
         "code\xce\0\x01\xe2\x40",
         OUTCOME_INVALID_REQUEST),
    CASE("pickup of an empty code", ROLE_KEYPAD,
         "\x82\xa2op\xa6pickup\xa4"
         "code\xa0",
         OUTCOME_OK),
    CASE("cancel for a strange reason", ROLE_DRIVER,
         "\x83\xa2op\xa6"
         "cancel\xa4"
         "code\xa6"
         "123456\xa6reason\xa3why",
         OUTCOME_INVALID_REQUEST),
    CASE("service without in_service", ROLE_OPERATOR,
         "\x82\xa2op\xa7service\xab"
         "compartment\xa1"
         "A",
         OUTCOME_INVALID_REQUEST),
    CASE("service with in_service 1", ROLE_OPERATOR,
         "\x83\xa2op\xa7service\xab"
         "compartment\xa1"
         "A\xaain_service\x01",
         OUTCOME_INVALID_REQUEST),
    CASE("service for a reason of 31", ROLE_OPERATOR,
         "\x84\xa2op\xa7service\xab"
         "compartment\xa1"
         "A\xaain_service\xc2\xa6reason"
         "\xbf"
         "1234567890123456789012345678901",
         OUTCOME_OK),
    CASE("service for a reason of 32", ROLE_OPERATOR,
         "\x84\xa2op\xa7service\xab"
         "compartment\xa1"
         "A\xaain_service\xc2\xa6reason"
         "\xd9\x20"
         "12345678901234567890123456789012",
         OUTCOME_INVALID_REQUEST),
    CASE("service for a reason with a tab", ROLE_OPERATOR,
         "\x84\xa2op\xa7service\xab"
         "compartment\xa1"
         "A\xaain_service\xc2\xa6reason\xa1\t",
         OUTCOME_INVALID_REQUEST),
    CASE("extend by 0", ROLE_OPERATOR,
         "\x83\xa2op\xa6"
         "extend\xab"
         "compartment\xa1"
         "A\xa5"
         "by_ms\0",
         OUTCOME_INVALID_REQUEST),
    CASE("extend by -1", ROLE_OPERATOR,
         "\x83\xa2op\xa6"
         "extend\xab"
         "compartment\xa1"
         "A\xa5"
         "by_ms\xff",
         OUTCOME_INVALID_REQUEST),
    CASE("extend by more than int64", ROLE_OPERATOR,
         "\x83\xa2op\xa6"
         "extend\xab"
         "compartment\xa1"
         "A\xa5"
         "by_ms\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
         OUTCOME_INVALID_REQUEST),
    CASE("extend by a century", ROLE_OPERATOR,
         "\x83\xa2op\xa6"
         "extend\xab"
         "compartment\xa1"
         "A\xa5"
         "by_ms\xcf\x7f\xff\xff\xff\xff\xff\xff\xff",
         OUTCOME_INVALID_REQUEST),
    CASE("limit 0", ROLE_OPERATOR, "\x82\xa2op\xa7history\xa5limit\0", OUTCOME_INVALID_REQUEST),
    CASE("limit 1024", ROLE_OPERATOR, "\x82\xa2op\xa7history\xa5limit\xcd\x04\0", OUTCOME_OK),
    CASE("limit 1025", ROLE_OPERATOR, "\x82\xa2op\xa7history\xa5limit\xcd\x04\x01",
         OUTCOME_INVALID_REQUEST),
    CASE("clock without accept", ROLE_OPERATOR,
         "\x81\xa2op\xa5"
         "clock",
         OUTCOME_OK),
    CASE("clock with accept nil", ROLE_OPERATOR,
         "\x82\xa2op\xa5"
         "clock\xa6"
         "accept\xc0",
         OUTCOME_INVALID_REQUEST),
    CASE("a map that claims 4 billion pairs", ROLE_DRIVER, "\xdf\xff\xff\xff\xff\xa2op\xa4ping",
         OUTCOME_INVALID_REQUEST),
    CASE("a string that claims 4 GiB", ROLE_DRIVER,
         "\x81\xa2op\xdb\xff\xff\xff\xff"
         "ping",
         OUTCOME_INVALID_REQUEST),
    CASE("binary that claims 4 GiB", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa2id\xc6\xff\xff\xff\xff",
         OUTCOME_INVALID_REQUEST),
    CASE("an array that claims 4 billion items", ROLE_DRIVER,
         "\x82\xa2op\xa4ping\xa2id\xdd\xff\xff\xff\xff", OUTCOME_INVALID_REQUEST),
    CASE("a byte that msgpack never uses", ROLE_DRIVER, "\x82\xa2op\xa4ping\xa2id\xc1",
         OUTCOME_INVALID_REQUEST),
};

START_TEST(test_what_is_no_request_is_named)
{
    const struct wire_case *c = &cases[_i];
    struct request request;
    ck_assert_msg(decode_exact_copy(c->bytes, c->size, c->role, &request) == c->outcome, "%s",
                  c->what);
}
END_TEST

START_TEST(test_longest_request_is_4096_bytes)
{
    /* A pickup whose code is long enough that the whole has exactly the limit's size. */
    static const char head[] = "\x82\xa2op\xa6pickup\xa4"
                               "code\xda";
    const size_t head_size = sizeof head - 1 + 2; /* and the string's length */
    unsigned char bytes[REQUEST_BYTES_MAX + 1];
    struct request request;
    const char *detail;
    memset(bytes, 'a', sizeof bytes);
    memcpy(bytes, head, sizeof head - 1);
    for (size_t over = 0; over < 2; over++) {
        const size_t text = REQUEST_BYTES_MAX + over - head_size;
        bytes[head_size - 2] = (unsigned char)(text >> 8);
        bytes[head_size - 1] = (unsigned char)text;
        const enum outcome outcome =
            codec_decode_request(bytes, REQUEST_BYTES_MAX + over, ROLE_KEYPAD, &request, &detail);
        ck_assert_int_eq(outcome, over ? OUTCOME_INVALID_REQUEST : OUTCOME_OK);
    }
    ck_assert_ptr_nonnull(strstr(detail, "4096"));
}
END_TEST

START_TEST(test_seventeen_keys_are_too_many)
{
    unsigned char bytes[128] = "\xde\0\x11";
    struct request request;
    size_t size = 3;
    for (unsigned i = 0; i < 17; i++) {
        bytes[size++] = 0xa1;
        bytes[size++] = (unsigned char)('a' + i);
        bytes[size++] = 0xc0;
    }
    ck_assert_int_eq(decode_exact_copy(bytes, size, ROLE_DRIVER, &request),
                     OUTCOME_INVALID_REQUEST);
}
END_TEST

START_TEST(test_a_code_is_kept_only_when_it_can_be_one)
{
    static const struct {
        const char *text;
        size_t length;
        const char *kept;
    } texts[] = {
        {"123456", 6, "123456"}, {"000000", 6, "000000"},   {"123456789012", 12, "123456789012"},
        {"12345", 5, ""},        {"1234567890123", 13, ""}, {"12345a", 6, ""},
        {"123-456", 7, ""},      {" 123456", 7, ""},        {"\xd9\xa1\xd9\xa2\xd9\xa3", 6, ""},
        {"123456\0", 7, ""}, /* U+0000 is text, and no digit */
        {"\000123456", 7, ""},   {"\0\0\0\0\0\0", 6, ""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct request request;
        unsigned char bytes[64];
        static const char head[] = "\x82\xa2op\xa6pickup\xa4"
                                   "code";
        size_t size = sizeof head - 1;
        memcpy(bytes, head, size);
        bytes[size++] = (unsigned char)(0xa0 | texts[i].length);
        memcpy(bytes + size, texts[i].text, texts[i].length);
        size += texts[i].length;
        ck_assert_int_eq(decode_exact_copy(bytes, size, ROLE_KEYPAD, &request), OUTCOME_OK);
        ck_assert_str_eq(request.code, texts[i].kept);
    }
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("request_shapes", &tests);
    tcase_add_loop_test(tests, test_what_is_no_request_is_named, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tests, test_longest_request_is_4096_bytes);
    tcase_add_test(tests, test_seventeen_keys_are_too_many);
    tcase_add_test(tests, test_a_code_is_kept_only_when_it_can_be_one);
    return harness_run(suite);
}
