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

/* A big-endian number of 1, 2 or 4 bytes. */
static bool cursor_number(struct cursor *cursor, unsigned bytes, uint32_t *number)
{
    const unsigned char *p = cursor->at;
    if (!cursor_skip(cursor, bytes))
        return false;
    *number = 0;
    for (unsigned i = 0; i < bytes; i++)
        *number = *number << 8 | p[i];
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

static const char *cursor_str(struct cursor *cursor, unsigned char first)
{
    uint32_t length;
    if (!cursor_str_length(cursor, first, &length) || length > cursor->left)
        return "the message is cut short";
    if (!utf8_is_valid((const char *)cursor->at, length))
        return "a string is not valid UTF-8";
    cursor_skip(cursor, length);
    return NULL;
}

static bool is_str(unsigned char first)
{
    return (first >= FIXSTR && first <= FIXSTR_LAST) || (first >= STR8 && first <= STR32);
}

static const char *cursor_value(struct cursor *cursor)
{
    const unsigned char first = *cursor->at;
    uint32_t length = 0;
    bool whole = true;
    cursor_skip(cursor, 1);
    if (first <= FIXINT_LAST || first >= NEGATIVE_FIXINT || first == NIL || first == FALSE_VALUE ||
        first == TRUE_VALUE)
        return NULL;
    if (is_str(first))
        return cursor_str(cursor, first);
    if (first >= UINT8 && first <= INT64)
        whole = cursor_skip(cursor, (size_t)1 << ((first - UINT8) % 4));
    else if (first >= BIN8 && first <= BIN32)
        whole = cursor_number(cursor, 1U << (first - BIN8), &length) && cursor_skip(cursor, length);
    else
        return "values are strings, integers, booleans or binary, never nested";
    return whole ? NULL : "the message is cut short";
}

struct key {
    const unsigned char *text;
    size_t size; /* with its header: keys that are equal may be encoded differently */
};

static const char *cursor_key(struct cursor *cursor, struct key *key)
{
    if (cursor->left == 0)
        return "the message is cut short";
    const unsigned char first = *cursor->at;
    if (!is_str(first))
        return "keys are strings";
    cursor_skip(cursor, 1);
    const unsigned char *before = cursor->at;
    const char *mistake = cursor_str(cursor, first);
    if (mistake)
        return mistake;
    const size_t header = first <= FIXSTR_LAST ? 0 : (size_t)1 << (first - STR8);
    key->text = before + header;
    key->size = (size_t)(cursor->at - key->text);
    return NULL;
}

static bool is_repeated(const struct key *keys, uint32_t count)
{
    const struct key *last = &keys[count];
    for (uint32_t i = 0; i < count; i++) {
        if (keys[i].size == last->size && memcmp(keys[i].text, last->text, last->size) == 0)
            return true;
    }
    return false;
}

static const char *cursor_pairs(struct cursor *cursor, uint32_t pairs)
{
    struct key keys[FLAT_MAP_PAIRS_MAX];
    for (uint32_t i = 0; i < pairs; i++) {
        const char *mistake = cursor_key(cursor, &keys[i]);
        if (!mistake && is_repeated(keys, i))
            mistake = "a key is repeated";
        if (!mistake && cursor->left == 0)
            mistake = "the message is cut short";
        if (!mistake)
            mistake = cursor_value(cursor);
        if (mistake)
            return mistake;
    }
    return cursor->left == 0 ? NULL : "there are bytes behind the map";
}

const char *flat_map_mistake(const void *bytes, size_t size)
{
    struct cursor cursor = {bytes, size};
    uint32_t pairs;
    if (size == 0)
        return "the message is empty";
    const unsigned char first = *cursor.at;
    cursor_skip(&cursor, 1);
    if (first >= FIXMAP && first <= FIXMAP_LAST)
        pairs = first & 0x0f;
    else if (first != MAP16 && first != MAP32)
        return "a request is one msgpack map";
    else if (!cursor_number(&cursor, first == MAP16 ? 2 : 4, &pairs))
        return "the message is cut short";
    if (pairs > FLAT_MAP_PAIRS_MAX)
        return "the map has too many keys";
    return cursor_pairs(&cursor, pairs);
}
