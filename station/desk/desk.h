/*
 * A desk: the process that serves one role's terminals. It reads their bytes and changes the
 * segment; it never touches the disk (the operator's reads the ledger for the history).
 */
#ifndef LOCKER_DESK_H
#define LOCKER_DESK_H

#include "job.h"

/* Serve until told to stop; returns the exit code. */
int desk_main(const struct job *job);

#endif
