/*
 * The processes of a running station, as /proc shows them.
 */
#ifndef LOCKER_STATION_PROCESSES_H
#define LOCKER_STATION_PROCESSES_H

#include <stdint.h>
#include <sys/types.h>

#define STATION_PROCESSES_MAX 16

struct station_process {
    pid_t pid;
    char name[24]; /* driver desk, keeper; the first: supervisor */
};

/* The supervisor, first, and its children. How many. */
unsigned station_processes(pid_t supervisor,
                           struct station_process processes[STATION_PROCESSES_MAX]);

/* The child of that name, 0: there is none. */
pid_t station_process(pid_t supervisor, const char *name);

struct process_usage {
    uint64_t wakeups; /* voluntary switches of all its threads: each sleep ends in one wake-up */
    uint64_t cpu_ns;  /* of all its threads, from schedstat */
};

/* 0 or -errno: it is gone. */
int process_usage(pid_t pid, struct process_usage *usage) __attribute__((warn_unused_result));

/* Proportional set size, KiB. -EACCES: only its owner, or root for one that cannot be dumped, may
 * look; other -errno. */
int64_t process_pss_kib(pid_t pid);

#endif
