/*
 * Changes: a request that is to change the station becomes an intent, is performed under the
 * lock, and its answer becomes a reply.
 */
#ifndef LOCKER_CHANGE_H
#define LOCKER_CHANGE_H

#include "dispatch.h"
#include "message.h"

/* Everything of a change that needs a key or a look-up by name: before the lock is taken, and
 * before anything of its group is done, so that what it leads to is in the cache by then. */
void change_prepare(const struct dispatch *dispatch, struct errand *errand);

/* Whether it is to be done by itself: a sweep takes the lock again and again, and after the clock
 * was set the time is another. */
bool change_stands_alone(const struct errand *errand);

/* Do these changes, prepared, in their order, under one hold of the lock where no offered code
 * turns out to be taken. 0 with replies and verdicts filled in, or -errno when the segment cannot
 * be used any more. */
int change_perform(struct dispatch *dispatch, struct errand *errands, unsigned count)
    __attribute__((warn_unused_result));

#endif
