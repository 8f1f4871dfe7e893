/*
 * What the supervisor hands to a process it starts: one sealed memory file, inherited.
 *
 * The child is this same program, started again with fork and exec (never a bare fork once the
 * lock is mapped), as "locker-station --job FD". Everything it may touch is in here: descriptors
 * already open, keys it needs and no others.
 */
#ifndef LOCKER_JOB_H
#define LOCKER_JOB_H

#include "config.h"
#include "station_key.h"

#include <stdbool.h>
#include <stdint.h>

enum job_kind {
    JOB_DESK_DRIVER = 0, /* = enum role */
    JOB_DESK_KEYPAD = 1,
    JOB_DESK_OPERATOR = 2,
    JOB_KEEPER = 3,
    JOB_ARCHIVIST = 4, /* runs once and ends: writes a checkpoint, may audit the ledger */
};

#define JOB_KIND_COUNT 5

/* The name in the log and of the process, e.g. "keypad desk", "keeper". */
const char *job_name(enum job_kind kind);

struct job {
    uint32_t kind;
    int32_t supervisor_pid;
    int32_t segment_fd;
    int32_t listen_fd;               /* desks: their bound unix socket */
    int32_t feed_fd;                 /* operator's desk: the event feed's; else -1 */
    int32_t wake_fd[JOB_KEEPER + 1]; /* eventfds: a process waits on its own, writes to others */
    int32_t archive_fd;   /* eventfd: the keeper asks the supervisor for an archivist's run */
    int32_t run_lock_fd;  /* only to be held: see run_lock.h */
    int32_t data_lock_fd; /* those who write there; else -1 */
    int32_t ready_fd;     /* pipe: one byte is written when this process serves; -1: nobody waits */
    bool audit; /* archivist: verify the whole ledger too, not only what a start would read */
    bool quiet;
    bool ephemeral;
    char station[STATION_NAME_SIZE];
    char socket_path[CONFIG_PATH_MAX];
    char feed_path[CONFIG_PATH_MAX];
    char data_dir[CONFIG_PATH_MAX]; /* keeper, archivist; operator's desk (history, read-only) */
    uint8_t boot_id[16];
    struct station_keys keys;  /* what this kind needs; the rest zero */
    char curve_secret_key[41]; /* Z85, desks with remote endpoints; else "" */
    uint32_t remote_count;
    struct remote_endpoint remotes[REMOTE_ENDPOINTS_MAX]; /* this desk's own */
};

/* Write job into a sealed memfd. Returns the descriptor (not close-on-exec) or -errno. */
int job_seal(const struct job *job) __attribute__((warn_unused_result));

/* Read it back in the child, and close the descriptor. 0 or -errno. */
int job_read(int fd, struct job *job) __attribute__((warn_unused_result));

#endif
