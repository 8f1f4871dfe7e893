#include "pack.h"

void pack_begin(struct pack *pack, struct buffer *buffer)
{
    pack->buffer = buffer;
    pack->start = buffer->used;
    pack->error = 0;
}

int pack_write_growing(struct pack *pack, const char *bytes, size_t size)
{
    if (pack->error == 0)
        pack->error = buffer_append(pack->buffer, bytes, size);
    return pack->error;
}

int pack_end(struct pack *pack)
{
    if (pack->error != 0)
        pack->buffer->used = pack->start;
    return pack->error;
}
