#include "buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (buffer->room - buffer->used < size) {
        size_t room = buffer->room ? buffer->room : 256;
        while (room - buffer->used < size)
            room *= 2;
        unsigned char *grown = malloc(room);
        if (!grown)
            return -ENOMEM;
        if (buffer->data)
            memcpy(grown, buffer->data, buffer->used);
        const size_t used = buffer->used;
        buffer_free(buffer);
        *buffer = (struct buffer){.data = grown, .used = used, .room = room};
    }
    memcpy(buffer->data + buffer->used, bytes, size);
    buffer->used += size;
    return 0;
}

void buffer_free(struct buffer *buffer)
{
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->room);
    free(buffer->data);
    *buffer = (struct buffer){0};
}
