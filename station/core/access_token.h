/*
 * AccessToken: the right to open one compartment until a moment. It owns expiry.
 *
 * A small value. In the locker's memory it is packed into the compartment's door (door.h), from
 * where it is read as this; inline, because every operation asks it something.
 *
 * There is one a compartment, in three forms:
 *   empty   expires_at_ms == 0                      nothing inside
 *   live    code_hash != 0                          a parcel, and a code that opens it in time
 *   spent   code_hash == 0 && expires_at_ms != 0    a parcel whose code has expired and been
 *                                                   retired, awaiting collection (policy "hold")
 */
#ifndef LOCKER_ACCESS_TOKEN_H
#define LOCKER_ACCESS_TOKEN_H

#include "compartment.h"

#include <stdbool.h>
#include <stdint.h>

/* No token is extended beyond the last millisecond of the year 9999: far from where a sum of
 * moments would overflow, and every program that shows a date can show it. */
#define ACCESS_TOKEN_LATEST_MS INT64_C(253402300799999)

struct access_token {
    uint64_t code_hash;    /* keyed hash of the code, never 0 for a live token */
    int64_t expires_at_ms; /* trusted time */
    uint32_t compartment;
};

static inline bool access_token_is_empty(const struct access_token *token)
{
    return token->expires_at_ms == 0;
}

static inline bool access_token_is_live(const struct access_token *token)
{
    return token->code_hash != 0;
}

static inline bool access_token_is_spent(const struct access_token *token)
{
    return token->code_hash == 0 && token->expires_at_ms != 0;
}

/* The compartment while now_ms < expires_at_ms, else COMPARTMENT_NONE. */
static inline uint32_t access_token_compartment_if_valid(const struct access_token *token,
                                                         int64_t now_ms)
{
    return access_token_is_live(token) && now_ms < token->expires_at_ms ? token->compartment
                                                                        : COMPARTMENT_NONE;
}

/* The compartment whatever the time: for clean-up. */
static inline uint32_t access_token_compartment(const struct access_token *token)
{
    return token->compartment;
}

#endif
