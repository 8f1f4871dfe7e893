/*
 * What every process of the station does first.
 */
#ifndef LOCKER_HARDEN_H
#define LOCKER_HARDEN_H

/* No core dump of this process ever, whatever the limits say: codes pass through its memory.
 * (PR_SET_DUMPABLE 0; exec resets it, so every process calls this for itself.) */
void process_harden(void);

/* An INVARIANT that is false is named in the log before the process dies of it: without a core dump
 * it would leave no trace but a signal's number. */
void process_tell_traps(void);

/* Die with the parent of pid `parent`; exits at once when it is gone already. */
void process_die_with(int parent);

#endif
