/*
 * The locker's memory, and a view of it: for the files of this layer only.
 *
 * Layout, in this order, each part 64-byte aligned; bytes a compartment in brackets:
 *
 *   state         one struct locker_state
 *   compartments  id and size                                  [17]    cold
 *   services      out of service, and why                      [33]    cold
 *   tokens        one a compartment, primary                   [24]    hot
 *   retired       ring of retired codes, primary               [64 = 4 × 16]
 *   requests      ring of remembered requests, primary         (64 a request)
 *   events        ring of events, primary                      (192 an event)
 *   free, spent   hierarchical bitmaps, derived                [0.5]   hot
 *   queue         expiry heaps and places in them, derived     [8]     hot
 *   codes         index of live and retired codes, derived     [53 = 5 × 8 × 4/3] hot
 *   names         index of compartment ids, derived            [10.7]  cold
 *   request keys  index of remembered requests, derived        (10.7 a request)
 *
 * Change any of it: raise LOCKER_LAYOUT_VERSION.
 */
#ifndef LOCKER_LOCKER_VIEW_H
#define LOCKER_LOCKER_VIEW_H

#include "compartment.h"
#include "door.h"
#include "event.h"
#include "free_set.h"
#include "slot_table.h"

#include <stdint.h>

struct locker_state;

/* Why a compartment takes no deposits. */
struct service_record {
    char reason[SERVICE_REASON_SIZE]; /* NUL-padded; "" when in service, or for no reason */
};

/* A code that opens nothing any more, and how it ended. */
struct retired_code {
    uint64_t code_hash; /* 0: superseded, the code has been issued again */
    int64_t ended;      /* retired_at_ms × 4 + enum retirement */
};

/* What a request with an id was answered. */
struct remembered_request {
    uint64_t key[2]; /* 0, 0: superseded, the id has been used again */
    uint64_t fingerprint;
    uint64_t sequence;
    uint64_t code_nonce;
    int64_t value; /* swept: how many; clock_accepted: at_ms; else expires_at_ms */
    uint32_t compartment;
    uint32_t given_up;
    uint8_t kind; /* enum event_kind */
    uint8_t code_digits;
    uint8_t in_service;
    uint8_t reserved[5];
};

/* The earliest to expire, of each size: 4-ary heaps of compartment numbers. */
struct expiry_queue {
    uint32_t *heap;            /* a region a size, as long as there are compartments of it */
    uint32_t *place;           /* of each compartment in its heap; EXPIRY_QUEUE_OUT: in none */
    uint32_t base[SIZE_COUNT]; /* where each region starts */
    uint32_t *counts;          /* how many are in each, in the state */
    const struct door *doors;
};

struct locker {
    struct locker_state *state;
    struct compartment *compartments;
    struct service_record *services;
    struct door *doors;
    struct retired_code *retired;
    struct remembered_request *requests;
    struct event *events;
    struct free_set free[SIZE_COUNT];
    struct free_set spent;
    struct expiry_queue queue;
    struct slot_table codes;
    struct slot_table names;
    struct slot_table request_keys;
};

#endif
