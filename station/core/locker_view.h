/*
 * The locker's memory, and a view of it: for the files of this layer only.
 *
 * Layout, in this order, each part on cache lines of its own. In brackets the bytes a compartment
 * at a million compartments: 127.5 beyond the memory of requests.
 *
 *   state         one struct locker_state: six lines, the last two the sequences that readers
 *                 without the lock and the keeper look at
 *   compartments  id and size, as configured                  [17]               cold
 *   services      why it is out of service                    [32]               cold
 *   doors         one a compartment, primary                  [16]               four to a line
 *   retired       ring of retired codes, primary              [24 = 4 x 6]       in sequence
 *   retired times one for every 2^n of them, primary          [0.5]
 *   requests      ring of remembered requests, primary        (64 a request)     a line each
 *   events        ring of events, primary                     [1.25: 8,192]      in sequence
 *   free, spent   hierarchical bitmaps, derived               [0.5]
 *   queue         expiry heaps and places in them, derived    [8]                sixteen to a line
 *   codes         index of live and retired codes, derived    [23.5 = 5 x 4 / 0.85]  sixteen
 *   names         index of compartment ids, derived           [4.7 = 4 / 0.85]   cold
 *   request keys  index of remembered requests, derived       (8 a request)      sixteen
 *
 * What a pickup at a large wall touches beyond the cache, a line each: the code's slot, its door,
 * its place in the heap, the heap there, the slot of the retired code that makes room, and two
 * slots of request keys. A deposit: as many slots, the door and its place. Most are fetched ahead:
 * see locker_expect_id(), apply_expect(), and the ends of request_memory_index() and
 * retired_codes_index().
 *
 * Change any of it: raise LOCKER_LAYOUT_VERSION.
 */
#ifndef LOCKER_LOCKER_VIEW_H
#define LOCKER_LOCKER_VIEW_H

#include "compartment.h"
#include "door.h"
#include "event.h"
#include "free_set.h"
#include "retired_code.h"
#include "slot_table.h"

#include <stdint.h>

struct locker_state;

/* Why a compartment takes no deposits. */
struct service_record {
    char reason[SERVICE_REASON_SIZE]; /* NUL-padded; "" when in service, or for no reason */
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
    int64_t *retired_times; /* one for every 2^retired_times_shift slots of that ring */
    unsigned retired_times_shift;
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
