/*
 * AccessToken: the right to open one compartment until a moment. It owns expiry.
 *
 * There is one token record a compartment, in three forms:
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
    uint32_t reserved;
};

bool access_token_is_empty(const struct access_token *token);
bool access_token_is_live(const struct access_token *token);
bool access_token_is_spent(const struct access_token *token);

/* The compartment while now_ms < expires_at_ms, else COMPARTMENT_NONE. */
uint32_t access_token_compartment_if_valid(const struct access_token *token, int64_t now_ms);

/* The compartment whatever the time: for clean-up. */
uint32_t access_token_compartment(const struct access_token *token);

#endif
