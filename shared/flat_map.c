#include "flat_map.h"

#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Formats of msgpack, https://github.com/msgpack/msgpack/blob/master/spec.md */
enum {
    FIXINT_LAST = 0x7f,
    FIXMAP = 0x80,
    FIXMAP_LAST = 0x8f,
    FIXSTR = 0xa0,
    FIXSTR_LAST = 0xbf,
    NIL = 0xc0,
    FALSE_VALUE = 0xc2,
    TRUE_VALUE = 0xc3,
    BIN8 = 0xc4,
    BIN32 = 0xc6,
    UINT8 = 0xcc,
    INT8 = 0xd0,
    INT64 = 0xd3,
    STR8 = 0xd9,
    STR32 = 0xdb,
    MAP16 = 0xde,
    MAP32 = 0xdf,
    NEGATIVE_FIXINT = 0xe0,
};

struct cursor {
    const unsigned char *at;
    size_t left;
};

static bool cursor_skip(struct cursor *cursor, size_t size)
{
    if (size > cursor->left)
        return false;
    cursor->at += size;
    cursor->left -= size;
    return true;
}

/* A big-endian number of 1, 2, 4 or 8 bytes. */
static bool cursor_unsigned(struct cursor *cursor, unsigned bytes, uint64_t *number)
{
    const unsigned char *p = cursor->at;
    if (!cursor_skip(cursor, bytes))
        return false;
    *number = 0;
    for (unsigned i = 0; i < bytes; i++)
        *number = *number << 8 | p[i];
    return true;
}

/* One of up to 4 bytes. */
static bool cursor_number(struct cursor *cursor, unsigned bytes, uint32_t *number)
{
    uint64_t wide;
    if (!cursor_unsigned(cursor, bytes, &wide))
        return false;
    *number = (uint32_t)wide;
    return true;
}

/* The length of a str, when the value that starts with `first` is one. */
static bool cursor_str_length(struct cursor *cursor, unsigned char first, uint32_t *length)
{
    if (first >= FIXSTR && first <= FIXSTR_LAST) {
        *length = first & 0x1f;
        return true;
    }
    return first >= STR8 && first <= STR32 && cursor_number(cursor, 1U << (first - STR8), length);
}

static const char *const cut_short = "the message is cut short";

static const char *cursor_str(struct cursor *cursor, unsigned char first, msgpack_object *object)
{
    uint32_t length;
    if (!cursor_str_length(cursor, first, &length) || length > cursor->left)
        return cut_short;
    const char *text = (const char *)cursor->at;
    if (!utf8_is_valid(text, length))
        return "a string is not valid UTF-8";
    object->type = MSGPACK_OBJECT_STR;
    object->via.str.ptr = text;
    object->via.str.size = length;
    cursor_skip(cursor, length);
    return NULL;
}

static const char *cursor_bin(struct cursor *cursor, unsigned char first, msgpack_object *object)
{
    uint32_t length;
    if (!cursor_number(cursor, 1U << (first - BIN8), &length) || length > cursor->left)
        return cut_short;
    object->type = MSGPACK_OBJECT_BIN;
    object->via.bin.ptr = (const char *)cursor->at;
    object->via.bin.size = length;
    cursor_skip(cursor, length);
    return NULL;
}

/* As msgpack-c tells them apart: negative is what is below zero, however it was encoded. */
static void put_integer(msgpack_object *object, bool has_sign, uint64_t number)
{
    object->type = has_sign && (int64_t)number < 0 ? MSGPACK_OBJECT_NEGATIVE_INTEGER
                                                   : MSGPACK_OBJECT_POSITIVE_INTEGER;
    object->via.u64 = number; /* and i64, in the same place */
}

static const char *cursor_integer(struct cursor *cursor, unsigned char first,
                                  msgpack_object *object)
{
    const unsigned bytes = 1U << ((first - UINT8) % 4);
    const bool has_sign = first >= INT8;
    uint64_t number;
    if (!cursor_unsigned(cursor, bytes, &number))
        return cut_short;
    const uint64_t sign = UINT64_C(1) << (8 * bytes - 1);
    if (has_sign) /* the sign bit into all above it */
        number = (number ^ sign) - sign;
    put_integer(object, has_sign, number);
    return NULL;
}

static bool is_str(unsigned char first)
{
    return (first >= FIXSTR && first <= FIXSTR_LAST) || (first >= STR8 && first <= STR32);
}

static const char *cursor_value(struct cursor *cursor, msgpack_object *object)
{
    if (cursor->left == 0)
        return cut_short;
    const unsigned char first = *cursor->at;
    cursor_skip(cursor, 1);
    if (is_str(first))
        return cursor_str(cursor, first, object);
    if (first >= BIN8 && first <= BIN32)
        return cursor_bin(cursor, first, object);
    if (first >= UINT8 && first <= INT64)
        return cursor_integer(cursor, first, object);
    if (first <= FIXINT_LAST || first >= NEGATIVE_FIXINT) {
        put_integer(object, true, (uint64_t)(int8_t)first);
        return NULL;
    }
    if (first != NIL && first != FALSE_VALUE && first != TRUE_VALUE)
        return "values are strings, integers, booleans or binary, never nested";
    object->type = first == NIL ? MSGPACK_OBJECT_NIL : MSGPACK_OBJECT_BOOLEAN;
    object->via.boolean = first == TRUE_VALUE;
    return NULL;
}

static const char *cursor_key(struct cursor *cursor, msgpack_object *key)
{
    if (cursor->left == 0)
        return cut_short;
    const unsigned char first = *cursor->at;
    if (!is_str(first))
        return "keys are strings";
    cursor_skip(cursor, 1);
    return cursor_str(cursor, first, key);
}

/* Keys that are equal may be encoded differently. */
static bool is_repeated(const struct flat_map *map, uint32_t count)
{
    const msgpack_object_str *last = &map->pairs[count].key.via.str;
    for (uint32_t i = 0; i < count; i++) {
        const msgpack_object_str *key = &map->pairs[i].key.via.str;
        if (key->size == last->size && memcmp(key->ptr, last->ptr, last->size) == 0)
            return true;
    }
    return false;
}

static const char *cursor_pairs(struct cursor *cursor, struct flat_map *map)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const char *mistake = cursor_key(cursor, &map->pairs[i].key);
        if (!mistake && is_repeated(map, i))
            mistake = "a key is repeated";
        if (!mistake)
            mistake = cursor_value(cursor, &map->pairs[i].val);
        if (mistake)
            return mistake;
    }
    return cursor->left == 0 ? NULL : "there are bytes behind the map";
}

const char *flat_map_read(const void *bytes, size_t size, struct flat_map *map)
{
    struct cursor cursor = {bytes, size};
    if (size == 0)
        return "the message is empty";
    const unsigned char first = *cursor.at;
    cursor_skip(&cursor, 1);
    if (first >= FIXMAP && first <= FIXMAP_LAST)
        map->count = first & 0x0f;
    else if (first != MAP16 && first != MAP32)
        return "a request is one msgpack map";
    else if (!cursor_number(&cursor, first == MAP16 ? 2 : 4, &map->count))
        return cut_short;
    if (map->count > FLAT_MAP_PAIRS_MAX)
        return "the map has too many keys";
    return cursor_pairs(&cursor, map);
}
