/*
 * The shape that every request must have, checked before a decoder sees it: one msgpack map of
 * a few pairs, str keys that do not repeat, values that are nil, bool, integer, str or bin, valid
 * UTF-8 in every str, and nothing behind the map. No allocation; nothing outside the bytes is read.
 */
#ifndef LOCKER_FLAT_MAP_H
#define LOCKER_FLAT_MAP_H

#include <stddef.h>

#define FLAT_MAP_PAIRS_MAX 16

/* NULL when the shape is right, else a static sentence that says what is wrong. */
const char *flat_map_mistake(const void *bytes, size_t size);

#endif
