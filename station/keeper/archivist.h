/*
 * The archivist: runs once, beside the keeper and out of everybody's way. It audits the whole
 * ledger and writes a checkpoint, so that the next start reads only what came after.
 */
#ifndef LOCKER_ARCHIVIST_H
#define LOCKER_ARCHIVIST_H

#include "job.h"

/* Returns the exit code. */
int archivist_main(const struct job *job);

#endif
