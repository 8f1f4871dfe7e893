#include "code_book.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(((struct station_keys *)0)->code_derive) == crypto_shorthash_KEYBYTES,
               "the derivation key is a SipHash key");
_Static_assert(sizeof(((struct station_keys *)0)->request) == crypto_shorthash_siphashx24_KEYBYTES,
               "the request key is a SipHash key");

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
    uint64_t input[2] = {nonce, 0};
    uint64_t number;
    do {
        unsigned char output[crypto_shorthash_BYTES];
        crypto_shorthash(output, (const unsigned char *)input, sizeof input, keys->code_derive);
        memcpy(&number, output, sizeof number);
        input[1]++;
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
    uint64_t hash;
    crypto_generichash(output, sizeof output, (const unsigned char *)code, strlen(code),
                       keys->code_hash, sizeof keys->code_hash);
    memcpy(&hash, output, sizeof hash);
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
    memcpy(request_key, output, sizeof output);
    if (request_key[0] == 0)
        request_key[0] = 1; /* 0 says: none */
}

/* A request's contents in one fixed form, without what the operation does not read. */
struct contents {
    uint8_t operation;
    uint8_t has_size;
    uint8_t size;
    uint8_t reason;
    uint8_t has_compartment;
    uint8_t in_service;
    uint8_t has_service_reason;
    uint8_t accept;
    int64_t by_ms;
    char code[CODE_SIZE + 3]; /* no byte between members is left to chance */
    char compartment[COMPARTMENT_ID_SIZE];
    char service_reason[SERVICE_REASON_SIZE];
};

uint64_t code_book_fingerprint(const struct station_keys *keys, const struct request *request)
{
    struct contents contents;
    unsigned char output[crypto_shorthash_BYTES];
    uint64_t fingerprint;
    memset(&contents, 0, sizeof contents);
    contents.operation = (uint8_t)request->operation;
    if (request->has_size) {
        contents.has_size = 1;
        contents.size = (uint8_t)request->size;
    }
    if (request->has_compartment) {
        contents.has_compartment = 1;
        strncpy(contents.compartment, request->compartment, sizeof contents.compartment);
    }
    if (request->operation == OP_SERVICE) {
        contents.in_service = request->in_service;
        contents.has_service_reason = request->has_service_reason;
        if (request->has_service_reason)
            strncpy(contents.service_reason, request->service_reason,
                    sizeof contents.service_reason);
    }
    contents.reason = request->operation == OP_CANCEL ? (uint8_t)request->reason : 0;
    contents.by_ms = request->operation == OP_EXTEND ? request->by_ms : 0;
    contents.accept = request->operation == OP_CLOCK && request->accept;
    if (request->operation == OP_PICKUP || request->operation == OP_CANCEL)
        strncpy(contents.code, request->code, sizeof contents.code);
    crypto_shorthash(output, (const unsigned char *)&contents, sizeof contents, keys->request);
    memcpy(&fingerprint, output, sizeof fingerprint);
    sodium_memzero(&contents, sizeof contents);
    return fingerprint;
}
