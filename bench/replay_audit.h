/*
 * Judging the record of a replay: exactly what the answers must have in common, whatever the
 * timing was.
 */
#ifndef LOCKER_REPLAY_AUDIT_H
#define LOCKER_REPLAY_AUDIT_H

#include "replay_run.h"
#include "trace_count.h"

struct replay_audit {
    struct trace_totals totals; /* as they came out; occupied_max by the record's times */
    uint64_t unsettled;         /* parcels whose end is not known (an interrupted replay) */
    uint64_t given_twice;       /* a compartment given while its parcel was certainly inside */
    uint64_t refused_wrongly;   /* no_space while a fitting compartment was certainly free */
    uint64_t not_as_planned;    /* accepted parcels picked up though they should have expired, or
                                   the other way round */
};

/* ttl_ms is of the trace's time. 0 or -ENOMEM. */
int replay_judge(const struct replay *replay, const uint32_t doors[SIZE_COUNT], int64_t ttl_ms,
                 struct replay_audit *audit) __attribute__((warn_unused_result));

#endif
