/*
 * Dispatch: requests' bytes in, replies out.
 *
 * Decodes, takes the lock, lets the locker decide, and says when the reply may leave. Knows no
 * socket and no disk (but the operator's history, which is read from the ledger).
 *
 * A group of requests that wait goes through it together: all are read, then done, changes that
 * follow one another under one hold of the lock, then answered. So what one will be looked up in is
 * fetched while the keys of the next are computed, and the lock and the state's cache lines move
 * from desk to desk once a group: see GROUP_MAX (group.h) for what it brings.
 */
#ifndef LOCKER_DISPATCH_H
#define LOCKER_DISPATCH_H

#include "codec.h"
#include "ledger.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dispatch {
    struct session *session;
    const struct job *job; /* the desk's: its keys, the station's name */
    enum role role;
    struct ledger *history;     /* read-only, opened when first asked for; else NULL */
    struct report_pages *pages; /* where long answers are gathered; owned */
};

/* What a reply waits for. */
struct verdict {
    uint64_t sequence; /* the reply may leave when this is durable; 0: at once */
    bool secret;       /* the reply has a code in it */
    bool chores;       /* the keeper has to do more than to flush: see change_wants_chores() */
};

/* One request on its way. It may hold codes, until it is answered or dropped. */
struct errand {
    struct request request;
    struct intent intent; /* of a change; prepared */
    struct answer answer;
    struct reply reply;
    struct verdict verdict;
};

int dispatch_create(struct dispatch *dispatch, struct session *session, const struct job *job)
    __attribute__((warn_unused_result));
void dispatch_destroy(struct dispatch *dispatch);

/* Decode a request. bytes NULL: the message was no request's frames. */
void dispatch_read(struct dispatch *dispatch, const void *bytes, size_t size,
                   struct errand *errand);

/* Do what the first of these asks for, and as much of what follows as can be done with it; it is to
 * be answered before the rest is done. How many that was; or -errno when the segment cannot be used
 * any more: this process is to end. Changes are made at the time of the latest
 * session_read_clocks(). */
int dispatch_perform(struct dispatch *dispatch, struct errand *errands, unsigned count)
    __attribute__((warn_unused_result));

/* Append the encoded reply, and wipe the errand. 0 or -ENOMEM. */
int dispatch_answer(struct dispatch *dispatch, struct errand *errand, struct buffer *encoded)
    __attribute__((warn_unused_result));

/* Wipe what it knows of codes. */
void errand_drop(struct errand *errand);

/* The encoded refusal that takes the place of a reply which was decided on what could not be
 * stored. */
int dispatch_take_back(struct dispatch *dispatch, struct buffer *encoded)
    __attribute__((warn_unused_result));

#endif
