/*
 * A reply's bytes as a message that libzmq can have.
 */
#ifndef LOCKER_REPLY_MESSAGE_H
#define LOCKER_REPLY_MESSAGE_H

#include "buffer.h"

#include <stdbool.h>
#include <zmq.h>

/* Moves what is encoded into a message of its own; the buffer is empty then, and wiped. secret:
 * there is a code in it, and the message is wiped when it has left. 0 or -ENOMEM. */
int reply_message(struct buffer *encoded, bool secret, zmq_msg_t *message)
    __attribute__((warn_unused_result));

#endif
