/*
 * The directories a station lives in.
 */
#ifndef LOCKER_DIRECTORY_H
#define LOCKER_DIRECTORY_H

#include <sys/types.h>

/*
 * Make sure that the directory is there, ours, and can be written: created with this mode when
 * missing, along with at most two missing parents (~/.local/state on a fresh account). what says
 * what it is for ("run"). 0, or -errno after logging the cause and the remedy.
 */
int directory_ensure(const char *path, mode_t mode, const char *what)
    __attribute__((warn_unused_result));

#endif
