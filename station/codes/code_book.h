/*
 * Codes: drawing them, deriving them again, and the keyed hashes that stand for them.
 *
 * A code is a pseudo-random function (SipHash-2-4, libsodium's crypto_shorthash) of a random 64-bit
 * nonce under the station's derivation key, taken uniformly onto the digits by rejection. The nonce
 * is recorded with the event, so that a retry, and only a holder of the key, can derive the code
 * again.
 *
 * The hash of a code is the first 64 bits, never 0, of BLAKE2b-256(key || code), the key being the
 * station's 256-bit key for this and nothing else. Putting the key first is a sound MAC with
 * BLAKE2b, as it is not with SHA-2: the last block is marked as such and the length is counted in
 * (RFC 7693, 3.2), so that nothing can be appended to a message whose hash is known, and the
 * function is indifferentiable from a random oracle (Luykx, Mennink, Neves, "Security Analysis of
 * BLAKE2's Modes of Operation", ePrint 2016/827). The key's length is fixed, so key || code reads
 * in one way only. BLAKE2b's own keying does the same with the key padded to a block of 128 bytes;
 * see code_book_hash() for what that costs.
 */
#ifndef LOCKER_CODE_BOOK_H
#define LOCKER_CODE_BOOK_H

#include "locker.h"
#include "station_key.h"

#include <stdint.h>

/* Draw a nonce (of 4 KiB of ChaCha20 under a seed of the kernel's, each wiped after use): the offer
 * of its code, and the code itself for the reply, which the caller wipes. Not thread-safe: one
 * process, one thread draws. */
void code_book_draw(const struct station_keys *keys, unsigned digits, struct code_offer *offer,
                    char code[CODE_SIZE]);

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
