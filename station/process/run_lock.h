/*
 * One station a directory: an flock held for life on DIRECTORY/station.lock.
 */
#ifndef LOCKER_RUN_LOCK_H
#define LOCKER_RUN_LOCK_H

#include <stddef.h>

/*
 * Take it; `what` names the directory's purpose in messages ("run", "data"). The descriptor, to be
 * kept open (the lock goes with it, also by kill -9); -EWOULDBLOCK when another station holds it,
 * other -errno; then why says so in a sentence.
 */
int run_lock_take(const char *directory, const char *what, char *why, size_t why_size)
    __attribute__((warn_unused_result));

#endif
