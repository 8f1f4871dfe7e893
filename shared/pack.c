#include "pack.h"

#include <string.h>

static int pack_write(void *data, const char *bytes, size_t size)
{
    struct pack *pack = data;
    if (pack->error == 0)
        pack->error = buffer_append(pack->buffer, bytes, size);
    return pack->error;
}

void pack_begin(struct pack *pack, struct buffer *buffer)
{
    pack->buffer = buffer;
    pack->start = buffer->used;
    pack->error = 0;
    msgpack_packer_init(&pack->packer, pack, pack_write);
}

int pack_end(struct pack *pack)
{
    if (pack->error != 0)
        pack->buffer->used = pack->start;
    return pack->error;
}

void pack_map(struct pack *pack, uint32_t pairs)
{
    msgpack_pack_map(&pack->packer, pairs);
}

void pack_array(struct pack *pack, size_t items)
{
    msgpack_pack_array(&pack->packer, items);
}

void pack_str(struct pack *pack, const char *text)
{
    const size_t size = strlen(text);
    msgpack_pack_str(&pack->packer, size);
    msgpack_pack_str_body(&pack->packer, text, size);
}

void pack_int(struct pack *pack, int64_t number)
{
    msgpack_pack_int64(&pack->packer, number);
}

void pack_pair_str(struct pack *pack, const char *key, const char *text)
{
    pack_str(pack, key);
    pack_str(pack, text);
}

void pack_pair_int(struct pack *pack, const char *key, int64_t number)
{
    pack_str(pack, key);
    pack_int(pack, number);
}

void pack_pair_bool(struct pack *pack, const char *key, bool truth)
{
    pack_str(pack, key);
    if (truth)
        msgpack_pack_true(&pack->packer);
    else
        msgpack_pack_false(&pack->packer);
}

void pack_pair_nil(struct pack *pack, const char *key)
{
    pack_str(pack, key);
    msgpack_pack_nil(&pack->packer);
}

void pack_pair_bin(struct pack *pack, const char *key, const void *bytes, uint32_t size)
{
    pack_str(pack, key);
    msgpack_pack_bin(&pack->packer, size);
    msgpack_pack_bin_body(&pack->packer, bytes, size);
}
