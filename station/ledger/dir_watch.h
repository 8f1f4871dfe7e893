/*
 * A watch over the ledger's directory: has anything in it been removed, renamed or replaced, or the
 * directory itself?
 *
 * One read of an inotify descriptor and one look at the directory's path, a microsecond in all, in
 * place of asking for each file by its path, seven: it stands before every flush.
 *
 * Opened by the first question, whose answer is yes, unless before: the kernel takes up to ten
 * milliseconds to end a watch, too long for the start, which opens a ledger only to read it.
 */
#ifndef LOCKER_DIR_WATCH_H
#define LOCKER_DIR_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

struct dir_watch {
    int fd; /* inotify; -1: there is none (yet), and everything is disturbed */
    dev_t dev;
    ino_t ino; /* of the directory that is watched */
};

void dir_watch_open(struct dir_watch *watch, const char *directory);
void dir_watch_close(struct dir_watch *watch);

/* Whether something happened since the last time. Another directory in the place of the first is
 * watched from then on. */
bool dir_watch_disturbed(struct dir_watch *watch, const char *directory);

#endif
