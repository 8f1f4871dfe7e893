/*
 * A program that a benchmark starts, waits for, and ends: a station, an echo server.
 *
 * The child gets a process group of its own (so that Ctrl-C reaches the benchmark alone, which
 * then ends it in order) and dies with the benchmark.
 */
#ifndef LOCKER_CHILD_H
#define LOCKER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
    pid_t pid; /* 0: none */
};

#define CHILD_ARGUMENTS_MAX 64

/* Room for the path of any file (PATH_MAX, whose header one of ours hides). */
#define CHILD_PATH_SIZE 4096

/*
 * Start argv[0] (a path) with argv[1] …, "--ready-fd N" appended, and wait until it says that it
 * is ready (a write to that descriptor). What it says on stderr goes into the file `log`, emptied
 * before; NULL: to ours. 0; -ETIMEDOUT; -ECHILD when it ended instead; other -errno. When not 0,
 * nothing is left running.
 */
int child_start(struct child *child, const char *const argv[], const char *log, int timeout_ms)
    __attribute__((warn_unused_result));

/* Another user to run it as. */
struct child_user {
    uid_t uid;
    gid_t gid;
};

/*
 * Start a program that knows no --ready-fd, and do not wait. Its stdout is /dev/null, since ours is
 * for results; it works in the root directory. user: NULL for our own. 0 or -errno; a program that
 * could not be executed ends at once.
 */
int child_spawn(struct child *child, const char *const argv[], const struct child_user *user)
    __attribute__((warn_unused_result));

/* Whether it is still there; when not, it is reaped and child_stop() has nothing to do. */
bool child_runs(struct child *child);

/* Wait until it has ended by itself. 0 when it exited with 0, else -ECHILD; after the timeout it
 * is killed and it is -ETIMEDOUT. */
int child_finish(struct child *child, int timeout_ms) __attribute__((warn_unused_result));

/* Ask it to end (SIGTERM), wait, and after ten seconds SIGKILL. 0 when it exited with 0, else
 * -ECHILD. Without a child: 0. */
int child_stop(struct child *child);

/* SIGKILL, and wait until it is gone. */
void child_kill(struct child *child);

/* The path of a program in the directory of this one. 0 or -errno. */
int child_sibling(const char *name, char *path, size_t size) __attribute__((warn_unused_result));

#endif
