/*
 * The station's state at a start and at an end: its directories and the locks on them, its key,
 * its ledger and its segment.
 *
 * A segment that an earlier supervisor left is adopted when it can be trusted and agrees with the
 * ledger; else it is built again from the ledger.
 */
#ifndef LOCKER_STATION_STATE_H
#define LOCKER_STATION_STATE_H

#include "config.h"
#include "segment.h"
#include "station_key.h"

#include <stdbool.h>
#include <stdint.h>

struct station_state {
    const struct config *config;
    int run_lock_fd;  /* held for life, by the processes that are started, too */
    int data_lock_fd; /* -1 when ephemeral */
    bool key_is_new;  /* made at this start: no older segment can be its */
    struct station_keys keys;
    uint8_t boot_id[BOOT_ID_SIZE];
    struct segment segment;
    bool has_segment;
};

/* Make the directories and lock them: the first thing of all, before anything is touched. 0, or
 * -errno after logging the cause. state_release() in any case. */
int state_claim(struct station_state *state, const struct config *config)
    __attribute__((warn_unused_result));

/* Bring the state up; the segment is ready afterwards. distrust: an old segment is not to be
 * adopted. 0, or -errno after logging the cause. */
int state_open(struct station_state *state, bool distrust) __attribute__((warn_unused_result));

/* An orderly end, no other process left: the segment is removed. 0, or -EIO after logging: it
 * holds what the ledger lacks, and stays. */
int state_end(struct station_state *state) __attribute__((warn_unused_result));

/* Unmap the segment, wherever it stays, and wipe the keys. state_open() may be called again. */
void state_let_go(struct station_state *state);

/* Give up the locks. */
void state_release(struct station_state *state);

#endif
