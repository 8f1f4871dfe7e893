/*
 * Changes: a request that is to change the station becomes an intent, is performed under the
 * lock, and its answer becomes a reply.
 */
#ifndef LOCKER_CHANGE_H
#define LOCKER_CHANGE_H

#include "dispatch.h"
#include "message.h"

/* 0 with reply and verdict filled in, or -errno when the segment cannot be used any more. Either
 * way the reply may hold a code: the caller wipes it. */
int change_perform(struct dispatch *dispatch, const struct request *request, struct reply *reply,
                   struct verdict *verdict) __attribute__((warn_unused_result));

#endif
