/*
 * A code that opens nothing any more, and how it ended, in six bytes: four times as many are
 * remembered as there are compartments. For the files of this layer only.
 *
 * Of the hash the 46 high bits are kept. What opens a door is compared in full; these only choose
 * the words of a refusal. Among n remembered codes a code never issued is taken for one of them
 * with probability n / 2^46: 6e-8 at a million compartments, where a guess hits a code that really
 * was used with a probability of up to a half. A code that would collide in these bits with any
 * live or remembered one is not issued (locker_offer_is_fresh()), so no two are ever mistaken for
 * one another.
 */
#ifndef LOCKER_RETIRED_CODE_H
#define LOCKER_RETIRED_CODE_H

#include "event.h"
#include "slot_table.h"

#include <stdint.h>

#define RETIRED_CODE_UNKEPT_BITS (64 - SLOT_TABLE_HASH_BITS)

struct retired_code {
    uint16_t parts[3]; /* of 48 bits, from the low end: enum retirement (2), the hash's high 46;
                          RETIRED_NOT: superseded, the code has been issued again */
};

static inline uint64_t retired_code_bits(const struct retired_code *code)
{
    return code->parts[0] | (uint64_t)code->parts[1] << 16 | (uint64_t)code->parts[2] << 32;
}

/* The hash, its unkept bits 0. */
static inline uint64_t retired_code_hash(const struct retired_code *code)
{
    return retired_code_bits(code) >> 2 << RETIRED_CODE_UNKEPT_BITS;
}

static inline enum retirement retired_code_retirement(const struct retired_code *code)
{
    return (enum retirement)(code->parts[0] & 3);
}

static inline void retired_code_put(struct retired_code *code, uint64_t hash,
                                    enum retirement retirement)
{
    const uint64_t bits = hash >> RETIRED_CODE_UNKEPT_BITS << 2 | retirement;
    code->parts[0] = (uint16_t)bits;
    code->parts[1] = (uint16_t)(bits >> 16);
    code->parts[2] = (uint16_t)(bits >> 32);
}

#endif
