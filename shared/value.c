#include "value.h"

#include "utf8.h"

#include <errno.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_DEPTH_MAX 8

struct value {
    enum value_kind kind;
    bool truth;
    int64_t number;
    char *text;
    size_t count;
    char **keys;         /* of a map; NULL for an array */
    struct value *items; /* of a map or an array */
};

static void value_clear(struct value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        if (value->keys)
            free(value->keys[i]);
        value_clear(&value->items[i]);
    }
    if (value->text)
        explicit_bzero(value->text, strlen(value->text)); /* it may be a code */
    free(value->text);
    free(value->keys);
    free(value->items);
}

void value_free(struct value *value)
{
    if (!value)
        return;
    value_clear(value);
    free(value);
}

static int take_text(const msgpack_object *object, char **text)
{
    const size_t size = object->via.str.size;
    if (!utf8_is_text(object->via.str.ptr, size))
        return -EBADMSG;
    *text = malloc(size + 1);
    if (!*text)
        return -ENOMEM;
    if (size > 0) /* msgpack-c has no pointer for an empty one */
        memcpy(*text, object->via.str.ptr, size);
    (*text)[size] = '\0';
    return 0;
}

static int take(struct value *value, const msgpack_object *object, unsigned depth);

static int take_items(struct value *value, size_t count)
{
    value->items = calloc(count ? count : 1, sizeof *value->items);
    return value->items ? 0 : -ENOMEM;
}

static int take_array(struct value *value, const msgpack_object_array *array, unsigned depth)
{
    int error = take_items(value, array->size);
    for (uint32_t i = 0; i < array->size && error == 0; i++) {
        value->count++;
        error = take(&value->items[i], &array->ptr[i], depth + 1);
    }
    return error;
}

static int take_map(struct value *value, const msgpack_object_map *map, unsigned depth)
{
    int error = take_items(value, map->size);
    value->keys = calloc(map->size ? map->size : 1, sizeof *value->keys);
    if (!value->keys)
        error = -ENOMEM;
    for (uint32_t i = 0; i < map->size && error == 0; i++) {
        if (map->ptr[i].key.type != MSGPACK_OBJECT_STR)
            return -EBADMSG;
        value->count++;
        error = take_text(&map->ptr[i].key, &value->keys[i]);
        if (error == 0)
            error = take(&value->items[i], &map->ptr[i].val, depth + 1);
    }
    return error;
}

static int take(struct value *value, const msgpack_object *object, unsigned depth)
{
    if (depth > VALUE_DEPTH_MAX)
        return -EBADMSG;
    switch (object->type) {
    case MSGPACK_OBJECT_NIL:
        value->kind = VALUE_NIL;
        return 0;
    case MSGPACK_OBJECT_BOOLEAN:
        value->kind = VALUE_BOOL;
        value->truth = object->via.boolean;
        return 0;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        value->kind = VALUE_INT;
        value->number = (int64_t)object->via.u64;
        return object->via.u64 <= INT64_MAX ? 0 : -EBADMSG;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        value->kind = VALUE_INT;
        value->number = object->via.i64;
        return 0;
    case MSGPACK_OBJECT_STR:
        value->kind = VALUE_STR;
        return take_text(object, &value->text);
    case MSGPACK_OBJECT_ARRAY:
        value->kind = VALUE_ARRAY;
        return take_array(value, &object->via.array, depth);
    case MSGPACK_OBJECT_MAP:
        value->kind = VALUE_MAP;
        return take_map(value, &object->via.map, depth);
    default:
        return -EBADMSG;
    }
}

/* What the header of one value claims. */
struct claim {
    uint64_t values; /* that it contains */
    uint64_t bytes;  /* that follow it */
};

struct header_cursor {
    const unsigned char *at;
    size_t left;
};

