/*
 * A peer that speaks ZMTP by hand, and so can do what libzmq would not: send a message that never
 * ends, subscribe without an end. Nothing here asserts, so that threads may use it.
 */
#ifndef LOCKER_TEST_RAW_PEER_H
#define LOCKER_TEST_RAW_PEER_H

#include <stdbool.h>
#include <stddef.h>

/* Connect to the unix socket at this path and shake hands as a socket of this type ("SUB"). The
 * descriptor, blocking, or -errno. */
int raw_peer_open(const char *path, const char *type);

/* One frame behind what is in bytes already, of `used` bytes; what is used then. The room needed is
 * 9 more than the frame. */
size_t raw_peer_add_frame(unsigned char *bytes, size_t used, const void *frame, size_t size,
                          bool more);

/* Send all of it. 0, or -errno: the other end is gone. */
int raw_peer_send(int fd, const void *bytes, size_t size);

#endif
