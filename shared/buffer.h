/*
 * A growing run of bytes that encoders append to.
 */
#ifndef LOCKER_BUFFER_H
#define LOCKER_BUFFER_H

#include <stddef.h>

struct buffer {
    unsigned char *data;
    size_t used;
    size_t room;
};

/* 0 or -ENOMEM; then nothing was appended. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t size)
    __attribute__((warn_unused_result));

/* Wipes what it held (a code may have been in it). */
void buffer_free(struct buffer *buffer);

#endif
