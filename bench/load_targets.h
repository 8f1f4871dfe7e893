/*
 * The servers of locker-bench load: the echo, and stations started for it or found running.
 */
#ifndef LOCKER_LOAD_TARGETS_H
#define LOCKER_LOAD_TARGETS_H

#include "bench_station.h"
#include "child.h"
#include "load_measure.h"
#include "scratch.h"

#include <stdbool.h>

struct load_targets_plan {
    const char *run_dir; /* of a station that runs; NULL: start those below */
    bool ephemeral, durable;
    bool flushing_echo;         /* also an echo that flushes before it answers */
    const char *compartments;   /* of the stations started */
    const char *const *options; /* theirs besides, as bench_station_plan has them; NULL: none */
    const char *program;        /* NULL: locker-station beside this program */
    const char *scratch;        /* where directories are made; NULL: $TMPDIR, else /tmp */
    enum parcel_size size;      /* what is deposited */
};

struct load_targets {
    struct load_server servers[LOAD_TARGETS_MAX];
    struct bench_station stations[LOAD_TARGETS_MAX]; /* those started here */
    struct child echo;
    struct child flushing_echo;
    struct scratch scratch;
};

/* "ephemeral", "durable", or both with a comma between them: which the plan starts. False after a
 * message. */
bool load_targets_choose(struct load_targets_plan *plan, const char *text);

/* Start what the plan says and name it in the table. 0, or -errno after a message;
 * load_targets_stop() either way. */
int load_targets_start(struct load_targets *targets, const struct load_targets_plan *plan,
                       struct load_table *table) __attribute__((warn_unused_result));

/* The endpoints of the station that runs in that directory. 0 or -errno. */
int load_server_of(struct load_server *server, const char *run_dir)
    __attribute__((warn_unused_result));

/* Start an echo at `at` that answers what `model` has answered to the same requests; flush: the
 * file that it flushes before it answers, or NULL. 0, or -errno after a message. */
int load_echo_start(struct child *echo, const struct load_server *at,
                    const struct load_server *model, enum parcel_size size, const char *flush)
    __attribute__((warn_unused_result));

/* 0, or -ECHILD: something did not end well. */
int load_targets_stop(struct load_targets *targets);

#endif
