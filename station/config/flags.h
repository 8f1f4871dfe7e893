/*
 * The flags of the command line, read with getopt_long from the table of settings.
 */
#ifndef LOCKER_FLAGS_H
#define LOCKER_FLAGS_H

#include "setting.h"

struct flag {
    const struct setting *setting;
    const char *value; /* "on" for a flag without one. Points into argv */
};

struct flags {
    struct flag *list; /* in the order given. Owned */
    size_t count;
};

/* 0, also with mistakes added (what was right is in the list); -ENOMEM with a mistake added. */
int flags_read(struct flags *flags, int argc, char **argv, struct mistakes *mistakes)
    __attribute__((warn_unused_result));
void flags_free(struct flags *flags);

/* The value of the last flag of that name, or NULL. */
const char *flags_value(const struct flags *flags, const char *name);

#endif
