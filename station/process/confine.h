/*
 * Confinement: bounds on a process that reads what others send.
 */
#ifndef LOCKER_CONFINE_H
#define LOCKER_CONFINE_H

#include <stddef.h>

/* Where a process asks to be ended before others when the machine has no memory left. For
 * process_confine(), but to be opened before process_harden(), which gives /proc/self to root.
 * A close-on-exec descriptor, or -1. */
int process_open_oom_score(void);

/*
 * At most so many bytes of memory of its own (RLIMIT_DATA), and the first of the station to go when
 * the machine has none left. libzmq gathers an unfinished message for as long as its frames come,
 * and aborts when it gets no memory: so that such a message ends this process alone. oom_score_fd
 * is closed. Not under a sanitizer, whose shadow would count. What cannot be had is logged.
 */
void process_confine(size_t bytes, int oom_score_fd);

#endif
