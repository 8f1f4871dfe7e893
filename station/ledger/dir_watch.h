/*
 * A watch over the ledger's directory: has anything in it been removed, renamed or replaced?
 *
 * One non-blocking read of an inotify descriptor, a fifth of a microsecond, in place of asking for
 * each file by its path, seven: it stands before every flush. What is renamed above the directory
 * it does not see.
 */
#ifndef LOCKER_DIR_WATCH_H
#define LOCKER_DIR_WATCH_H

#include <stdbool.h>

/* A descriptor, or -1 when there is none to be had: then everything is always disturbed. */
int dir_watch_open(const char *directory);

/* Whether something happened since the last time. */
bool dir_watch_disturbed(int fd);

#endif
