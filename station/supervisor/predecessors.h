/*
 * The processes of a station that was killed: its lock on the directory goes a moment before the
 * kernel has killed its keeper and desks. A new start waits for that moment, so that nobody writes
 * to the segment or the ledger beside it.
 */
#ifndef LOCKER_PREDECESSORS_H
#define LOCKER_PREDECESSORS_H

/* Wait, within a bound, until the processes that the old segment of this name speaks of are gone.
 * Harmless when there is no such segment, or its numbers are other programs' by now. */
void predecessors_await(const char *segment_name);

#endif
