#include "dir_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

int dir_watch_open(const char *directory)
{
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    const unsigned happenings =
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
    if (fd < 0 || inotify_add_watch(fd, directory, happenings) >= 0)
        return fd;
    close(fd);
    return -1;
}

bool dir_watch_disturbed(int fd)
{
    char events[4096];
    bool disturbed = fd < 0;
    while (fd >= 0 && read(fd, events, sizeof events) > 0)
        disturbed = true;
    return disturbed;
}
