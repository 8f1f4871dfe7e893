/*
 * Writing msgpack maps into a buffer, with msgpack-c's packer. The first failure (no memory) is
 * kept and told at the end. For the codec's own files.
 */
#ifndef LOCKER_PACK_H
#define LOCKER_PACK_H

#include "buffer.h"

#include <msgpack.h>
#include <stdbool.h>
#include <stdint.h>

struct pack {
    msgpack_packer packer;
    struct buffer *buffer;
    size_t start; /* what the buffer held before: all it holds again after a failure */
    int error;
};

void pack_begin(struct pack *pack, struct buffer *buffer);
/* 0, or -ENOMEM with the buffer as it was. */
int pack_end(struct pack *pack) __attribute__((warn_unused_result));

void pack_map(struct pack *pack, uint32_t pairs);
void pack_array(struct pack *pack, size_t items);
void pack_str(struct pack *pack, const char *text);
void pack_int(struct pack *pack, int64_t number);

void pack_pair_str(struct pack *pack, const char *key, const char *text);
void pack_pair_int(struct pack *pack, const char *key, int64_t number);
void pack_pair_bool(struct pack *pack, const char *key, bool truth);
void pack_pair_nil(struct pack *pack, const char *key);
void pack_pair_bin(struct pack *pack, const char *key, const void *bytes, uint32_t size);

#endif
