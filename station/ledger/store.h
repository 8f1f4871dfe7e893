/*
 * The store: one SQLite connection to DIR/ledger.db, its settings, its tables and its prepared
 * statements. Nobody else opens the database, but for the backfill of the one that writes.
 *
 * WAL, synchronous=FULL. The WAL is kept short by the backfill, and used over again. Nothing is
 * copied from the WAL into the database on closing unless store_close() is asked to: damage must be
 * left as it was found.
 */
#ifndef LOCKER_STORE_H
#define LOCKER_STORE_H

#include "backfill.h"
#include "bounds.h"
#include "ledger_row.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* "LOCK": PRAGMA application_id of a ledger. user_version counts the schema, and what its numbers
 * mean: since 2, hashes of codes are BLAKE2b(key || code). */
#define STORE_APPLICATION_ID 0x4c4f434b
#define STORE_SCHEMA_VERSION 2

enum store_statement {
    STORE_BEGIN,
    STORE_COMMIT,
    STORE_ROLLBACK,
    STORE_INSERT,         /* a row */
    STORE_LAST,           /* the sequence of the last row, or NULL */
    STORE_ROW,            /* the row ?1 */
    STORE_SLICE,          /* the rows after ?1 up to ?2, at most ?3 */
    STORE_NAMES,          /* compartment, given_up of the rows after ?1 up to ?2, at most ?3 */
    STORE_HISTORY_ALL,    /* the rows before ?1, newest first, at most ?2 */
    STORE_HISTORY_ONE,    /* those from ?4 on that speak of compartment ?3 */
    STORE_CLOCK_ACCEPTED, /* whether a row after ?1 says so */
    STORE_BOOT,           /* the newest boot whose rows begin at or before ?1 */
    STORE_PUT_BOOT,
    STORE_STATION, /* name, epoch, identity, checksum */
    STORE_PUT_STATION,
};

#define STORE_STATEMENT_COUNT 15

struct store {
    sqlite3 *db;   /* NULL: closed */
    dev_t log_dev; /* of the WAL */
    ino_t log_ino; /* 0: not seen yet */
    struct backfill backfill;
    sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
};

/* -EBADMSG when there is something, but no file: SQLite would wait for a pipe's other end. Else 0.
 */
int store_look(const char *path) __attribute__((warn_unused_result));

/* Open an existing database, or put the tables into an empty one (fresh). -errno, why says it. */
int store_open(struct store *store, const char *path, bool readonly, bool fresh, char *why)
    __attribute__((warn_unused_result));

/* Does an open store write to the files that stand under its names? */
enum store_place { STORE_IN_PLACE, STORE_GONE, STORE_REPLACED, STORE_LOG_GONE };
enum store_place store_place(struct store *store);

/* settle: copy the WAL into the database on the way (an orderly end). */
void store_close(struct store *store, bool settle);

/* A prepared statement, reset and ready to be bound. */
sqlite3_stmt *store_statement(struct store *store, enum store_statement which);

/* Step a statement that gives no rows, and reset it. 0 or -errno. */
int store_run(struct store *store, sqlite3_stmt *statement) __attribute__((warn_unused_result));

/* BEGIN IMMEDIATE; waits a little while somebody else writes. */
int store_begin(struct store *store) __attribute__((warn_unused_result));

/* End a transaction that failed, or close the connection when that fails as well. */
void store_rollback(struct store *store);

/* The last row's sequence, 0 when there is none. */
int store_last_sequence(struct store *store, uint64_t *sequence)
    __attribute__((warn_unused_result));

/* One row. -ENOENT; -EBADMSG when it cannot have been written so. */
int store_get_row(struct store *store, uint64_t sequence, struct ledger_row *row,
                  uint8_t checksum[LEDGER_CHAIN_SIZE]) __attribute__((warn_unused_result));

/*
 * Make what the WAL holds durable anew: copied into the database and flushed, the WAL begun from
 * its start. After this nothing rests on a flush that may have failed. -EBUSY when a reader kept
 * it from being finished.
 */
int store_settle(struct store *store) __attribute__((warn_unused_result));

/* SQLite's result as an error number: -ENOSPC, -EROFS, -EDQUOT, -EIO, -EBADMSG … */
int store_error(const struct store *store, int rc);

/* The same with a sentence. */
int store_explain(const struct store *store, int rc, const char *doing, char *why);

#endif