static bool claim_number(struct header_cursor *cursor, unsigned bytes, uint64_t *number)
{
    if (bytes > cursor->left)
        return false;
    *number = 0;
    for (unsigned i = 0; i < bytes; i++)
        *number = *number << 8 | cursor->at[i];
    cursor->at += bytes;
    cursor->left -= bytes;
    return true;
}

/* False: cut short, or a kind of value that no reply has (bin, ext, float). */
static bool claim_read(struct header_cursor *cursor, struct claim *claim)
{
    const unsigned char first = *cursor->at;
    *claim = (struct claim){0};
    cursor->at++;
    cursor->left--;
    if (first <= 0x7f || first >= 0xe0 || first == 0xc0 || first == 0xc2 || first == 0xc3)
        return true;
    if (first <= 0x8f)
        claim->values = (first & 0x0fU) * 2U;
    else if (first <= 0x9f)
        claim->values = first & 0x0f;
    else if (first <= 0xbf)
        claim->bytes = first & 0x1f;
    else if (first >= 0xcc && first <= 0xd3)
        claim->bytes = UINT64_C(1) << ((first - 0xcc) % 4);
    else if (first >= 0xd9 && first <= 0xdb)
        return claim_number(cursor, 1U << (first - 0xd9), &claim->bytes);
    else if (first >= 0xdc && first <= 0xdf) {
        if (!claim_number(cursor, first % 2 == 0 ? 2 : 4, &claim->values))
            return false;
        claim->values *= first >= 0xde ? 2 : 1;
    } else
        return false;
    return true;
}

/*
 * Whether the claimed lengths can be true: every value takes a byte at least, so no more can be
 * claimed than there are bytes. Walks the headers only; msgpack-c would believe a claim of
 * billions of items and reserve the memory for them.
 */
static bool claims_are_possible(const void *bytes, size_t size)
{
    struct header_cursor cursor = {bytes, size};
    uint64_t wanted = 1; /* values still to come */
    while (wanted > 0) {
        struct claim claim;
        if (wanted > cursor.left || !claim_read(&cursor, &claim) || claim.bytes > cursor.left)
            return false;
        cursor.at += claim.bytes;
        cursor.left -= (size_t)claim.bytes;
        wanted += claim.values - 1;
    }
    return cursor.left == 0;
}

int value_decode(const void *bytes, size_t size, struct value **value)
{
    msgpack_zone zone;
    msgpack_object object;
    size_t offset = 0;
    int error = -EBADMSG;
    *value = NULL;
    if (size == 0 || size > VALUE_BYTES_MAX || !claims_are_possible(bytes, size))
        return -EBADMSG;
    if (!msgpack_zone_init(&zone, 8192))
        return -ENOMEM;
    if (msgpack_unpack(bytes, size, &offset, &zone, &object) == MSGPACK_UNPACK_SUCCESS) {
        *value = calloc(1, sizeof **value);
        error = *value ? take(*value, &object, 0) : -ENOMEM;
    }
    msgpack_zone_destroy(&zone);
    if (error != 0) {
        value_free(*value);
        *value = NULL;
    }
    return error;
}

enum value_kind value_kind(const struct value *value)
{
    return value->kind;
}

bool value_bool(const struct value *value)
{
    return value->kind == VALUE_BOOL && value->truth;
}

int64_t value_int(const struct value *value)
{
    return value->kind == VALUE_INT ? value->number : 0;
}

const char *value_str(const struct value *value)
{
    return value->kind == VALUE_STR ? value->text : "";
}

size_t value_count(const struct value *value)
{
    return value->count;
}

const char *value_key(const struct value *map, size_t i)
{
    return map->keys[i];
}

const struct value *value_at(const struct value *map_or_array, size_t i)
{
    return &map_or_array->items[i];
}

const struct value *value_get(const struct value *map, const char *key)
{
    for (size_t i = 0; map->keys && i < map->count; i++) {
        if (strcmp(map->keys[i], key) == 0)
            return &map->items[i];
    }
    return NULL;
}
