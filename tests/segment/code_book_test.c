/*
 * Codes: uniform, derivable again, and known outside only by their hashes.
 */
#include "code_book.h"
#include "harness.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static struct station_keys keys;

static void setup(void)
{
    uint8_t key[STATION_KEY_SIZE];
    ck_assert_int_ge(sodium_init(), 0);
    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    station_keys_derive(key, &keys);
}

/* ---- the forms that ledgers hold --------------------------------------------------------- */

/* Computed apart from this program: SipHash-2-4 by its paper, BLAKE2b with Python's hashlib. */
static const struct golden {
    uint64_t nonce;
    unsigned digits;
    const char *code;
    uint64_t hash;
} goldens[] = {
    {1, 6, "056559", UINT64_C(0x8c3a3af3216dbc38)},
    {UINT64_C(0x123456789abcdef0), 9, "865101651", UINT64_C(0x37e9f74470683c38)},
    {UINT64_MAX, 12, "162723655123", UINT64_C(0x8599c1917d6f4488)},
};

START_TEST(test_codes_and_hashes_are_what_they_have_always_been)
{
    const struct golden *golden = &goldens[_i];
    char code[CODE_SIZE];
    code_book_derive(&keys, golden->nonce, golden->digits, code);
    ck_assert_str_eq(code, golden->code);
    ck_assert_uint_eq(code_book_hash(&keys, code), golden->hash);
}
END_TEST

START_TEST(test_keys_of_requests_are_what_they_have_always_been)
{
    uint8_t id[REQUEST_ID_SIZE];
    uint64_t key[2];
    for (unsigned i = 0; i < sizeof id; i++)
        id[i] = (uint8_t)(0xa0 + i);
    code_book_request_key(&keys, id, key);
    ck_assert_uint_eq(key[0], UINT64_C(0xcc77b9c02d7c68e6));
    ck_assert_uint_eq(key[1], UINT64_C(0xa00548629e3f26bd));
    const struct request pickup = {.operation = OP_PICKUP, .code = "012345"};
    ck_assert_uint_eq(code_book_fingerprint(&keys, &pickup), UINT64_C(0xe988268b24e95b20));
    const struct request extend = {
        .operation = OP_EXTEND, .has_compartment = true, .compartment = "S01", .by_ms = 1000};
    ck_assert_uint_eq(code_book_fingerprint(&keys, &extend), UINT64_C(0xcaa712cc078d0f4a));
}
END_TEST

/* ---- drawing ----------------------------------------------------------------------------- */

START_TEST(test_a_code_has_the_digits_asked_for)
{
    char code[CODE_SIZE];
    for (unsigned digits = CODE_DIGITS_MIN; digits <= CODE_DIGITS_MAX; digits++) {
        for (uint64_t nonce = 0; nonce < 1000; nonce++) {
            memset(code, 'x', sizeof code);
            code_book_derive(&keys, nonce, digits, code);
            ck_assert_uint_eq(strlen(code), digits);
            ck_assert_uint_eq(strspn(code, "0123456789"), digits);
        }
    }
}
END_TEST

START_TEST(test_a_code_can_begin_with_zeros)
{
    char code[CODE_SIZE];
    code_book_derive(&keys, 508, 6, code);
    ck_assert_str_eq(code, "004473");
}
END_TEST

START_TEST(test_a_drawn_code_can_be_derived_again)
{
    char code[CODE_SIZE];
    for (unsigned digits = CODE_DIGITS_MIN; digits <= CODE_DIGITS_MAX; digits++) {
        struct code_offer offer;
        char drawn[CODE_SIZE];
        code_book_draw(&keys, digits, &offer, drawn);
        ck_assert_uint_eq(offer.digits, digits);
        code_book_derive(&keys, offer.nonce, digits, code);
        ck_assert_str_eq(code, drawn);
        ck_assert_uint_eq(code_book_hash(&keys, code), offer.hash);
        ck_assert_uint_ne(offer.hash, 0);
    }
}
END_TEST

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(test_no_nonce_is_drawn_twice)
{
    static uint64_t nonces[3000]; /* more than are fetched at a time */
    const size_t count = sizeof nonces / sizeof nonces[0];
    for (size_t i = 0; i < count; i++) {
        struct code_offer offer;
        char code[CODE_SIZE];
        code_book_draw(&keys, 6, &offer, code);
        nonces[i] = offer.nonce;
    }
    qsort(nonces, count, sizeof nonces[0], compare_numbers);
    ck_assert_uint_ne(nonces[0], 0); /* what is left of a nonce once it was used */
    for (size_t i = 1; i < count; i++)
        ck_assert_uint_ne(nonces[i - 1], nonces[i]);
}
END_TEST

/* Pearson's chi-square over equally likely bins. For f = bins - 1 degrees of freedom its mean is f
 * and its variance 2f: with 1000 bins, 999 and 44.7. Five deviations either way: also too even
 * would be wrong. The key and the nonces are fixed, so this passes always or never. */
