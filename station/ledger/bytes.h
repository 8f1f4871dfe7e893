/*
 * Little-endian numbers in byte strings: what the mark, the checkpoint and the row checksums are
 * made of, so that they mean the same on every machine. Each put returns the place after it.
 */
#ifndef LOCKER_BYTES_H
#define LOCKER_BYTES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t *bytes_put(uint8_t *at, const void *data, size_t size)
{
    memcpy(at, data, size);
    return at + size;
}

static inline uint8_t *bytes_put_u8(uint8_t *at, uint8_t value)
{
    *at = value;
    return at + 1;
}

static inline uint8_t *bytes_put_u32(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    return bytes_put(at, &value, sizeof value);
}

static inline uint8_t *bytes_put_u64(uint8_t *at, uint64_t value)
{
    value = htole64(value);
    return bytes_put(at, &value, sizeof value);
}

static inline uint8_t *bytes_put_i64(uint8_t *at, int64_t value)
{
    return bytes_put_u64(at, (uint64_t)value);
}

static inline const uint8_t *bytes_get(const uint8_t *at, void *data, size_t size)
{
    memcpy(data, at, size);
    return at + size;
}

static inline const uint8_t *bytes_get_u8(const uint8_t *at, uint8_t *value)
{
    *value = *at;
    return at + 1;
}

static inline const uint8_t *bytes_get_u32(const uint8_t *at, uint32_t *value)
{
    memcpy(value, at, sizeof *value);
    *value = le32toh(*value);
    return at + sizeof *value;
}

static inline const uint8_t *bytes_get_u64(const uint8_t *at, uint64_t *value)
{
    memcpy(value, at, sizeof *value);
    *value = le64toh(*value);
    return at + sizeof *value;
}

static inline const uint8_t *bytes_get_i64(const uint8_t *at, int64_t *value)
{
    uint64_t bits;
    at = bytes_get_u64(at, &bits);
    *value = (int64_t)bits;
    return at;
}

#endif
