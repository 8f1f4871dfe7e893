#include "run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 5
#define LOOKS_MAX     400

/* 0 or -errno. */
static int await_lock(int fd)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000};
    for (int looks = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; looks++) {
        if (errno != EWOULDBLOCK || looks == LOOKS_MAX)
            return -errno;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int explain(int error, int fd, const char *directory, const char *what, char *why,
                   size_t why_size)
{
    char holder[24] = "";
    if (error == -EWOULDBLOCK) {
        const ssize_t length = pread(fd, holder, sizeof holder - 1, 0);
        holder[length > 0 ? length : 0] = '\0';
        snprintf(why, why_size,
                 "another station (process %ld) uses the %s directory %s; stop it or choose "
                 "another with --%s",
                 strtol(holder, NULL, 10), what, directory, what);
    } else {
        snprintf(why, why_size, "cannot lock the %s directory %s: %s", what, directory,
                 strerror(-error));
    }
    if (fd >= 0)
        close(fd);
    return error;
}

int run_lock_take(const char *directory, const char *what, char *why, size_t why_size)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/station.lock", directory) >= (int)sizeof path)
        return explain(-ENAMETOOLONG, -1, directory, what, why, why_size);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return explain(-errno, -1, directory, what, why, why_size);
    const int error = await_lock(fd);
    if (error != 0)
        return explain(error, fd, directory, what, why, why_size);
    char pid[24];
    const int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    errno = EIO; /* should less be written than was asked for */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)length, 0) != length)
        return explain(-errno, fd, directory, what, why, why_size);
    return fd;
}
