/*
 * An open loop's arithmetic: requests fall due at a fixed rate, whatever the answers do, and are
 * held against the moment they fell due. Pure: the caller brings the clock, ns.
 *
 * When too many are out, the next waits at the client; it is due all the same, so a server that
 * stalls is charged for everybody it kept waiting (Gil Tene calls the omission of that
 * "coordinated omission").
 */
#ifndef LOCKER_PACE_H
#define LOCKER_PACE_H

#include "load_table.h"

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t start_ns;
    uint64_t end_ns;
    uint64_t rate;    /* a second */
    uint64_t total;   /* that fall due from start to end */
    uint64_t issued;  /* of them sent */
    uint64_t settled; /* of those answered, or given up */
    uint64_t out_max; /* sent and not settled at a time */
    struct load_round *round;
};

/* One request that is out. */
struct pace_ticket {
    uint64_t due_ns;
    uint64_t sent_ns;
};

/* rate and out_max > 0; the round was cleared, and gets the results. */
void pace_start(struct pace *pace, uint64_t start_ns, uint64_t rate, double seconds,
                uint64_t out_max, struct load_round *round);

/* Whether a request is to be sent now: the next is due and there is room; its ticket if so. */
bool pace_issue(struct pace *pace, uint64_t now_ns, struct pace_ticket *ticket);

/* When pace_issue() can next say yes if no answer comes: UINT64_MAX when only an answer helps. */
uint64_t pace_wake_ns(const struct pace *pace);

/* The request of that ticket was answered, with ok or otherwise. */
void pace_answer(struct pace *pace, const struct pace_ticket *ticket, uint64_t now_ns, bool ok);

/* It was not, and nobody waits any longer: it counts with the time it has taken so far, which is
 * less than the truth. */
void pace_give_up(struct pace *pace, const struct pace_ticket *ticket, uint64_t now_ns);

/* All that fell due were settled. */
bool pace_is_over(const struct pace *pace);

/* Close the account: whatever was never sent counts as given up now, and the round is told whether
 * the rate was reached: 99 % of what fell due answered by the end. */
void pace_finish(struct pace *pace, uint64_t now_ns);

#endif
