#include "run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define NOTE "station.lock"

#define LOOK_EVERY_MS 5
#define LOOKS_MAX     400

int run_lock_await(int fd)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000};
    for (int looks = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; looks++) {
        if (errno != EWOULDBLOCK || looks == LOOKS_MAX)
            return -errno;
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* Who is said to have it; 0: nobody says. */
static long read_note(int folder)
{
    char text[24] = "";
    const int fd = openat(folder, NOTE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return 0;
    const ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return strtol(text, NULL, 10);
}

static int write_note(int folder)
{
    char pid[24];
    const int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    const int fd = openat(folder, NOTE,
                          O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return -errno;
    errno = EIO; /* should less be written than was asked for */
    const int error = write(fd, pid, (size_t)length) == length ? 0 : -errno;
    close(fd);
    return error;
}

static int explain(int error, int folder, const char *directory, const char *what, char *why,
                   size_t why_size)
{
    char process[40] = "";
    const long holder = error == -EWOULDBLOCK ? read_note(folder) : 0;
    if (holder > 0)
        snprintf(process, sizeof process, " (process %ld)", holder);
    if (error == -EWOULDBLOCK)
        snprintf(why, why_size,
                 "another station%s uses the %s directory %s; stop it or choose another with --%s",
                 process, what, directory, what);
    else
        snprintf(why, why_size, "cannot lock the %s directory %s: %s", what, directory,
                 strerror(-error));
    if (folder >= 0)
        close(folder);
    return error;
}

int run_lock_take(const char *directory, const char *what, char *why, size_t why_size)
{
    const int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return explain(-errno, -1, directory, what, why, why_size);
    int error = run_lock_await(folder);
    if (error == 0)
        error = write_note(folder);
    return error == 0 ? folder : explain(error, folder, directory, what, why, why_size);
}
