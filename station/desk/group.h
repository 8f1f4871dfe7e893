/*
 * The group: requests that wait, taken out of libzmq and through dispatch together, see dispatch.h.
 */
#ifndef LOCKER_GROUP_H
#define LOCKER_GROUP_H

#include "counter.h"
#include "dispatch.h"
#include "held_replies.h"

#include <stdbool.h>

/* How many go together: the desks' threads take 0.99 us a
 * request of a pipelining client instead of 1.09 one by one. 32 would take 0.94, but the lock is
 * held four times as long, and terminals are left idle as by too large a batch. */
#define GROUP_MAX 8

struct group {
    unsigned count; /* taken */
    unsigned held;  /* of them: their replies are held back */
    bool chores;    /* the keeper has more to do than to flush */
    struct counter_request requests[GROUP_MAX];
    struct errand errands[GROUP_MAX];
};

/* Take in and read what waits, `most` at most. How many that is; or -errno, and then none is kept.
 */
int group_take(struct group *group, struct counter *counter, struct dispatch *dispatch,
               unsigned most) __attribute__((warn_unused_result));

static inline bool group_is_done(const struct group *group)
{
    return group->held == group->count;
}

/* Do what can be done together of what is left, and hold the replies back. encoded: empty, before
 * and after. 0; or -errno: this process is to end. */
int group_perform(struct group *group, struct dispatch *dispatch, struct held_replies *held,
                  struct buffer *encoded) __attribute__((warn_unused_result));

/* Empty again. Whose reply is not held back is answered no more: this process ends. */
void group_drop(struct group *group);

#endif
