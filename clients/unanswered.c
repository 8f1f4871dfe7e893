#include "unanswered.h"

#include "codec.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

/* Afterwards the same words are taken for another wish: a driver's next parcel, or a new parcel's
 * code that happens to have the digits of an old one. */
#define KNOWN_FOR_MS (INT64_C(24) * 3600 * 1000)

/* The time of a terminal that was suspended counts. */
static int64_t elapsed_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void unanswered_begin(struct unanswered *unanswered)
{
    memset(unanswered, 0, sizeof *unanswered);
    randombytes_buf(unanswered->key, sizeof unanswered->key);
}

/* Of the request as the wire would carry it, where padding and fields of other operations have no
 * say. False when it cannot be encoded. */
static bool hash_of(const struct unanswered *unanswered, const struct request *request,
                    uint8_t hash[UNANSWERED_HASH_SIZE])
{
    struct request bare = *request;
    struct buffer bytes = {0};
    bare.has_id = false;
    const bool encoded = codec_encode_request(&bare, &bytes) == 0;
    if (encoded) {
        crypto_generichash(hash, UNANSWERED_HASH_SIZE, bytes.data, bytes.used, unanswered->key,
                           sizeof unanswered->key);
        sodium_memzero(bytes.data, bytes.used); /* a code may be in it */
    }
    buffer_free(&bytes);
    sodium_memzero(&bare, sizeof bare);
    return encoded;
}

/* Where the change of this hash stands; UNANSWERED_MAX: nowhere. */
static size_t find(const struct unanswered *unanswered, const uint8_t hash[UNANSWERED_HASH_SIZE])
{
    const int64_t oldest_ms = elapsed_ms() - KNOWN_FOR_MS;
    for (size_t i = 0; i < UNANSWERED_MAX; i++) {
        const struct unanswered_change *change = &unanswered->changes[i];
        if (change->asked_ms != 0 && change->asked_ms >= oldest_ms &&
            memcmp(change->hash, hash, UNANSWERED_HASH_SIZE) == 0)
            return i;
    }
    return UNANSWERED_MAX;
}

bool unanswered_recall(const struct unanswered *unanswered, struct request *request)
{
    uint8_t hash[UNANSWERED_HASH_SIZE];
    if (!hash_of(unanswered, request, hash))
        return false;
    const size_t i = find(unanswered, hash);
    if (i == UNANSWERED_MAX)
        return false;
    memcpy(request->id, unanswered->changes[i].id, sizeof request->id);
    request->has_id = true;
    return true;
}

void unanswered_keep(struct unanswered *unanswered, const struct request *request)
{
    uint8_t hash[UNANSWERED_HASH_SIZE];
    if (!hash_of(unanswered, request, hash))
        return;
    size_t i = find(unanswered, hash);
    if (i == UNANSWERED_MAX) {
        i = 0;
        for (size_t other = 1; other < UNANSWERED_MAX; other++)
            if (unanswered->changes[other].asked_ms < unanswered->changes[i].asked_ms)
                i = other;
    }
    struct unanswered_change *change = &unanswered->changes[i];
    memcpy(change->hash, hash, sizeof change->hash);
    memcpy(change->id, request->id, sizeof change->id);
    change->asked_ms = elapsed_ms();
}

void unanswered_forget(struct unanswered *unanswered, const struct request *request)
{
    uint8_t hash[UNANSWERED_HASH_SIZE];
    if (!hash_of(unanswered, request, hash))
        return;
    const size_t i = find(unanswered, hash);
    if (i < UNANSWERED_MAX)
        memset(&unanswered->changes[i], 0, sizeof unanswered->changes[i]);
}
