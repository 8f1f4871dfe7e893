/*
 * The station's log: one line a fact, on stderr, with a "<N>" priority in front when journald
 * reads it. Never while the segment's lock is held, and never a code.
 */
#ifndef LOCKER_LOG_H
#define LOCKER_LOG_H

/* Which process speaks, e.g. "keypad desk". Kept by reference. */
void log_set_speaker(const char *speaker);
/* Errors and warnings only. */
void log_set_quiet(int quiet);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
