/*
 * What a handle on the ledger holds; for the files of this layer only.
 */
#ifndef LOCKER_LEDGER_HANDLE_H
#define LOCKER_LEDGER_HANDLE_H

#include "dir_watch.h"
#include "ledger.h"
#include "mark.h"
#include "store.h"

#include <linux/limits.h>

/* A place in the chain: a row, and its checksum. Sequence 0: before the first row. */
struct ledger_place {
    uint64_t sequence;
    uint8_t chain[LEDGER_CHAIN_SIZE];
};

struct ledger {
    char directory[PATH_MAX];
    char path[PATH_MAX]; /* of ledger.db */
    char station[STATION_NAME_SIZE];
    uint8_t key[LEDGER_KEY_SIZE];
    const struct compartment *wall; /* the caller's */
    uint32_t compartments;
    bool readonly;
    bool existing;

    struct dir_watch watch; /* the writer's */
    struct store store;
    struct mark mark;
    uint64_t epoch;
    uint8_t identity[LEDGER_IDENTITY_SIZE]; /* random, made with the ledger */

    /* The writer's: */
    struct ledger_place end;       /* the last row that is durable */
    struct ledger_place attempted; /* the last row of a batch whose commit failed; else = end */
    uint8_t boot_id[BOOT_ID_SIZE]; /* zero: unknown */
    bool boot_is_written;          /* the rows that follow are known to be of that boot */
    bool mark_failing;             /* said so in the log */
    bool complaining;              /* why it cannot be opened again stands in the log */
};

/* After a failure the writer's connection is closed: open it again and judge what it holds. */
int ledger_ensure_open(struct ledger *ledger, char *why) __attribute__((warn_unused_result));

/* Where the rows end, the last one verified against the one before it. */
int ledger_find_end(struct ledger *ledger, struct ledger_place *end, char *why)
    __attribute__((warn_unused_result));

/* Do the rows reach as far as the mark says that they must, and to the row that it names? */
int ledger_check_mark(struct ledger *ledger, uint64_t last_sequence, char *why)
    __attribute__((warn_unused_result));

/* Who sees the rows of a walk. It may be called in another thread, and must leave the ledger alone.
 */
struct ledger_visitor {
    /* A verified row. Below zero ends the walk; it has said why. */
    int (*visit)(void *context, struct ledger_row *row);
    /* A row that will be visited if it is right, before it is verified. */
    void (*expect)(void *context, const struct ledger_row *row);
    void *context;
};

/*
 * Walk the rows after *place up to `end`, in slices of short reads: each must follow the one
 * before it, be canonical, and have the right checksum. visitor: NULL: nobody. *place ends at the
 * last good row.
 */
#define LEDGER_SLICE_ROWS 8192

int ledger_walk(struct ledger *ledger, struct ledger_place *place, uint64_t end,
                const struct ledger_visitor *visitor, char *why)
    __attribute__((warn_unused_result));

/* ---- ledger_origin.c: whose ledger it is, and in which boots its rows were written ------- */

/* Put name, a fresh identity and epoch 1 into a new ledger. */
int ledger_origin_create(struct ledger *ledger, char *why) __attribute__((warn_unused_result));

/* Read and (with verify) judge them; fills epoch and identity. */
int ledger_origin_read(struct ledger *ledger, bool verify, char *why)
    __attribute__((warn_unused_result));

/* Within the batch's transaction: rows from first_sequence on belong to this handle's boot. */
int ledger_boot_write(struct ledger *ledger, uint64_t first_sequence)
    __attribute__((warn_unused_result));

/* The boot that the row was written in; zero when unknown. */
int ledger_boot_of(struct ledger *ledger, uint64_t sequence, uint8_t boot_id[BOOT_ID_SIZE])
    __attribute__((warn_unused_result));

#endif
