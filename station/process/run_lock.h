/*
 * One station a directory: an flock held for life on the directory itself, which nobody removes
 * by tidying up; DIRECTORY/station.lock only notes who has it.
 *
 * The station's processes inherit the descriptor, and an flock lasts until the last one that has it
 * is gone. So it says that nobody is at work there any more, not only that the supervisor is dead:
 * the kernel kills the keeper and the desks a moment after their supervisor.
 */
#ifndef LOCKER_RUN_LOCK_H
#define LOCKER_RUN_LOCK_H

#include <stddef.h>

/*
 * Take it; `what` names the directory's purpose in messages ("run", "data"). Waits for up to two
 * seconds for the processes of a killed station to be gone. The descriptor, to be kept open (the
 * lock goes with it, also by kill -9); -EWOULDBLOCK when another station holds it, other -errno;
 * then why says so in a sentence.
 */
int run_lock_take(const char *directory, const char *what, char *why, size_t why_size)
    __attribute__((warn_unused_result));

/* The same lock on whatever this descriptor is of, as patiently. 0; -EWOULDBLOCK; other -errno. */
int run_lock_await(int fd) __attribute__((warn_unused_result));

#endif
