/*
 * What a replay came to, beside what it should have: the comparison decides its exit code.
 */
#ifndef LOCKER_REPLAY_REPORT_H
#define LOCKER_REPLAY_REPORT_H

#include "replay_audit.h"

#include <stdbool.h>

/* How far refusals may differ from the count: 2 % of a size's parcels, and never less than 3. A
 * deposit and a pickup that the count has seconds apart may swap at the speed-up; each such swap
 * can turn one refusal round. That none was unjustified is checked exactly, by the record. */
#define REPLAY_REFUSED_TOLERANCE_PERCENT 2
#define REPLAY_REFUSED_TOLERANCE_MIN     3

struct replay_report {
    const struct replay *replay;
    const struct replay_audit *audit;
    const struct trace_totals *counted;
    uint64_t parcels[SIZE_COUNT]; /* of the trace */
    int64_t still_inside;         /* as the station says at the end */
    bool finished;
};

/* Print totals, schedule and checks; true when all agree. */
bool replay_report_print(const struct replay_report *report, FILE *file);
/* The same as one JSON object; *agree likewise. 0, -ENOMEM, or -EIO. */
int replay_report_json(const struct replay_report *report, FILE *file, bool *agree)
    __attribute__((warn_unused_result));

#endif
