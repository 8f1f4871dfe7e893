/*
 * Codes: drawing them, deriving them again, and the keyed hashes that stand for them.
 *
 * A code is a pseudo-random function (SipHash-2-4, libsodium's crypto_shorthash) of a random 64-bit
 * nonce under the station's derivation key, taken uniformly onto the digits by rejection. The nonce
 * is recorded with the event, so that a retry, and only a holder of the key, can derive the code
 * again. The hash is keyed BLAKE2b (crypto_generichash), its first 64 bits, never 0.
 */
#ifndef LOCKER_CODE_BOOK_H
#define LOCKER_CODE_BOOK_H

#include "locker.h"
#include "station_key.h"

#include <stdint.h>

/* Draw a nonce (libsodium's generator, fetched 4 KiB at a time and wiped after use), and the hash
 * of its code. The code itself is wiped. Not thread-safe: one process, one thread draws. */
void code_book_draw(const struct station_keys *keys, unsigned digits, struct code_offer *offer);

/* The code of a nonce: decimal digits and a NUL. */
void code_book_derive(const struct station_keys *keys, uint64_t nonce, unsigned digits,
                      char code[CODE_SIZE]);

/* The hash of a code of 6 to 12 decimal digits. */
uint64_t code_book_hash(const struct station_keys *keys, const char *code);

/* Keyed hashes of a request's id and of its contents (everything but id and v). */
void code_book_request_key(const struct station_keys *keys, const uint8_t id[REQUEST_ID_SIZE],
                           uint64_t request_key[2]);
uint64_t code_book_fingerprint(const struct station_keys *keys, const struct request *request);

#endif
