/*
 * The station key: 256 random bits in a 0600 file of their own, and the keys derived from it
 * (crypto_kdf, BLAKE2b), so that each process gets only what its job needs.
 */
#ifndef LOCKER_STATION_KEY_H
#define LOCKER_STATION_KEY_H

#include <stddef.h>
#include <stdint.h>

#define STATION_KEY_SIZE 32

struct station_keys {
    uint8_t code_hash[32];   /* code -> the hash that stands in segment and ledger */
    uint8_t code_derive[16]; /* nonce -> code. Not given to the keypad's desk */
    uint8_t request[16];     /* request ids and contents -> their keyed hashes */
    uint8_t ledger[32]; /* chain of row checksums. The keeper's and the archivist's, no desk's */
};

/*
 * Read DIRECTORY/station.key, or make it when may_create (O_EXCL, 0600, fsynced with its
 * directory). 0 or -errno with a sentence in why: a key of the wrong size, owner or mode (readable
 * by others) is -EPERM/-EBADMSG, never silently replaced. -ENOENT when there is none and it may not
 * be made.
 */
int station_key_load(const char *directory, int may_create, uint8_t key[STATION_KEY_SIZE],
                     char *why, size_t why_size) __attribute__((warn_unused_result));

void station_keys_derive(const uint8_t key[STATION_KEY_SIZE], struct station_keys *keys);

#endif
