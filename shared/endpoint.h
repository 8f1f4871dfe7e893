/*
 * Where a station's sockets are.
 */
#ifndef LOCKER_ENDPOINT_H
#define LOCKER_ENDPOINT_H

#include "operation.h"

#include <stdbool.h>
#include <stddef.h>

/* A unix socket's path fits into sockaddr_un. */
#define ENDPOINT_PATH_MAX 108
#define ENDPOINT_URI_SIZE 128

/* The run directory when none is named: $LOCKER_RUN, else /run/locker when it exists, else
 * $XDG_RUNTIME_DIR/locker, else /tmp/locker-UID. 0, or -ENAMETOOLONG. */
int endpoint_default_run_dir(char *path, size_t size) __attribute__((warn_unused_result));

/* RUN/driver.sock, RUN/keypad.sock, RUN/operator.sock; RUN/events.sock. 0 or -ENAMETOOLONG. */
int endpoint_path(const char *run_dir, enum role role, char *path, size_t size)
    __attribute__((warn_unused_result));
int endpoint_feed_path(const char *run_dir, char *path, size_t size)
    __attribute__((warn_unused_result));

/* "ipc://" + path. */
int endpoint_uri(const char *run_dir, enum role role, char uri[ENDPOINT_URI_SIZE])
    __attribute__((warn_unused_result));

/* Whether it is "tcp://HOST:PORT" with a port there can be. */
bool endpoint_is_tcp(const char *uri);

#endif
