/*
 * Dispatch: one request's bytes in, one reply out.
 *
 * Decodes, takes the lock, lets the locker decide, and says when the reply may leave. Knows no
 * socket and no disk (but the operator's history, which is read from the ledger).
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

int dispatch_create(struct dispatch *dispatch, struct session *session, const struct job *job)
    __attribute__((warn_unused_result));
void dispatch_destroy(struct dispatch *dispatch);

/*
 * Answer the request; the reply is appended, encoded. A change is made at the time of the latest
 * session_read_clocks(). bytes NULL: the message was no
 * request's frames. 0, or -errno when the segment cannot be used any more or there is no memory:
 * this process is to end.
 */
int dispatch_request(struct dispatch *dispatch, const void *bytes, size_t size,
                     struct buffer *encoded, struct verdict *verdict)
    __attribute__((warn_unused_result));

/* The encoded refusal that takes the place of a reply which was decided on what could not be
 * stored. */
int dispatch_take_back(struct dispatch *dispatch, struct buffer *encoded)
    __attribute__((warn_unused_result));

#endif
