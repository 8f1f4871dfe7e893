/*
 * The archivist: runs now and then, beside the keeper and out of everybody's way, and ends. It
 * writes a checkpoint, so that the next start reads only what came after, and keeps history.db, by
 * which the history of one compartment is found. Where job->audit says so, the first time in a
 * station's life, it audits the whole ledger before.
 */
#ifndef LOCKER_ARCHIVIST_H
#define LOCKER_ARCHIVIST_H

#include "job.h"

/* Returns the exit code. */
int archivist_main(const struct job *job);

#endif
