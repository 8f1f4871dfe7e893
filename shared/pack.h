/*
 * Writing msgpack maps into a buffer, with msgpack-c's packer. The first failure (no memory) is
 * kept and told at the end. For the codec's own files.
 *
 * Inline, with a packer of its own for each value: so the compiler sees where the packer's callback
 * leads and what a literal key comes to, and most of it ends as a few stores. Through the callback
 * of one packer, with strlen() of each key, encoding a reply took two to three times as long (95 ns
 * instead of 40 for a deposit's).
 */
#ifndef LOCKER_PACK_H
#define LOCKER_PACK_H

#include "buffer.h"

#include <msgpack.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct pack {
    struct buffer *buffer;
    size_t start; /* what the buffer held before: all it holds again after a failure */
    int error;
};

void pack_begin(struct pack *pack, struct buffer *buffer);
/* 0, or -ENOMEM with the buffer as it was. */
int pack_end(struct pack *pack) __attribute__((warn_unused_result));

/* What does not fit into the room that there is. */
int pack_write_growing(struct pack *pack, const char *bytes, size_t size);

static inline int pack_write(void *data, const char *bytes, size_t size)
{
    struct pack *pack = data;
    struct buffer *buffer = pack->buffer;
    if (__builtin_expect(buffer->room - buffer->used <= size, 0))
        return pack_write_growing(pack, bytes, size);
    memcpy(buffer->data + buffer->used, bytes, size);
    buffer->used += size;
    return 0;
}

static inline msgpack_packer pack_packer(struct pack *pack)
{
    return (msgpack_packer){.data = pack, .callback = pack_write};
}

static inline void pack_map(struct pack *pack, uint32_t pairs)
{
    msgpack_packer packer = pack_packer(pack);
    msgpack_pack_map(&packer, pairs);
}

static inline void pack_array(struct pack *pack, size_t items)
{
    msgpack_packer packer = pack_packer(pack);
    msgpack_pack_array(&packer, items);
}

static inline void pack_str(struct pack *pack, const char *text)
{
    msgpack_packer packer = pack_packer(pack);
    const size_t size = strlen(text);
    msgpack_pack_str(&packer, size);
    msgpack_pack_str_body(&packer, text, size);
}

static inline void pack_int(struct pack *pack, int64_t number)
{
    msgpack_packer packer = pack_packer(pack);
    msgpack_pack_int64(&packer, number);
}

static inline void pack_bool(struct pack *pack, bool truth)
{
    msgpack_packer packer = pack_packer(pack);
    if (truth)
        msgpack_pack_true(&packer);
    else
        msgpack_pack_false(&packer);
}

static inline void pack_nil(struct pack *pack)
{
    msgpack_packer packer = pack_packer(pack);
    msgpack_pack_nil(&packer);
}

static inline void pack_pair_str(struct pack *pack, const char *key, const char *text)
{
    pack_str(pack, key);
    pack_str(pack, text);
}

static inline void pack_pair_int(struct pack *pack, const char *key, int64_t number)
{
    pack_str(pack, key);
    pack_int(pack, number);
}

static inline void pack_pair_bool(struct pack *pack, const char *key, bool truth)
{
    pack_str(pack, key);
    pack_bool(pack, truth);
}

static inline void pack_pair_nil(struct pack *pack, const char *key)
{
    pack_str(pack, key);
    pack_nil(pack);
}

static inline void pack_pair_bin(struct pack *pack, const char *key, const void *bytes,
                                 uint32_t size)
{
    msgpack_packer packer = pack_packer(pack);
    pack_str(pack, key);
    msgpack_pack_bin(&packer, size);
    msgpack_pack_bin_body(&packer, bytes, size);
}

#endif
