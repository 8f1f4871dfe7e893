/*
 * Every answer the station can give to a request: its wire name and its sentence for people.
 *
 * A refusal is an answer, not a failure of the station: functions that can refuse return
 * enum outcome; functions that can fail (memory, disk, sockets) return int, 0 or -errno.
 */
#ifndef LOCKER_OUTCOME_H
#define LOCKER_OUTCOME_H

enum outcome {
    OUTCOME_OK = 0,
    OUTCOME_INVALID_REQUEST,
    OUTCOME_UNSUPPORTED_VERSION,
    OUTCOME_UNKNOWN_OP,
    OUTCOME_NOT_ALLOWED,
    OUTCOME_INVALID_SIZE,
    OUTCOME_NO_SPACE,
    OUTCOME_INVALID_CODE,
    OUTCOME_CODE_USED,
    OUTCOME_CODE_CANCELLED,
    OUTCOME_CODE_EXPIRED,
    OUTCOME_UNKNOWN_COMPARTMENT,
    OUTCOME_NOT_OCCUPIED,
    OUTCOME_NOT_EXPIRED,
    OUTCOME_ID_REUSED,
    OUTCOME_TRY_LATER,
    OUTCOME_STORAGE_UNAVAILABLE,
};

#define OUTCOME_COUNT 17

/* The wire name, e.g. "code_used"; "ok" for OUTCOME_OK. */
const char *outcome_name(enum outcome outcome);

/* One English sentence without a full stop. For OUTCOME_NO_SPACE the size asked for is to be
 * appended: "No available compartment of size " + size_name(). */
const char *outcome_message(enum outcome outcome);

#endif
