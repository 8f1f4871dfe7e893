/*
 * Wake-ups between the processes of the station: eventfds, made by the supervisor and inherited.
 * (A process-shared condition variable does not survive the death of a waiter.)
 */
#ifndef LOCKER_WAKE_H
#define LOCKER_WAKE_H

/* A new one, non-blocking and close-on-exec; -errno. */
int wake_create(void) __attribute__((warn_unused_result));

/* Make it readable; wakes a process that polls it. */
void wake_signal(int fd);

/* Take all signals so far. */
void wake_drain(int fd);

#endif
