/*
 * The shape that every request must have: one msgpack map of a few pairs, str keys that do not
 * repeat, values that are nil, bool, integer, str or bin, valid UTF-8 in every str, and nothing
 * behind the map. Checked and read in one pass, into the objects that msgpack-c would make of it
 * (which would take the bytes a second time, and as long again). No allocation; nothing outside the
 * bytes is read. For the codec's own files.
 */
#ifndef LOCKER_FLAT_MAP_H
#define LOCKER_FLAT_MAP_H

#include <msgpack.h>
#include <stddef.h>
#include <stdint.h>

#define FLAT_MAP_PAIRS_MAX 16

struct flat_map {
    uint32_t count;
    msgpack_object_kv pairs[FLAT_MAP_PAIRS_MAX]; /* their texts stay where they came in */
};

/* NULL when the shape is right and *map says what is there, else a static sentence that says what
 * is wrong. */
const char *flat_map_read(const void *bytes, size_t size, struct flat_map *map);

#endif
