/*
 * The supervisor at work, for the files that are its parts: supervisor.c waits and decides,
 * supervisor_start.c starts processes, supervisor_end.c ends them and takes note of deaths.
 */
#ifndef LOCKER_SUPERVISOR_PARTS_H
#define LOCKER_SUPERVISOR_PARTS_H

#include "child.h"
#include "listeners.h"
#include "station_state.h"

enum phase { PHASE_STARTING, PHASE_SERVING, PHASE_DESKS_DRAIN, PHASE_KEEPER_DRAINS, PHASE_OVER };

struct supervisor {
    struct config *config;
    int argc;
    char **argv;
    struct station_state state;
    struct listeners listeners;
    struct child children[JOB_KIND_COUNT];
    enum phase phase;
    int signal_fd;
    int status;             /* exit code */
    bool rebuild;           /* the segment is unusable: all over again */
    int64_t archive_at_ms;  /* monotonic; 0: no archivist is due */
    bool audited;           /* an archivist has been sent through the whole ledger */
    int64_t drain_began_ms; /* monotonic */
    int64_t deadline_ms;    /* of the drain; then what is left is killed */
    int64_t minute_ms;      /* when counting deaths began */
    unsigned deaths;        /* since then */
};

static inline struct child *supervisor_child(struct supervisor *supervisor, int kind)
{
    return &supervisor->children[kind];
}

static inline bool supervisor_is_up(const struct supervisor *supervisor)
{
    return supervisor->phase == PHASE_STARTING || supervisor->phase == PHASE_SERVING;
}

/* ---- supervisor_start.c ------------------------------------------------------------------ */

/* The keeper first: desks need somebody to make their changes durable. 0 or -errno, logged. */
int supervisor_start_all(struct supervisor *supervisor) __attribute__((warn_unused_result));

/* Start again what is due. A failure to (no memory, no process left) is tried again. */
void supervisor_restart_due(struct supervisor *supervisor, int64_t now);

/* When one is due. */
void supervisor_start_archivist(struct supervisor *supervisor, int64_t now);

/* A process may have said that it serves; when all have, so does the station. */
void supervisor_hear_ready(struct supervisor *supervisor, int kind);

/* ---- supervisor_end.c -------------------------------------------------------------------- */

/* Begin an orderly end with this exit code: desks first, with the archivist; the keeper flushes
 * what they have recorded to the last. */
void supervisor_drain(struct supervisor *supervisor, int status);
/* Go on with it: something has ended, or the time is over. */
void supervisor_drain_on(struct supervisor *supervisor, int64_t now);

/* Take note of whoever has died. */
void supervisor_reap(struct supervisor *supervisor);

/* Whatever is left, at once. */
void supervisor_kill_all(struct supervisor *supervisor);

#endif
