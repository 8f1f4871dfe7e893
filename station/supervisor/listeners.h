/*
 * What the processes of a station wake and are reached by: the listening sockets in the run
 * directory and the eventfds. They stay open here, so that a desk that is started again finds
 * every connection attempt of the meantime.
 */
#ifndef LOCKER_LISTENERS_H
#define LOCKER_LISTENERS_H

#include "job.h"

/* Listening sockets: one a role, and the event feed's. */
#define LISTENER_FEED  ROLE_COUNT
#define LISTENER_COUNT (ROLE_COUNT + 1)

struct listeners {
    int listen_fd[LISTENER_COUNT];
    char path[LISTENER_COUNT][CONFIG_PATH_MAX];
    int wake_fd[JOB_KEEPER + 1]; /* by job */
    int archive_fd;
};

/* 0, or -errno after logging which socket cannot be had and why. */
int listeners_open(struct listeners *listeners, const char *run_dir)
    __attribute__((warn_unused_result));

/* Close all, and remove the sockets. */
void listeners_close(struct listeners *listeners);

#endif
