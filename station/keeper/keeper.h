/*
 * The keeper: the process that makes changes durable. It appends what the desks have recorded to
 * the ledger, a batch a flush, tells the desks, and expires tokens when their time comes. No
 * client's bytes reach it: it has no socket at all.
 */
#ifndef LOCKER_KEEPER_H
#define LOCKER_KEEPER_H

#include "job.h"

/* Serve until told to stop; then flush everything and write a checkpoint. Returns the exit code. */
int keeper_main(const struct job *job);

#endif
