/*
 * One client of a Redis: hiredis, EVALSHA; pipelined by sending commands ahead of their replies.
 */
#ifndef LOCKER_REDIS_LINK_H
#define LOCKER_REDIS_LINK_H

#include "load_protocol.h"

#include <hiredis/hiredis.h>

/* Below the server's directory. */
#define REDIS_SOCKET "redis.sock"

/* A connection to the Redis of that directory. 0; -ECONNREFUSED, -ENOENT while it does not listen
 * yet; other -errno. */
int redis_connect(const char *directory, redisContext **connected)
    __attribute__((warn_unused_result));

/* hiredis's error of the connection, as -errno. */
int redis_failure(const redisContext *context);

/* The protocol of struct peer. */
extern const struct load_protocol redis_protocol;

#endif
