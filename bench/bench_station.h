/*
 * A station that a benchmark starts for itself: fresh directories, no limit on wrong codes.
 *
 * What it says on stderr is kept beside its directories and shown only when it did not start or did
 * not end well: that it has no ledger, or that a process was killed, is what was asked for, and
 * would stand in the middle of results.
 */
#ifndef LOCKER_BENCH_STATION_H
#define LOCKER_BENCH_STATION_H

#include "child.h"
#include "scratch.h"

#include <stdbool.h>
#include <stdint.h>

#define BENCH_PATH_SIZE 96

struct bench_station_plan {
    const char *program;      /* NULL: locker-station beside this program */
    const char *scratch;      /* an existing directory; run and data are made below it */
    const char *name;         /* of the station and its subdirectory */
    const char *config;       /* --config FILE, or NULL */
    const char *compartments; /* --compartments, or NULL */
    int64_t ttl_ms;           /* 0: the station's default */
    bool ephemeral;
    bool again;                 /* in the directories of an earlier start */
    const char *const *options; /* further ones, up to 8 words and a NULL; NULL: none */
};

struct bench_station {
    struct child child;
    char run_dir[BENCH_PATH_SIZE];
    char data_dir[BENCH_PATH_SIZE]; /* "" when ephemeral */
    char log[BENCH_PATH_SIZE];      /* the file with what it said */
};

/* 0, or -errno after a message on stderr. */
int bench_station_start(struct bench_station *station, const struct bench_station_plan *plan)
    __attribute__((warn_unused_result));

/* Whether a station that somebody else has started listens in this directory: nobody is asked to
 * wait for the answers of one that does not. 0, or -errno after a message. */
int bench_station_find(const char *run_dir) __attribute__((warn_unused_result));

/* Kill its supervisor with SIGKILL, which takes all of it along, and wait until that is so. */
void bench_station_kill(struct bench_station *station);

/* 0, or -ECHILD after a message: it did not end well. */
int bench_station_stop(struct bench_station *station) __attribute__((warn_unused_result));

#endif
