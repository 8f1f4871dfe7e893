/*
 * The row relay: rows on their way from the one who reads them out of the database to the one who
 * verifies them and does something with them, batch by batch, in order.
 *
 * On a long way the taker is called in a thread of its own, and the two work at the same time: at a
 * start each takes half a microsecond a row, and there may be millions. On a short way, and when no
 * thread can be had, it is called by the giver. Nobody else may use what the taker uses meanwhile.
 */
#ifndef LOCKER_ROW_RELAY_H
#define LOCKER_ROW_RELAY_H

#include "ledger_row.h"

#include <pthread.h>
#include <stdbool.h>

#define ROW_BATCH_ROWS    256
#define ROW_RELAY_BATCHES 4

struct row_batch {
    unsigned count;
    struct ledger_row rows[ROW_BATCH_ROWS];
    uint8_t checksums[ROW_BATCH_ROWS][LEDGER_CHAIN_SIZE]; /* as found beside each */
};

/* Below zero: no further batches. */
typedef int row_taker(void *context, struct row_batch *batch);

struct row_relay {
    row_taker *take;
    void *context;
    struct row_batch *batches; /* a ring, or a single one */
    struct row_batch *room;    /* the giver's to fill: never full */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    unsigned long given, taken; /* batches, ever */
    bool over;
    int error; /* the taker's */
};

/* 0 or -ENOMEM. row_relay_close() it when 0. */
int row_relay_open(struct row_relay *relay, bool long_way, row_taker *take, void *context)
    __attribute__((warn_unused_result));

/* A row was added to the room, count not yet raised. The taker's error as soon as there is one. */
int row_relay_add(struct row_relay *relay) __attribute__((warn_unused_result));

/* Give the rest, wait until all is taken. The taker's error, or 0. */
int row_relay_close(struct row_relay *relay) __attribute__((warn_unused_result));

#endif
