/*
 * Messages for people, on stderr; data goes to stdout and nowhere else.
 */
#ifndef LOCKER_SAY_H
#define LOCKER_SAY_H

/* One line on stderr: "PREFIX: message", or the message alone when prefix is NULL (at a prompt the
 * program's name would only be noise). */
void say(const char *prefix, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
