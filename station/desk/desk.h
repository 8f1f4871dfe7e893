/*
 * A desk: the process that serves one role's terminals. It reads their bytes and changes the
 * segment; it never touches the disk (the operator's reads the ledger for the history).
 */
#ifndef LOCKER_DESK_H
#define LOCKER_DESK_H

#include "job.h"

/*
 * Memory of its own that a desk may have, bytes: see confine.h. Room for two thousand
 * terminals, each of which costs some 100 KiB in libzmq, besides what a desk always has: 20 MiB,
 * most of it stacks of libzmq's threads, the replies held back and the longest answers.
 */
#define DESK_MEMORY_MAX ((size_t)256 << 20)

/* Serve until told to stop; returns the exit code. */
int desk_main(const struct job *job);

#endif
