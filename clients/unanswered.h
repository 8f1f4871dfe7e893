/*
 * The changes whose outcome is not known: no answer came, or one that leaves it open. Asked for
 * again they must go out under the id of the first time, or a change that was made after all is
 * made twice, or refused as made already.
 *
 * Several are remembered, because at a keypad another customer types in between. What stands here
 * is a keyed hash of each change, under a key of this process: no code is kept.
 */
#ifndef LOCKER_UNANSWERED_H
#define LOCKER_UNANSWERED_H

#include "message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many customers as may stand before a station without a disk and be told to come back. */
#define UNANSWERED_MAX 64

#define UNANSWERED_HASH_SIZE 16

struct unanswered_change {
    uint8_t hash[UNANSWERED_HASH_SIZE]; /* of all of the request but its id */
    uint8_t id[REQUEST_ID_SIZE];
    int64_t asked_ms; /* CLOCK_BOOTTIME; 0: no change stands here */
};

struct unanswered {
    uint8_t key[32];
    struct unanswered_change changes[UNANSWERED_MAX];
};

/* None yet. libsodium must have been initialised. */
void unanswered_begin(struct unanswered *unanswered);

/* When this very change is among them: give it its id. False: it is not. */
bool unanswered_recall(const struct unanswered *unanswered, struct request *request);

/* The change, with its id, has been asked for and its outcome is not known: the oldest one makes
 * room. */
void unanswered_keep(struct unanswered *unanswered, const struct request *request);

/* Its outcome is known. */
void unanswered_forget(struct unanswered *unanswered, const struct request *request);

#endif
