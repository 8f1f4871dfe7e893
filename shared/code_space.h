/*
 * How many codes there are.
 */
#ifndef LOCKER_CODE_SPACE_H
#define LOCKER_CODE_SPACE_H

#include <stdint.h>

/* Codes of so many decimal digits, leading zeros included. */
static inline uint64_t code_space(unsigned digits)
{
    uint64_t codes = 1;
    while (digits-- > 0)
        codes *= 10;
    return codes;
}

#endif
