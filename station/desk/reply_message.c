#include "reply_message.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* libzmq, in a thread of its own, is done with a message. */
static void wipe_and_free(void *data, void *size)
{
    explicit_bzero(data, (uintptr_t)size);
    free(data);
}

static int init_secret(zmq_msg_t *body, size_t size)
{
    void *data = malloc(size);
    if (!data)
        return -ENOMEM;
    if (zmq_msg_init_data(body, data, size, wipe_and_free, (void *)(uintptr_t)size) == 0)
        return 0;
    free(data);
    return -ENOMEM;
}

int reply_message(struct buffer *encoded, bool secret, zmq_msg_t *message)
{
    const size_t size = encoded->used;
    if (secret ? init_secret(message, size) != 0 : zmq_msg_init_size(message, size) != 0)
        return -ENOMEM;
    memcpy(zmq_msg_data(message), encoded->data, size);
    explicit_bzero(encoded->data, size);
    encoded->used = 0;
    return 0;
}
