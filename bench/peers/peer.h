/*
 * A peer: what somebody would take instead of the station for the same job, set up as well as a
 * competent user of it would, and driven by its usual client.
 *
 * All of them: deposit takes the lowest-placed free compartment of a size and gives it a fresh
 * random code; pickup by the code frees it and marks the code used; a code that has been used or
 * has expired is refused by that name; an expired parcel's compartment is freed when a deposit
 * needs it. None remembers request ids: a client that lost an answer cannot ask again.
 */
#ifndef LOCKER_PEER_H
#define LOCKER_PEER_H

#include "child.h"
#include "load_protocol.h"
#include "size.h"

#include <stdbool.h>
#include <stdint.h>

#define PEER_DIRECTORY_SIZE 112
#define PEER_VERSION_SIZE   32

/* Codes are longer than a station's six digits by default: the peers keep every used code, and a
 * benchmark would soon have used up a million. */
#define PEER_CODE_DIGITS 9

/* How long codes live, and how long used ones are remembered: a station's defaults. */
#define PEER_TTL_MS     (INT64_C(7) * 24 * 3600 * 1000)
#define PEER_REMEMBER_S (30 * 24 * 3600)

/* What a user can rely on, in words for a column; "no" where there is nothing. */
struct guarantees {
    const char *durable;      /* when a change is on disk */
    const char *exactly_once; /* a repeated request id gets its first outcome */
    const char *expiry;       /* what frees an expired parcel's compartment */
    const char *refusals;     /* whether a refusal says why */
};

struct peer_plan {
    /* Exists, is absolute, empty, and this peer's alone. Whoever made it removes it afterwards. */
    const char *directory;
    uint32_t doors[SIZE_COUNT];
    int64_t ttl_ms;
    unsigned links_max; /* open at a time */
};

/* One that runs. */
struct peer_server {
    char directory[PEER_DIRECTORY_SIZE];
    char version[PEER_VERSION_SIZE];
    int64_t ttl_ms;
    struct child child; /* none: a library */
};

struct peer {
    const char *name;
    const char *package; /* Debian's, with the server */
    struct guarantees guarantees;

    bool (*installed)(void);
    /* Start it with an empty wall, on a unix socket in the directory. 0, or -errno after a message;
     * then nothing is left running. */
    int (*start)(struct peer_server *server, const struct peer_plan *plan);
    /* After all links are closed. 0, or -ECHILD after a message: it did not end well. */
    int (*stop)(struct peer_server *server);

    /* Its `server` is the struct peer_server. */
    const struct load_protocol *protocol;
};

extern const struct peer peer_redis_always;
extern const struct peer peer_redis_everysec;
extern const struct peer peer_postgres;
extern const struct peer peer_sqlite;

#define PEER_COUNT 4

/* All of them. */
extern const struct peer *const peers[PEER_COUNT];

/* ---- what they share --------------------------------------------------------------------- */

/* Take from the plan into the server what its links need. 0 or -ENAMETOOLONG. */
int peer_settle(struct peer_server *server, const struct peer_plan *plan)
    __attribute__((warn_unused_result));

/* The path of a program: in one of the directories (NULL-terminated list of glob patterns; of
 * several the last in order). 0, or -ENOENT. */
int peer_find_program(const char *const patterns[], char path[CHILD_PATH_SIZE])
    __attribute__((warn_unused_result));

/* The outcome of that wire name; OUTCOME_INVALID_REQUEST for what is none. */
enum outcome peer_outcome(const char *name);

/* Wait, at most LOAD_ANSWER_TIMEOUT_MS, until the descriptor has one of the events (poll's). 0,
 * also after a signal; -ETIMEDOUT; other -errno. */
int peer_wait(int fd, short events) __attribute__((warn_unused_result));

#endif
