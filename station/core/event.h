/*
 * Event: one change of the station, saying what became true.
 *
 * The same value is the crash-recovery record in the segment, the row in the ledger, the line of
 * the history, and the message on the feed. It holds no code: hashes, and the nonce from which
 * only the holder of the station key can derive the code again.
 */
#ifndef LOCKER_EVENT_H
#define LOCKER_EVENT_H

#include "bounds.h"
#include "cancel_reason.h"
#include "compartment.h"
#include "operation.h"

#include <stdbool.h>
#include <stdint.h>

/* Numbers stand in ledgers: never renumber, only add. */
enum event_kind {
    EVENT_NONE = 0,
    EVENT_DEPOSITED = 1,
    EVENT_PICKED_UP = 2,
    EVENT_EXPIRED = 3,
    EVENT_CANCELLED = 4,
    EVENT_EXCHANGED = 5,
    EVENT_COLLECTED = 6,
    EVENT_RELEASED = 7,
    EVENT_REISSUED = 8,
    EVENT_EXTENDED = 9,
    EVENT_SERVICE_CHANGED = 10,
    EVENT_SWEPT = 11,
    EVENT_CLOCK_ACCEPTED = 12,
    EVENT_OUTAGE_CREDITED = 13,
};

#define EVENT_KIND_COUNT 14

/* How a code ended; what a later attempt with it is answered. Numbers stand in ledgers. */
enum retirement {
    RETIRED_NOT = 0,
    RETIRED_USED = 1,
    RETIRED_EXPIRED = 2,
    RETIRED_CANCELLED = 3,
};

struct event {
    uint64_t sequence; /* 1, 2, 3 … without a gap */
    int64_t at_ms;     /* trusted time, milliseconds since the epoch; clock_accepted: the new one */
    int64_t elapsed_ms; /* CLOCK_BOOTTIME at that moment */

    uint64_t request_key[2];      /* keyed hash of the client's request id; 0, 0: it gave none */
    uint64_t request_fingerprint; /* keyed hash of the request's contents */

    uint64_t code_hash;    /* of the code this event issued, or 0 */
    uint64_t code_nonce;   /* the code is derived from it and the station key */
    uint64_t retired_hash; /* of the code this event retired, or 0 */

    int64_t expires_at_ms; /* deposited, exchanged, reissued, extended: of the live token now;
                              expired: when it had expired; else 0 */
    int64_t amount;        /* extended, outage_credited: milliseconds added; swept: how many */

    uint32_t compartment; /* COMPARTMENT_NONE for swept, clock_accepted, outage_credited */
    uint32_t given_up;    /* exchanged: the compartment of the first deposit; else NONE */

    uint8_t kind;          /* enum event_kind */
    uint8_t retirement;    /* enum retirement: how retired_hash ended */
    uint8_t cancel_reason; /* cancelled, exchanged: enum cancel_reason */
    uint8_t code_digits;   /* of the code issued */
    uint8_t in_service;    /* service_changed: the new state */
    uint8_t held;          /* expired: the compartment stays taken until collected */
    uint8_t role;          /* enum role that asked, or EVENT_ROLE_STATION */
    uint8_t reserved;

    /* Places in the segment's rings, set by locker_record(); they make applying idempotent. */
    uint64_t retired_position;
    uint64_t request_position;

    char reason[SERVICE_REASON_SIZE]; /* service_changed, and cancelled or exchanged when the
                                         compartment went out of service; else "" */
};

#define EVENT_ROLE_STATION 0xff

/* The compartment whose code the event retires, if it retires one. */
static inline uint32_t event_retires_from(const struct event *event)
{
    return event->given_up != COMPARTMENT_NONE ? event->given_up : event->compartment;
}

/* The topic and wire name: "deposited", "picked_up", … */
const char *event_name(enum event_kind kind);

/* 0 and *kind set, or -EINVAL. */
int event_from_name(const char *text, enum event_kind *kind) __attribute__((warn_unused_result));

#endif
