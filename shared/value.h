/*
 * A decoded reply or feed message: a tree of values, valid until freed.
 */
#ifndef LOCKER_VALUE_H
#define LOCKER_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct value;

#define VALUE_BYTES_MAX (1U << 20)

enum value_kind { VALUE_NIL, VALUE_BOOL, VALUE_INT, VALUE_STR, VALUE_MAP, VALUE_ARRAY };

/* Bounded: at most 1 MiB, 8 deep, str keys. 0, or -EBADMSG when it is no such value. */
int value_decode(const void *bytes, size_t size, struct value **value)
    __attribute__((warn_unused_result));
void value_free(struct value *value);

enum value_kind value_kind(const struct value *value);
bool value_bool(const struct value *value);       /* false unless VALUE_BOOL */
int64_t value_int(const struct value *value);     /* 0 unless VALUE_INT */
const char *value_str(const struct value *value); /* NUL-terminated; "" unless VALUE_STR */
size_t value_count(const struct value *value);    /* pairs of a map, items of an array; else 0 */
/* i < count. In wire order. */
const char *value_key(const struct value *map, size_t i);
const struct value *value_at(const struct value *map_or_array, size_t i);
/* NULL when the map has no such key. */
const struct value *value_get(const struct value *map, const char *key);

#endif
