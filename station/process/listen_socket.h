/*
 * A unix socket that we bind ourselves: libzmq would take over a path that another process serves,
 * and delete whatever file stands there.
 */
#ifndef LOCKER_LISTEN_SOCKET_H
#define LOCKER_LISTEN_SOCKET_H

#include <sys/types.h>

/*
 * A listening stream socket at path, of this mode, close-on-exec. A socket left there by a station
 * that is gone is replaced: call only while holding the run directory's lock. -EEXIST when
 * something else than a socket stands there (it is left alone), -ENAMETOOLONG when the path does
 * not fit a socket address, other -errno.
 */
int listen_socket_open(const char *path, mode_t mode) __attribute__((warn_unused_result));

#endif
