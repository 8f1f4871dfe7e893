#include "code_book.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(((struct station_keys *)0)->code_derive) == crypto_shorthash_KEYBYTES,
               "the derivation key is a SipHash key");
_Static_assert(sizeof(((struct station_keys *)0)->request) == crypto_shorthash_siphashx24_KEYBYTES,
               "the request key is a SipHash key");

/* Numbers out of bytes are little-endian everywhere: nonces and hashes stand in ledgers, and a
 * ledger may move to another machine. */
static uint64_t number_of_bytes(const unsigned char *bytes)
{
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
    return le64toh(number);
}

/* Asking the kernel for each nonce costs more than all the rest of a deposit. */
static uint64_t draw_nonce(void)
{
    static unsigned char pool[4096];
    static size_t left;
    uint64_t nonce;
    if (left == 0) {
        randombytes_buf(pool, sizeof pool);
        left = sizeof pool;
    }
    left -= sizeof nonce;
    memcpy(&nonce, pool + left, sizeof nonce);
    sodium_memzero(pool + left, sizeof nonce);
    return nonce;
}

static uint64_t space_of(unsigned digits)
{
    uint64_t space = 1;
    while (digits-- > 0)
        space *= 10;
    return space;
}

/* Uniform below space: numbers from the last, incomplete round of 2^64 are thrown away, which
 * would favour small codes. */
static uint64_t number_of_nonce(const struct station_keys *keys, uint64_t nonce, uint64_t space)
{
    const uint64_t whole_rounds = UINT64_MAX / space * space;
    uint64_t attempt = 0;
    uint64_t number;
    do {
        unsigned char output[crypto_shorthash_BYTES];
        const uint64_t input[2] = {htole64(nonce), htole64(attempt++)};
        crypto_shorthash(output, (const unsigned char *)input, sizeof input, keys->code_derive);
        number = number_of_bytes(output);
    } while (number >= whole_rounds);
    return number % space;
}

void code_book_derive(const struct station_keys *keys, uint64_t nonce, unsigned digits,
                      char code[CODE_SIZE])
{
    uint64_t number = number_of_nonce(keys, nonce, space_of(digits));
    code[digits] = '\0';
    for (unsigned i = digits; i-- > 0; number /= 10)
        code[i] = (char)('0' + number % 10);
}

uint64_t code_book_hash(const struct station_keys *keys, const char *code)
{
    unsigned char output[crypto_generichash_BYTES];
    crypto_generichash(output, sizeof output, (const unsigned char *)code, strlen(code),
                       keys->code_hash, sizeof keys->code_hash);
    const uint64_t hash = number_of_bytes(output);
    return hash == 0 ? 1 : hash;
}

void code_book_draw(const struct station_keys *keys, unsigned digits, struct code_offer *offer)
{
    char code[CODE_SIZE];
    offer->nonce = draw_nonce();
    offer->digits = (uint8_t)digits;
    code_book_derive(keys, offer->nonce, digits, code);
    offer->hash = code_book_hash(keys, code);
    sodium_memzero(code, sizeof code);
}

void code_book_request_key(const struct station_keys *keys, const uint8_t id[REQUEST_ID_SIZE],
                           uint64_t request_key[2])
{
    unsigned char output[crypto_shorthash_siphashx24_BYTES];
    crypto_shorthash_siphashx24(output, id, REQUEST_ID_SIZE, keys->request);
    request_key[0] = number_of_bytes(output);
    request_key[1] = number_of_bytes(output + sizeof request_key[0]);
    if (request_key[0] == 0)
        request_key[0] = 1; /* 0 says: none */
}

/* A request's contents in one fixed form; what the operation does not read stays zero. */
struct contents {
    uint8_t operation;
    uint8_t has_size;
    uint8_t size;
    uint8_t reason;
    uint8_t has_compartment;
    uint8_t in_service;
    uint8_t has_service_reason;
    uint8_t accept;
    uint64_t by_ms;
    char code[CODE_SIZE + 3];
    char compartment[COMPARTMENT_ID_SIZE];
    char service_reason[SERVICE_REASON_SIZE];
};

_Static_assert(sizeof(struct contents) ==
                   8 + 8 + CODE_SIZE + 3 + COMPARTMENT_ID_SIZE + SERVICE_REASON_SIZE,
               "no byte between the members is left to chance");

static void put_code(struct contents *contents, const struct request *request)
{
    memcpy(contents->code, request->code, strnlen(request->code, sizeof request->code));
}

static void put_size(struct contents *contents, const struct request *request)
{
    contents->has_size = request->has_size;
    contents->size = request->has_size ? (uint8_t)request->size : 0;
}

static void put_compartment(struct contents *contents, const struct request *request)
{
    contents->has_compartment = request->has_compartment;
    if (request->has_compartment)
        strncpy(contents->compartment, request->compartment, sizeof contents->compartment);
}

static void put_service(struct contents *contents, const struct request *request)
{
    contents->in_service = request->in_service;
    contents->has_service_reason = request->has_service_reason;
    if (request->has_service_reason)
        strncpy(contents->service_reason, request->service_reason, sizeof contents->service_reason);
}

static void put_request(struct contents *contents, const struct request *request)
{
    contents->operation = (uint8_t)request->operation;
    switch (request->operation) {
    case OP_CANCEL:
        contents->reason = (uint8_t)request->reason;
        put_code(contents, request);
        put_size(contents, request);
        break;
    case OP_DEPOSIT:
        put_size(contents, request);
        break;
    case OP_PICKUP:
        put_code(contents, request);
        break;
    case OP_SERVICE:
        put_service(contents, request);
        put_compartment(contents, request);
        break;
    case OP_EXTEND:
        contents->by_ms = htole64((uint64_t)request->by_ms);
        put_compartment(contents, request);
        break;
    case OP_COLLECT:
    case OP_RELEASE:
    case OP_REISSUE:
        put_compartment(contents, request);
        break;
    case OP_CLOCK:
        contents->accept = request->accept;
        break;
    case OP_SWEEP:
    case OP_PING: /* and the rest, which change nothing */
    case OP_AVAILABILITY:
    case OP_EXPIRED:
    case OP_STATUS:
    case OP_COMPARTMENTS:
    case OP_HISTORY:
        break;
    }
}

uint64_t code_book_fingerprint(const struct station_keys *keys, const struct request *request)
{
    struct contents contents;
    unsigned char output[crypto_shorthash_BYTES];
    memset(&contents, 0, sizeof contents);
    put_request(&contents, request);
    crypto_shorthash(output, (const unsigned char *)&contents, sizeof contents, keys->request);
    sodium_memzero(&contents, sizeof contents);
    return number_of_bytes(output);
}
