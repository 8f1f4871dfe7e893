/*
 * Reports: the operations that only read.
 *
 * Each fills the reply from the segment under the lock, a page at a time, or (history) from the
 * ledger through a read-only handle. 0, or -errno when the segment cannot be used any more.
 */
#ifndef LOCKER_REPORT_H
#define LOCKER_REPORT_H

#include "dispatch.h"
#include "message.h"

/* The most compartments that one `expired` lists: those placed lowest. */
#define REPORT_EXPIRED_MAX 8192

/* Room for the longest answers, so that none of them allocates. */
struct report_pages;
struct report_pages *report_pages_create(void);
void report_pages_destroy(struct report_pages *pages);

int report_availability(struct dispatch *dispatch, struct reply *reply)
    __attribute__((warn_unused_result));
/* Expires first what is due, which may be something for the keeper. */
int report_expired(struct dispatch *dispatch, struct reply *reply, struct verdict *verdict)
    __attribute__((warn_unused_result));
int report_status(struct dispatch *dispatch, struct reply *reply)
    __attribute__((warn_unused_result));
int report_compartments(struct dispatch *dispatch, const struct request *request,
                        struct reply *reply) __attribute__((warn_unused_result));
int report_history(struct dispatch *dispatch, const struct request *request, struct reply *reply)
    __attribute__((warn_unused_result));
int report_clock(struct dispatch *dispatch, struct reply *reply)
    __attribute__((warn_unused_result));

#endif
