/*
 * The directories a station lives in.
 */
#ifndef LOCKER_DIRECTORY_H
#define LOCKER_DIRECTORY_H

#include <sys/types.h>

/*
 * Make sure that the directory is there, ours, and can be written: created with this mode when
 * missing, along with at most two missing parents (~/.local/state on a fresh account); *made says
 * how many were. what says what it is for ("run"). 0, or -errno after logging the cause and the
 * remedy.
 */
int directory_ensure(const char *path, mode_t mode, const char *what, unsigned *made)
    __attribute__((warn_unused_result));

/* Remove again what was made, the directory and then its parents, as far as nothing is in it. */
void directory_discard(const char *path, unsigned made);

#endif