#define BINS    1000
#define SAMPLES 200000

static double chi_square(const unsigned *bins)
{
    const double expected = (double)SAMPLES / BINS;
    double sum = 0;
    for (unsigned i = 0; i < BINS; i++)
        sum += ((double)bins[i] - expected) * ((double)bins[i] - expected) / expected;
    return sum;
}

static unsigned three_digits(const char *code)
{
    return (unsigned)(code[0] - '0') * 100 + (unsigned)(code[1] - '0') * 10 +
           (unsigned)(code[2] - '0');
}

START_TEST(test_codes_are_uniform)
{
    static const unsigned lengths[] = {6, 7, 12};
    const unsigned digits = lengths[_i];
    unsigned first[BINS] = {0};
    unsigned last[BINS] = {0};
    for (uint64_t nonce = 0; nonce < SAMPLES; nonce++) {
        char code[CODE_SIZE];
        code_book_derive(&keys, nonce, digits, code);
        first[three_digits(code)]++;
        last[three_digits(code + digits - 3)]++;
    }
    ck_assert_double_gt(chi_square(first), 999 - 5 * 44.7);
    ck_assert_double_lt(chi_square(first), 999 + 5 * 44.7);
    ck_assert_double_gt(chi_square(last), 999 - 5 * 44.7);
    ck_assert_double_lt(chi_square(last), 999 + 5 * 44.7);
}
END_TEST

START_TEST(test_another_station_has_other_codes_and_hashes)
{
    const uint8_t other_key[STATION_KEY_SIZE] = {1};
    const uint8_t id[REQUEST_ID_SIZE] = {7};
    struct station_keys other;
    char codes[2][CODE_SIZE];
    uint64_t request_keys[2][2];
    station_keys_derive(other_key, &other);
    code_book_derive(&keys, 1, 12, codes[0]);
    code_book_derive(&other, 1, 12, codes[1]);
    ck_assert_str_ne(codes[0], codes[1]);
    ck_assert_uint_ne(code_book_hash(&keys, "123456"), code_book_hash(&other, "123456"));
    code_book_request_key(&keys, id, request_keys[0]);
    code_book_request_key(&other, id, request_keys[1]);
    ck_assert_mem_ne(request_keys[0], request_keys[1], sizeof request_keys[0]);
}
END_TEST

START_TEST(test_hashes_tell_codes_apart)
{
    ck_assert_uint_ne(code_book_hash(&keys, "123456"), code_book_hash(&keys, "123457"));
    ck_assert_uint_ne(code_book_hash(&keys, "012345"), code_book_hash(&keys, "12345"));
    ck_assert_uint_ne(code_book_hash(&keys, "123456"), code_book_hash(&keys, "1234560"));
}
END_TEST

/* ---- fingerprints ------------------------------------------------------------------------ */

/* Every field that some operation reads, changed in a copy. */
enum field {
    FIELD_SIZE = 1 << 0,
    FIELD_HAS_SIZE = 1 << 1,
    FIELD_CODE = 1 << 2,
    FIELD_REASON = 1 << 3,
    FIELD_COMPARTMENT = 1 << 4,
    FIELD_IN_SERVICE = 1 << 5,
    FIELD_SERVICE_REASON = 1 << 6,
    FIELD_HAS_SERVICE_REASON = 1 << 7,
    FIELD_BY_MS = 1 << 8,
    FIELD_ACCEPT = 1 << 9,
    FIELD_ID = 1 << 10,
    FIELD_LIMIT = 1 << 11,
    FIELD_END = 1 << 12,
};

static const struct request whole = {
    .has_id = true,
    .id = {1},
    .has_size = true,
    .size = SIZE_MEDIUM,
    .code = "012345",
    .reason = CANCEL_OCCUPIED,
    .has_compartment = true,
    .compartment = "S01",
    .in_service = true,
    .has_service_reason = true,
    .service_reason = "door jammed",
    .by_ms = 1000,
    .limit = 10,
};

static void change_field(struct request *request, unsigned field)
{
    request->size = field == FIELD_SIZE ? SIZE_LARGE : request->size;
    request->has_size = field == FIELD_HAS_SIZE ? false : request->has_size;
    request->code[5] = field == FIELD_CODE ? '6' : request->code[5];
    request->reason = field == FIELD_REASON ? CANCEL_OTHER : request->reason;
    request->compartment[2] = field == FIELD_COMPARTMENT ? '2' : request->compartment[2];
    request->in_service = field == FIELD_IN_SERVICE ? false : request->in_service;
    request->service_reason[0] = field == FIELD_SERVICE_REASON ? 'D' : request->service_reason[0];
    request->has_service_reason =
        field == FIELD_HAS_SERVICE_REASON ? false : request->has_service_reason;
    request->by_ms += field == FIELD_BY_MS;
    request->accept = field == FIELD_ACCEPT ? true : request->accept;
    request->id[0] = field == FIELD_ID ? 2 : request->id[0];
    request->limit += field == FIELD_LIMIT;
}

