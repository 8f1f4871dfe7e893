/*
 * A request and a reply as plain values, between the codec and those who ask and answer.
 * What each operation takes and gives is in docs/protocol.md.
 */
#ifndef LOCKER_MESSAGE_H
#define LOCKER_MESSAGE_H

#include "bounds.h"
#include "cancel_reason.h"
#include "operation.h"
#include "outcome.h"
#include "size.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Only the fields of the request's own operation mean anything. Optional keys that were absent
 * leave their has_ flag false (or the default named here). */
struct request {
    enum operation operation;
    bool has_id;
    uint8_t id[REQUEST_ID_SIZE];

    bool has_size; /* deposit: always; cancel: makes it an exchange */
    enum parcel_size size;

    /* pickup, cancel: the code when it is 6 to 12 decimal digits; "" when the text in the request
     * was anything else (a valid string, but no code: answered invalid_code) */
    char code[CODE_SIZE];

    enum cancel_reason reason; /* cancel; default CANCEL_OTHER */

    /* collect, service, release, reissue, extend: always; history: optional; compartments: the
     * value of "after". A text that can be no compartment id (too long, odd characters) is kept
     * as "" with has_compartment true: answered unknown_compartment */
    bool has_compartment;
    char compartment[COMPARTMENT_ID_SIZE];

    bool in_service; /* service */
    bool has_service_reason;
    char service_reason[SERVICE_REASON_SIZE];

    int64_t by_ms;  /* extend: 1 to EXTEND_BY_MS_MAX */
    uint32_t limit; /* compartments, history: 1 to PAGE_LIMIT_MAX, default PAGE_LIMIT_DEFAULT */
    bool accept;    /* clock; default false: it only tells */

    /* Encoding only, for a client that leaves the judgement to the station: what was typed, sent
     * in place of the size's and the cancel reason's name. NULL: those. Borrowed. */
    const char *size_text;
    const char *reason_text;
};

/* Whether it asks for a change: such a request has an id, and its outcome is remembered. */
bool request_changes(const struct request *request);

/* What a compartment looks like from outside. */
enum compartment_state { STATE_FREE = 0, STATE_OCCUPIED, STATE_EXPIRED };

struct compartment_line {
    char compartment[COMPARTMENT_ID_SIZE];
    enum parcel_size size;
    enum compartment_state state;
    bool in_service;
    char reason[SERVICE_REASON_SIZE]; /* "" when none */
    int64_t expires_at_ms;            /* 0 when free */
};

/* One line of the history, and the body of one message of the event feed. Keys whose value does
 * not apply are left out on the wire, but for the compartment, which is nil then. */
struct history_line {
    uint64_t sequence;
    int64_t at_ms;
    const char *event;                     /* "deposited", … */
    char compartment[COMPARTMENT_ID_SIZE]; /* "" when none */
    char cancelled[COMPARTMENT_ID_SIZE];   /* exchanged: the compartment given up; else "" */
    bool has_size;
    enum parcel_size size;
    int64_t expires_at_ms;            /* 0 when none */
    char reason[SERVICE_REASON_SIZE]; /* "" when none */
    bool has_in_service;
    bool in_service;
    bool has_amount;
    int64_t amount; /* extended: "by_ms"; swept: "freed"; outage_credited: "by_ms" */
};

struct status_report {
    int64_t uptime_ms;
    uint32_t free[SIZE_COUNT];
    uint32_t total[SIZE_COUNT];
    uint32_t occupied;       /* with a live token */
    uint32_t expired;        /* awaiting collection */
    uint32_t out_of_service; /* whatever is inside */
    uint64_t sequence;
    uint64_t durable_sequence;
    const char *ledger; /* path, NULL when ephemeral */
    int64_t ttl_ms;
    /* policies */
    bool hold_expired;
    bool fallback;
    unsigned code_digits;
    int64_t remember_ms;
    uint32_t remember_requests;
    uint32_t wrong_codes;
    int64_t sweep_every_ms;
    int64_t credit_outages_ms; /* 0: off, nil on the wire */
    uint64_t operations[OPERATION_COUNT];
    uint64_t errors[OUTCOME_COUNT];
};

/* Only the fields that the operation's reply is made of are read by the codec. */
struct reply {
    enum operation operation;
    enum outcome outcome;
    const char *detail; /* refusals: said after the outcome's sentence, or NULL. Static text. */

    enum parcel_size asked_size; /* no_space */
    int64_t retry_after_ms;      /* try_later */

    const char *station; /* ping, status */
    enum role role;      /* ping */

    char compartment[COMPARTMENT_ID_SIZE];
    enum parcel_size size;
    char code[CODE_SIZE];
    int64_t expires_at_ms;
    bool exchanged; /* cancel with size */
    char cancelled[COMPARTMENT_ID_SIZE];
    bool in_service;
    uint32_t freed;
    int64_t now_ms;     /* status, clock */
    bool clock_suspect; /* status, clock */

    uint32_t free[SIZE_COUNT]; /* availability */
    uint32_t total[SIZE_COUNT];

    const struct status_report *status;
    const struct compartment_line *lines; /* expired, compartments */
    const struct history_line *events;    /* history */
    size_t count;                         /* of lines or events */
    bool more;                            /* compartments */
};

#endif
