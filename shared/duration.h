/*
 * Durations as people write them: a whole number and a unit, "7d", "90m", "1500ms".
 * Units: ms s m h d. A bare number is refused (but "0" is fine): its unit would be a guess.
 */
#ifndef LOCKER_DURATION_H
#define LOCKER_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* 0 and *ms set; -EINVAL when it is no duration; -ERANGE when it is over 100 years. */
int duration_parse(const char *text, int64_t *ms) __attribute__((warn_unused_result));

/* The largest unit that gives a whole number: 604800000 is "7d". buffer of at least 24 bytes;
 * returns it. */
const char *duration_format(int64_t ms, char *buffer, size_t size);

#endif