static const struct meaning {
    enum operation operation;
    unsigned fields;
} meanings[] = {
    {OP_DEPOSIT, FIELD_SIZE | FIELD_HAS_SIZE},
    {OP_PICKUP, FIELD_CODE},
    {OP_CANCEL, FIELD_CODE | FIELD_REASON | FIELD_SIZE | FIELD_HAS_SIZE},
    {OP_COLLECT, FIELD_COMPARTMENT},
    {OP_SERVICE,
     FIELD_COMPARTMENT | FIELD_IN_SERVICE | FIELD_SERVICE_REASON | FIELD_HAS_SERVICE_REASON},
    {OP_RELEASE, FIELD_COMPARTMENT},
    {OP_REISSUE, FIELD_COMPARTMENT},
    {OP_EXTEND, FIELD_COMPARTMENT | FIELD_BY_MS},
    {OP_SWEEP, 0},
    {OP_CLOCK, FIELD_ACCEPT},
};

START_TEST(test_a_fingerprint_is_of_what_the_operation_reads)
{
    const struct meaning *meaning = &meanings[_i];
    struct request request = whole;
    request.operation = meaning->operation;
    const uint64_t fingerprint = code_book_fingerprint(&keys, &request);
    for (unsigned field = 1; field < FIELD_END; field <<= 1) {
        struct request changed = request;
        change_field(&changed, field);
        const bool same = code_book_fingerprint(&keys, &changed) == fingerprint;
        ck_assert_msg(same == ((meaning->fields & field) == 0), "%s, field %x",
                      operation_name(meaning->operation), field);
    }
}
END_TEST

START_TEST(test_a_fingerprint_tells_operations_apart)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        for (size_t j = 0; j < i; j++) {
            struct request a = whole;
            struct request b = whole;
            a.operation = meanings[i].operation;
            b.operation = meanings[j].operation;
            ck_assert_uint_ne(code_book_fingerprint(&keys, &a), code_book_fingerprint(&keys, &b));
        }
    }
}
END_TEST

/* What stands in two texts one behind the other is not what stands in one. */
START_TEST(test_a_fingerprint_knows_where_a_text_ends)
{
    struct request a = {.operation = OP_SERVICE, .has_compartment = true, .compartment = "S01"};
    struct request b = a;
    a.has_service_reason = b.has_service_reason = true;
    strcpy(a.service_reason, "dirty");
    strcpy(b.service_reason, "dirtyS");
    strcpy(b.compartment, "01");
    ck_assert_uint_ne(code_book_fingerprint(&keys, &a), code_book_fingerprint(&keys, &b));
    /* The longest of everything fits. */
    memset(a.service_reason, 'x', SERVICE_REASON_MAX);
    memset(a.compartment, 'x', COMPARTMENT_ID_MAX);
    ck_assert_uint_ne(code_book_fingerprint(&keys, &a), code_book_fingerprint(&keys, &b));
}
END_TEST

START_TEST(test_bytes_behind_a_texts_end_mean_nothing)
{
    struct request a = whole;
    struct request b = whole;
    a.operation = b.operation = OP_SERVICE;
    a.service_reason[SERVICE_REASON_MAX] = 'x';
    a.compartment[COMPARTMENT_ID_MAX] = 'x';
    ck_assert_uint_eq(code_book_fingerprint(&keys, &a), code_book_fingerprint(&keys, &b));
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("code_book", &tests);
    tcase_add_unchecked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, test_codes_and_hashes_are_what_they_have_always_been, 0,
                        sizeof goldens / sizeof goldens[0]);
    tcase_add_test(tests, test_keys_of_requests_are_what_they_have_always_been);
    tcase_add_test(tests, test_a_code_has_the_digits_asked_for);
    tcase_add_test(tests, test_a_code_can_begin_with_zeros);
    tcase_add_test(tests, test_a_drawn_code_can_be_derived_again);
    tcase_add_test(tests, test_no_nonce_is_drawn_twice);
    tcase_add_loop_test(tests, test_codes_are_uniform, 0, 3);
    tcase_add_test(tests, test_another_station_has_other_codes_and_hashes);
    tcase_add_test(tests, test_hashes_tell_codes_apart);
    tcase_add_loop_test(tests, test_a_fingerprint_is_of_what_the_operation_reads, 0,
                        sizeof meanings / sizeof meanings[0]);
    tcase_add_test(tests, test_a_fingerprint_tells_operations_apart);
    tcase_add_test(tests, test_a_fingerprint_knows_where_a_text_ends);
    tcase_add_test(tests, test_bytes_behind_a_texts_end_mean_nothing);
    return harness_run(suite);
}
