/*
 * Requests for the load generator: encoded once, then only patched, so that a client's own cost is
 * small and the same whoever answers.
 */
#ifndef LOCKER_LOAD_WIRE_H
#define LOCKER_LOAD_WIRE_H

#include "bounds.h"
#include "size.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_REQUEST_MAX 128
#define LOAD_REPLY_MAX   512 /* room for any reply */

struct load_request {
    unsigned char bytes[LOAD_REQUEST_MAX];
    size_t size;
    size_t id_at;
    size_t code_at; /* pickup only */
};

/* One client's pair of requests and the ids it gives them. */
struct load_wire {
    struct load_request deposit;
    struct load_request pickup; /* for codes of `digits` */
    unsigned digits;
    uint64_t id_stem; /* random: no two clients share ids */
    uint64_t id_count;
};

/* 0 or -errno. */
int load_wire_prepare(struct load_wire *wire, enum parcel_size size)
    __attribute__((warn_unused_result));

/* The next deposit: a fresh id. */
const struct load_request *load_wire_deposit(struct load_wire *wire);

/* Whether the reply says ok. */
bool load_wire_is_ok(const void *reply, size_t size);

/* The code in a deposit's reply; false when there is none in it. */
bool load_wire_code(const void *reply, size_t size, char code[CODE_SIZE]);

/* The pickup of that code, with a fresh id; NULL when it cannot be encoded. */
const struct load_request *load_wire_pickup(struct load_wire *wire, const char *code);

#endif
