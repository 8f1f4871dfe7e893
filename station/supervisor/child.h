/*
 * A process of the station, as the supervisor sees it: started, ready, dead, started again after
 * a while.
 */
#ifndef LOCKER_CHILD_H
#define LOCKER_CHILD_H

#include "job.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    enum job_kind kind;
    pid_t pid;             /* 0: not running */
    int ready_fd;          /* the pipe it says "ready" into, for reading; -1: none */
    bool ready;            /* has said so */
    int told;              /* the latest signal sent to it; 0: none */
    int64_t started_ms;    /* monotonic */
    int64_t restart_at_ms; /* monotonic; 0: no restart is due */
    int64_t backoff_ms;    /* before the next restart */
    bool renewed;          /* asked to end, to be started anew */
};

/*
 * Start this same program again to do the job; job->ready_fd is filled in when wants_ready. Only
 * the descriptors named in the job are inherited, signals are as at login, and the process is
 * named for what it does. 0, or -errno after logging.
 */
int child_start(struct child *child, struct job *job, bool wants_ready)
    __attribute__((warn_unused_result));

/* Take note of what the ready pipe says. True when the child has just become ready. */
bool child_hear_ready(struct child *child);

/* It has died: log how (unless quietly, or of a signal of ours, which a process that has not come
 * as far as to wait for signals does), and note when it is to be started again: at once the first
 * time, then after up to a second. */
void child_died(struct child *child, int status, bool quietly);

/* It has ended because it was to be renewed: it starts again at once. */
void child_ended_as_asked(struct child *child);

/* Nothing when it is not running. */
void child_signal(struct child *child, int signal_number);

#endif
