/*
 * Ctrl-C: a long benchmark stops early and prints what there is. And what it says meanwhile.
 *
 * SIGINT, SIGTERM and SIGHUP stop the measuring, not the program. Threads started after
 * interrupt_watch() may read it at any time.
 */
#ifndef LOCKER_INTERRUPT_H
#define LOCKER_INTERRUPT_H

#include <stdbool.h>

void interrupt_watch(void);
bool interrupted(void);

/* --quiet: neither progress nor notices from now on. */
void progress_silence(void);
/* Whether progress is to be shown: stderr is a terminal, and nobody asked for silence. */
bool progress_wanted(void);
/* Show one line of progress on stderr in place of the one before; NULL wipes it. Only if wanted. */
void progress_show(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line on stderr about what is no error, unless silence was asked for. */
void notice_show(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
