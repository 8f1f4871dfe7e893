/*
 * Mistakes of whoever wrote the configuration: each said on stderr as soon as it is found, with
 * its place and its remedy, and counted; reading goes on, so that one run shows them all.
 */
#ifndef LOCKER_MISTAKES_H
#define LOCKER_MISTAKES_H

#include <stdbool.h>
#include <stddef.h>

struct mistakes {
    unsigned count;
    bool to_log; /* while the station runs: into its log, not for whoever started it */
};

/* Where a value stands: a flag of the command line, or a line of the file. */
struct place {
    const char *file; /* NULL: the command line */
    int line;         /* 0: the file as a whole */
};

/* "locker-station: FILE:LINE: SUBJECT: what is wrong; the remedy", or "locker-station: --SUBJECT:
 * …"; in the log its own words stand before it. subject NULL: of no single option. */
void mistakes_add(struct mistakes *mistakes, const struct place *place, const char *subject,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The name among count that text is a slip of, or NULL. names: an array of structs of that
 * stride that begin with a const char *, as the tables of options do. */
const char *mistakes_likely_name(const char *text, const void *names, size_t count, size_t stride);

#endif
