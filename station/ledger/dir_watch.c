#include "dir_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

void dir_watch_open(struct dir_watch *watch, const char *directory)
{
    const unsigned happenings =
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
    struct stat status;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0)
        return;
    if (inotify_add_watch(watch->fd, directory, happenings) < 0 || stat(directory, &status) != 0) {
        dir_watch_close(watch);
        return;
    }
    watch->dev = status.st_dev;
    watch->ino = status.st_ino;
}

void dir_watch_close(struct dir_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}

bool dir_watch_disturbed(struct dir_watch *watch, const char *directory)
{
    char events[4096];
    struct stat status;
    bool disturbed = watch->fd < 0;
    while (watch->fd >= 0 && read(watch->fd, events, sizeof events) > 0)
        disturbed = true;
    if (stat(directory, &status) == 0 && watch->fd >= 0 && status.st_dev == watch->dev &&
        status.st_ino == watch->ino)
        return disturbed;
    /* A watch keeps to the directory, wherever it has been moved; we keep to the path. */
    dir_watch_close(watch);
    dir_watch_open(watch, directory);
    return true;
}
