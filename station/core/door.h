/*
 * Door: what changes about a compartment, packed into 16 bytes: its access token, and whether it is
 * out of service. The compartment's size stands here over again, so that the one cache line of a
 * door is all that an operation touches of a compartment: it was three, half of what a pickup at a
 * million compartments cost. For the files of this layer only.
 *
 * Primary state. Each put is one store of 64 bits or two, and says what is to be, whatever stood
 * there.
 */
#ifndef LOCKER_DOOR_H
#define LOCKER_DOOR_H

#include "access_token.h"

#include <stdbool.h>
#include <stdint.h>

/* 73 million years. */
#define DOOR_EXPIRES_MAX_MS (INT64_MAX >> 2)

#define DOOR_SIZE  UINT64_C(3) /* enum parcel_size */
#define DOOR_OUT   UINT64_C(4) /* out of service */
#define DOOR_SHIFT 3

struct door {
    uint64_t code_hash; /* the token's */
    uint64_t rest;      /* the token's expires_at_ms << DOOR_SHIFT | DOOR_OUT | size */
};

static inline int64_t door_expires_at_ms(const struct door *door)
{
    return (int64_t)(door->rest >> DOOR_SHIFT);
}

static inline struct access_token door_token(const struct door *door, uint32_t compartment)
{
    return (struct access_token){.code_hash = door->code_hash,
                                 .expires_at_ms = door_expires_at_ms(door),
                                 .compartment = compartment};
}

static inline uint8_t door_size(const struct door *door)
{
    return (uint8_t)(door->rest & DOOR_SIZE);
}

static inline bool door_is_out(const struct door *door)
{
    return (door->rest & DOOR_OUT) != 0;
}

static inline void door_put_token(struct door *door, uint64_t code_hash, int64_t expires_at_ms)
{
    const int64_t kept_ms =
        expires_at_ms < DOOR_EXPIRES_MAX_MS ? expires_at_ms : DOOR_EXPIRES_MAX_MS;
    door->code_hash = code_hash;
    door->rest = (uint64_t)kept_ms << DOOR_SHIFT | (door->rest & (DOOR_OUT | DOOR_SIZE));
}

static inline void door_put_out(struct door *door, bool out)
{
    door->rest = (door->rest & ~DOOR_OUT) | (out ? DOOR_OUT : 0);
}

/* Once, when the memory is formatted. */
static inline void door_put_size(struct door *door, uint8_t size)
{
    door->rest = (door->rest & ~DOOR_SIZE) | size;
}

#endif
