#include "listeners.h"

#include "endpoint.h"
#include "listen_socket.h"
#include "log.h"
#include "wake.h"

#include <string.h>
#include <unistd.h>

/* The run directory's mode decides who reaches them; this one keeps others out besides. */
#define SOCKET_MODE 0660

static int listener_path(const char *run_dir, int which, char path[CONFIG_PATH_MAX])
{
    if (which == LISTENER_FEED)
        return endpoint_feed_path(run_dir, path, CONFIG_PATH_MAX);
    return endpoint_path(run_dir, (enum role)which, path, CONFIG_PATH_MAX);
}

static int listener_open(struct listeners *listeners, const char *run_dir, int which)
{
    char *path = listeners->path[which];
    int error = listener_path(run_dir, which, path);
    if (error == 0) {
        const int fd = listen_socket_open(path, SOCKET_MODE);
        if (fd >= 0) {
            listeners->listen_fd[which] = fd;
            return 0;
        }
        error = fd;
    }
    log_error("cannot listen at %s: %s; remove what stands there, or name another run directory "
              "with --run",
              path, strerror(-error));
    path[0] = '\0'; /* not ours to remove */
    return error;
}

static int wake_open(int *fd)
{
    const int made = wake_create();
    if (made < 0) {
        log_error("cannot create an eventfd: %s", strerror(-made));
        return made;
    }
    *fd = made;
    return 0;
}

int listeners_open(struct listeners *listeners, const char *run_dir)
{
    *listeners = (struct listeners){.archive_fd = -1};
    for (int which = 0; which < LISTENER_COUNT; which++)
        listeners->listen_fd[which] = -1;
    for (int kind = 0; kind <= JOB_KEEPER; kind++)
        listeners->wake_fd[kind] = -1;
    int error = wake_open(&listeners->archive_fd);
    for (int kind = 0; error == 0 && kind <= JOB_KEEPER; kind++)
        error = wake_open(&listeners->wake_fd[kind]);
    for (int which = 0; error == 0 && which < LISTENER_COUNT; which++)
        error = listener_open(listeners, run_dir, which);
    if (error != 0)
        listeners_close(listeners);
    return error;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void listeners_close(struct listeners *listeners)
{
    for (int which = 0; which < LISTENER_COUNT; which++) {
        if (listeners->path[which][0] != '\0')
            unlink(listeners->path[which]);
        close_fd(&listeners->listen_fd[which]);
    }
    for (int kind = 0; kind <= JOB_KEEPER; kind++)
        close_fd(&listeners->wake_fd[kind]);
    close_fd(&listeners->archive_fd);
}
