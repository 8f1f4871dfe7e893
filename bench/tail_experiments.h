/*
 * The experiments of locker-bench tail. Each starts a durable station of its own and adds a value
 * to each of its figures: one round.
 */
#ifndef LOCKER_TAIL_EXPERIMENTS_H
#define LOCKER_TAIL_EXPERIMENTS_H

#include "measures.h"

#include <stdint.h>

struct tail_plan {
    const char *program; /* the station's; NULL: beside this one */
    const char *scratch; /* where directories are made; NULL: $TMPDIR, else /tmp */
    unsigned clients;
    double seconds;  /* under load while checkpoints are written */
    uint32_t tokens; /* that expire together */
};

/* Each 0, or -errno after a message. */

/* A closed loop while the ledger grows and checkpoints are written; the echo beside it. */
int tail_checkpoints(const struct tail_plan *plan, struct measures *measures)
    __attribute__((warn_unused_result));

/* An open loop of one other client, in a quiet stretch and from the moment at which all tokens
 * expire. The keeper is stopped meanwhile, so that they do so together however long it took to
 * deposit them. */
int tail_expiry(const struct tail_plan *plan, struct measures *measures)
    __attribute__((warn_unused_result));

/* kill -9 of the driver desk under its clients, which are real ones that ask again. */
int tail_killed_desk(const struct tail_plan *plan, struct measures *measures)
    __attribute__((warn_unused_result));

#endif
