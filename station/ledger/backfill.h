/*
 * Backfill: copying what the WAL holds into the database, beside the flushes instead of between
 * them.
 *
 * SQLite's own way is to do it within a commit once the WAL is long enough: two or three
 * milliseconds in which nobody is answered. Here a thread with a connection of its own copies
 * while commits go on, and when few frames are left the writer copies those, between two batches.
 * Then the WAL is whole in the database, and the next commit begins it anew: it stays short, and
 * a short one that is written over is the fastest to flush.
 *
 * The writer's; it alone calls these.
 */
#ifndef LOCKER_BACKFILL_H
#define LOCKER_BACKFILL_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>

struct backfill {
    sqlite3 *writer; /* the caller's; NULL: there is none to tend */
    sqlite3 *copier; /* the thread's connection; NULL: not needed yet */
    pthread_t thread;
    bool running;     /* there is a thread to join */
    atomic_bool done; /* it has copied what it could */
    int copied;       /* frames of the WAL that were in the database then */
    int frames;       /* in the WAL after the last commit */
    int aimed_at;     /* frames that the thread is to copy */
    int begun_at;     /* frames when it last began; 0: it has finished since */
};

/* From now on nothing is copied within this connection's commits. It must stay where it is until
 * backfill_end(). */
void backfill_begin(struct backfill *backfill, sqlite3 *writer);

/* Wait for the thread, and give the connection up. */
void backfill_end(struct backfill *backfill);

/* Wait for the thread: nobody else copies until the next backfill_tend(). */
void backfill_pause(struct backfill *backfill);

/* After a commit, when nobody waits for an answer: begin or finish, if it is time to. A copy that
 * fails leaves its frames in the WAL, which is as good a place, and is tried again. */
void backfill_tend(struct backfill *backfill);

#endif
