/*
 * Stages: where the time of a request goes, measured. In a traced build alone (cmake --preset
 * traced); in any other all of this is nothing, not even a call.
 *
 * A process counts its time in laps: stage_end() adds what has passed since the mark before it to
 * the stage that it names. So no time is left out or counted twice, and the laps of a process come
 * to its life. What lies between two processes is counted in spans: by the sequence of a change,
 * and by who woke whom.
 *
 * Of each process only the thread that called stage_open() is counted.
 */
#ifndef LOCKER_STAGE_H
#define LOCKER_STAGE_H

#include <stddef.h>
#include <stdint.h>

enum trace_stage {
    /* Laps of a desk, in the order in which a request meets them. */
    STAGE_RECEIVE, /* its frames out of libzmq; the first of a batch: the clocks, too */
    STAGE_DECODE,
    STAGE_HASH, /* the intent: code drawn and hashed, keys of the request */
    STAGE_LOCK, /* taken, for a group; the trusted time */
    STAGE_DECIDE,
    STAGE_RECORD,
    STAGE_APPLY,
    STAGE_UNLOCK, /* what the last reply of the group waits for, and the lock let go */
    STAGE_ENCODE,
    STAGE_HOLD,    /* the reply as a message, held back */
    STAGE_VAIN,    /* nothing more was there to receive */
    STAGE_WAKE,    /* the keeper told */
    STAGE_RELEASE, /* a look at what may leave */
    STAGE_SEND,
    /* Laps of the keeper: a batch. */
    STAGE_LOOK,   /* what is due, how long to sleep */
    STAGE_GATHER, /* the batch out of the event ring, and a glance at the ledger's files */
    STAGE_ROW,    /* an event as a row, its checksum */
    STAGE_INSERT, /* the row into SQLite */
    STAGE_COMMIT, /* the transaction, without what it writes and flushes */
    STAGE_WRITE,  /* pwrite(2) of SQLite's pages */
    STAGE_FLUSH,  /* fdatasync(2) */
    STAGE_MARK,
    STAGE_TELL, /* the desks woken */
    /* Laps of both. */
    STAGE_SLEEP, /* poll(2) */
    STAGE_STIR,  /* what woke it is looked at */
    STAGE_TRACE, /* spent on these accounts */

    /* Spans of a change, counted by the desk that answers it. */
    SPAN_DECIDED,  /* its own request received, until recorded and the lock let go */
    SPAN_HANDED,   /* until the desk tells the keeper */
    SPAN_TAKEN,    /* until the keeper takes it into a batch */
    SPAN_STORED,   /* until the batch is durable */
    SPAN_RELEASED, /* until its desk begins to send the reply */
    SPAN_SENT,
    SPAN_WHOLE, /* received until sent */
    /* A span of the process that was asleep. */
    SPAN_WOKEN, /* from before somebody wrote to its eventfd until its poll(2) came back */

    STAGE_COUNT
};

struct stage_board; /* in the segment: see stage_board.h */

#ifdef LOCKER_TRACE

/* This process counts from now on, as number `process` (enum job_kind) of the board. */
void stage_open(struct stage_board *board, unsigned process);

/* The stage that ends here, and another begins. */
void stage_end(enum trace_stage stage);

/* The change of that sequence: recorded; the reply that waited for it sent. 0: none, and then
 * sending is only a lap. place: of its request among those received whose replies are not held back
 * yet, from 0. */
void stage_recorded(uint64_t sequence, unsigned place);
void stage_sent(uint64_t sequence);
/* What was recorded here so far, the keeper is told of now. */
void stage_handed(void);

/* The keeper takes these into a batch; they are on disk, and about to be called so. */
void stage_taken(uint64_t first, size_t count);
void stage_stored(uint64_t first, size_t count);

/* A process that sleeps is about to be woken; this one was. */
void stage_rouse(unsigned process);
void stage_woken(void);

/* The supervisor's: empty accounts, and the file of all accounts, stages.csv in that directory. */
void stage_clear(struct stage_board *board);
void stage_give(const struct stage_board *board, const char *directory);

#else

#define STAGE_NOTHING static inline __attribute__((always_inline)) void

STAGE_NOTHING stage_open(struct stage_board *board, unsigned process)
{
    (void)board, (void)process;
}

STAGE_NOTHING stage_end(enum trace_stage stage)
{
    (void)stage;
}

STAGE_NOTHING stage_recorded(uint64_t sequence, unsigned place)
{
    (void)sequence, (void)place;
}

STAGE_NOTHING stage_sent(uint64_t sequence)
{
    (void)sequence;
}

STAGE_NOTHING stage_handed(void)
{
}

STAGE_NOTHING stage_taken(uint64_t first, size_t count)
{
    (void)first, (void)count;
}

STAGE_NOTHING stage_stored(uint64_t first, size_t count)
{
    (void)first, (void)count;
}

STAGE_NOTHING stage_rouse(unsigned process)
{
    (void)process;
}

STAGE_NOTHING stage_woken(void)
{
}

STAGE_NOTHING stage_clear(struct stage_board *board)
{
    (void)board;
}

STAGE_NOTHING stage_give(const struct stage_board *board, const char *directory)
{
    (void)board, (void)directory;
}

#endif

#endif
