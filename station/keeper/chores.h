/*
 * The keeper's chores: what comes up besides flushing. Tokens whose time is over expire, the mark
 * notes the time, the archivist is asked for now and then.
 *
 * They are done when their time comes, when a desk asks for them (header->chores_wanted), and under
 * load now and then between two flushes. Takes the lock itself.
 */
#ifndef LOCKER_CHORES_H
#define LOCKER_CHORES_H

#include "ledger.h"
#include "session.h"

#include <stdbool.h>
#include <stdint.h>

struct chores {
    struct session *session;
    const struct job *job;
    int64_t due_at_ms;           /* CLOCK_BOOTTIME: by then in any case, when there is work */
    bool more;                   /* a slice of what is due was done, and there is more */
    int64_t mark_flushed_at_ms;  /* CLOCK_BOOTTIME */
    uint64_t archive_asked_at;   /* sequence */
    int64_t archive_asked_at_ms; /* CLOCK_BOOTTIME */
};

/* Whether a busy keeper should do them now. */
bool chores_are_due(struct chores *chores);

/* Do them. ledger NULL: those of an ephemeral station; storable: tokens may expire. 0 or -errno:
 * the segment cannot be used any more. */
int chores_do(struct chores *chores, struct ledger *ledger, bool storable)
    __attribute__((warn_unused_result));

/* Note the time in the mark, onto the disk too. 0 or -errno, as above. */
int chores_mark_time(struct chores *chores, struct ledger *ledger)
    __attribute__((warn_unused_result));

/* *patience_ms until something is to be done without being asked; desks are told of it. */
int chores_patience_ms(struct chores *chores, int *patience_ms) __attribute__((warn_unused_result));

#endif
