/*
 * A fresh directory for the length of a benchmark.
 */
#ifndef LOCKER_SCRATCH_H
#define LOCKER_SCRATCH_H

/* Short enough that the sockets' paths below it fit into sockaddr_un. */
#define SCRATCH_PATH_SIZE 80

struct scratch {
    char path[SCRATCH_PATH_SIZE]; /* "": none */
};

/* Make one, mode 0700, in `parent` (NULL: $TMPDIR, else /tmp). 0 or -errno. */
int scratch_make(struct scratch *scratch, const char *parent) __attribute__((warn_unused_result));
/* The same, with a message on stderr when it cannot be. */
int scratch_make_or_say(struct scratch *scratch, const char *parent)
    __attribute__((warn_unused_result));

/* Remove it with all that is in it. */
void scratch_remove(struct scratch *scratch);

#endif
