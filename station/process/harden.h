/*
 * What every process of the station does first.
 */
#ifndef LOCKER_HARDEN_H
#define LOCKER_HARDEN_H

#include <stddef.h>

/* No core dump of this process ever, whatever the limits say: codes pass through its memory.
 * (PR_SET_DUMPABLE 0; exec resets it, so every process calls this for itself.) */
void process_harden(void);

/* Where a process asks to be ended before others when the machine has no memory left. For
 * process_confine(), but to be opened before process_harden(), which gives /proc/self to root.
 * A close-on-exec descriptor, or -1. */
int process_open_oom_score(void);

/*
 * For a process that reads what others send. At most so many bytes of memory of its own
 * (RLIMIT_DATA), and the first of the station to go when the machine has none left. The library
 * that reads for it gathers an unfinished message for as long as its frames come, and aborts when
 * it gets no memory: so that such a message ends this process alone. oom_score_fd is closed.
 * Not under a sanitizer, whose shadow would count. What cannot be had is logged.
 */
void process_confine(size_t bytes, int oom_score_fd);

/* Die with the parent of pid `parent`; exits at once when it is gone already. */
void process_die_with(int parent);

#endif
