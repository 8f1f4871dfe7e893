/*
 * Whole numbers as people write them.
 */
#ifndef LOCKER_NUMBER_H
#define LOCKER_NUMBER_H

#include <stdint.h>

/* Decimal digits and nothing else, from min to max (both >= 0). 0, or -EINVAL or -ERANGE. */
int number_parse(const char *text, int64_t min, int64_t max, int64_t *number)
    __attribute__((warn_unused_result));

#endif
