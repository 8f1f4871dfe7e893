/*
 * locker-bench echo: a bare ROUTER that answers every request with fixed bytes, the floor that a
 * station is measured against.
 *
 * It does what every ROUTER server on libzmq must (receive identity, delimiter and body; send the
 * same with another body; drain without waiting before it polls again) and nothing else.
 */
#ifndef LOCKER_ECHO_H
#define LOCKER_ECHO_H

#include "arguments.h"

#include <stddef.h>

/* One reply for all requests of one size. */
#define ECHO_REPLIES_MAX 8
#define ECHO_REPLY_MAX   512

int echo_command(const struct subcommand *self, int argc, char **argv);
extern const char echo_help[];

/* "SIZE:HEX", the text of one --reply. text has room for 2 * ECHO_REPLY_MAX + 16. */
void echo_reply_text(size_t request_size, const void *reply, size_t reply_size, char *text,
                     size_t text_size);

#endif
