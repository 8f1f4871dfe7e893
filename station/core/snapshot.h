/*
 * The primary state of a locker, record by record: for writing a checkpoint and reading it back.
 *
 * Export: a locker that nobody changes meanwhile. Import: after locker_format(), import the records
 * in any order, then snapshot_finish(), which rebuilds the indexes and checks every invariant.
 */
#ifndef LOCKER_SNAPSHOT_H
#define LOCKER_SNAPSHOT_H

#include "locker.h"

struct snapshot_scalars {
    uint64_t sequence; /* of the last event applied */
    int64_t at_ms;     /* the clock's last trusted time */
    int64_t guess_full_at_ms;
};

/* One compartment's token and service state. */
struct snapshot_compartment {
    uint64_t code_hash;
    int64_t expires_at_ms;
    bool in_service;
    char reason[SERVICE_REASON_SIZE];
};

struct snapshot_retired {
    uint64_t code_hash;    /* what is kept of it, see retired_code.h */
    int64_t retired_at_ms; /* or a little later, see layout.c */
    uint8_t retirement;    /* enum retirement; RETIRED_NOT: superseded */
};

struct snapshot_request {
    uint64_t request_key[2];
    uint64_t request_fingerprint;
    struct answer answer; /* repeated and retry_after_ms mean nothing here */
};

void snapshot_get_scalars(const struct locker *locker, struct snapshot_scalars *scalars);
void snapshot_get_compartment(const struct locker *locker, uint32_t index,
                              struct snapshot_compartment *record);
/* Oldest first, i < count. */
uint64_t snapshot_retired_count(const struct locker *locker);
void snapshot_get_retired(const struct locker *locker, uint64_t i, struct snapshot_retired *record);
uint64_t snapshot_request_count(const struct locker *locker);
void snapshot_get_request(const struct locker *locker, uint64_t i, struct snapshot_request *record);

/* Make a locker that has been used as empty as locker_format() does, to import something else. */
void snapshot_clear(struct locker *locker);

void snapshot_put_scalars(struct locker *locker, const struct snapshot_scalars *scalars);
void snapshot_put_compartment(struct locker *locker, uint32_t index,
                              const struct snapshot_compartment *record);
/* Oldest first; when more come than fit, the oldest are forgotten. */
void snapshot_put_retired(struct locker *locker, const struct snapshot_retired *record);
void snapshot_put_request(struct locker *locker, const struct snapshot_request *record);

/* 0, or -EINVAL with the broken invariant in why (at least 160 bytes). */
int snapshot_finish(struct locker *locker, char *why, size_t why_size)
    __attribute__((warn_unused_result));

#endif
