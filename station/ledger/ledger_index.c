#include "ledger_index.h"

#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Rows a transaction takes in: each is flushed, and none may hold up a reader for long. */
#define INDEX_SLICE_ROWS 65536
#define BUSY_LIMIT_MS    1000

/* Raised with the tables: another version is no index. */
static const char make_tables[] =
    "PRAGMA user_version=1;"
    "CREATE TABLE covers (id INTEGER PRIMARY KEY CHECK (id = 1), identity BLOB NOT NULL, "
    "sequence INTEGER NOT NULL, chain BLOB NOT NULL) STRICT;"
    "CREATE TABLE places (compartment TEXT NOT NULL, sequence INTEGER NOT NULL, "
    "PRIMARY KEY (compartment, sequence)) STRICT, WITHOUT ROWID";

static int index_error(sqlite3 *db, int rc)
{
    const struct store view = {.db = db};
    return store_error(&view, rc);
}

static void index_path(const struct ledger *ledger, char path[PATH_MAX + 32])
{
    snprintf(path, PATH_MAX + 32, "%s/history.db", ledger->directory);
}

/* ---- how far it goes --------------------------------------------------------------------- */

static bool take_bytes(sqlite3_stmt *statement, int column, uint8_t *bytes, int size)
{
    const bool fits = sqlite3_column_bytes(statement, column) == size;
    if (fits)
        memcpy(bytes, sqlite3_column_blob(statement, column), (size_t)size);
    return fits;
}

static int read_stamp(sqlite3 *db, struct ledger_stamp *stamp)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT identity, sequence, chain FROM covers", -1, &statement,
                                NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    bool whole = rc == SQLITE_ROW;
    if (whole) {
        stamp->sequence = (uint64_t)sqlite3_column_int64(statement, 1);
        whole = take_bytes(statement, 0, stamp->identity, sizeof stamp->identity) &&
                take_bytes(statement, 2, stamp->chain, sizeof stamp->chain);
    }
    const int error = index_error(db, rc);
    sqlite3_finalize(statement);
    if (error == 0 && !whole)
        return -EBADMSG;
    return error;
}

/* Opened, and of this ledger. On failure *db is closed. */
static int open_index(struct ledger *ledger, int flags, sqlite3 **db, struct ledger_stamp *stamp)
{
    char path[PATH_MAX + 32];
    index_path(ledger, path);
    *db = NULL;
    int error = store_look(path);
    if (error != 0)
        return error;
    error = index_error(NULL, sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL));
    sqlite3_busy_timeout(*db, BUSY_LIMIT_MS);
    sqlite3_extended_result_codes(*db, 1);
    if (error == 0)
        error = read_stamp(*db, stamp);
    if (error == 0)
        error = ledger_holds(ledger, stamp);
    if (error != 0) {
        sqlite3_close(*db);
        *db = NULL;
    }
    return error;
}

/* ---- reading ----------------------------------------------------------------------------- */

void ledger_index_open(struct ledger_index *index, struct ledger *ledger)
{
    struct ledger_stamp stamp;
    *index = (struct ledger_index){.db = NULL};
    if (open_index(ledger, SQLITE_OPEN_READONLY, &index->db, &stamp) == 0)
        index->covered = stamp.sequence;
}

void ledger_index_close(struct ledger_index *index)
{
    sqlite3_close(index->db);
    *index = (struct ledger_index){.db = NULL};
}

int ledger_index_find(const struct ledger_index *index, const char *compartment, uint64_t before,
                      uint32_t limit, uint64_t *sequences)
{
    sqlite3_stmt *statement = NULL;
    int count = 0;
    int rc = sqlite3_prepare_v2(index->db,
                                "SELECT sequence FROM places WHERE compartment = ?1 AND "
                                "sequence < ?2 ORDER BY sequence DESC LIMIT ?3",
                                -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 1, compartment, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, (int64_t)before);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 3, limit);
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        sequences[count++] = (uint64_t)sqlite3_column_int64(statement, 0);
        rc = SQLITE_OK;
    }
    const int error = index_error(index->db, rc);
    sqlite3_finalize(statement);
    return error < 0 ? error : count;
}

/* ---- keeping it up to date --------------------------------------------------------------- */

struct indexing {
    struct ledger *ledger;
    sqlite3 *db;
    sqlite3_stmt *put_place;
    sqlite3_stmt *put_stamp;
};

static int run(const struct indexing *indexing, sqlite3_stmt *statement)
{
    const int rc = sqlite3_step(statement);
    const int error = index_error(indexing->db, rc);
    sqlite3_reset(statement);
    return error;
}

/* name: a column of the ledger's statement; NULL there is no compartment. */
static int put_place(const struct indexing *indexing, sqlite3_stmt *names, int column)
{
    const unsigned char *name = sqlite3_column_text(names, column);
    if (name == NULL)
        return 0;
    int rc = sqlite3_bind_text(indexing->put_place, 1, (const char *)name, -1, SQLITE_TRANSIENT);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(indexing->put_place, 2, sqlite3_column_int64(names, 0));
    return rc == SQLITE_OK ? run(indexing, indexing->put_place) : index_error(indexing->db, rc);
}

static int put_stamp(const struct indexing *indexing, const struct ledger_stamp *stamp)
{
    sqlite3_stmt *put = indexing->put_stamp;
    int rc = sqlite3_bind_blob(put, 1, stamp->identity, sizeof stamp->identity, SQLITE_TRANSIENT);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(put, 2, (int64_t)stamp->sequence);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(put, 3, stamp->chain, sizeof stamp->chain, SQLITE_TRANSIENT);
    return rc == SQLITE_OK ? run(indexing, put) : index_error(indexing->db, rc);
}

/* The rows after `after` up to `end`. */
static int take_rows(const struct indexing *indexing, uint64_t after, uint64_t end)
{
    sqlite3_stmt *names = store_statement(&indexing->ledger->store, STORE_NAMES);
    int error = 0;
    int rc = sqlite3_bind_int64(names, 1, (int64_t)after);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(names, 2, (int64_t)end);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(names, 3, INDEX_SLICE_ROWS);
    while (rc == SQLITE_OK && error == 0 && (rc = sqlite3_step(names)) == SQLITE_ROW) {
        error = put_place(indexing, names, 1);
        if (error == 0)
            error = put_place(indexing, names, 2);
        rc = SQLITE_OK;
    }
    if (error == 0)
        error = store_error(&indexing->ledger->store, rc);
    sqlite3_reset(names);
    return error;
}

static int take_slice(const struct indexing *indexing, struct ledger_stamp *stamp, uint64_t end)
{
    struct ledger_row row;
    int error =
        index_error(indexing->db, sqlite3_exec(indexing->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    if (error < 0)
        return error;
    error = take_rows(indexing, stamp->sequence, end);
    if (error == 0)
        error = store_get_row(&indexing->ledger->store, end, &row, stamp->chain);
    stamp->sequence = end;
    if (error == 0)
        error = put_stamp(indexing, stamp);
    if (error == 0)
        error = index_error(indexing->db, sqlite3_exec(indexing->db, "COMMIT", NULL, NULL, NULL));
    if (error < 0)
        sqlite3_exec(indexing->db, "ROLLBACK", NULL, NULL, NULL);
    return error;
}

static int take_all(struct indexing *indexing, struct ledger_stamp *stamp)
{
    uint64_t last;
    int rc = sqlite3_prepare_v2(indexing->db, "INSERT OR IGNORE INTO places VALUES (?1, ?2)", -1,
                                &indexing->put_place, NULL);
    if (rc == SQLITE_OK)
        rc =
            sqlite3_prepare_v2(indexing->db, "INSERT OR REPLACE INTO covers VALUES (1, ?1, ?2, ?3)",
                               -1, &indexing->put_stamp, NULL);
    int error = index_error(indexing->db, rc);
    if (error == 0)
        error = store_last_sequence(&indexing->ledger->store, &last);
    while (error == 0 && stamp->sequence < last) {
        const uint64_t left = last - stamp->sequence;
        error = take_slice(indexing, stamp,
                           stamp->sequence + (left < INDEX_SLICE_ROWS ? left : INDEX_SLICE_ROWS));
    }
    sqlite3_finalize(indexing->put_place);
    sqlite3_finalize(indexing->put_stamp);
    return error;
}

static void remove_files(const struct ledger *ledger)
{
    char path[PATH_MAX + 32];
    char journal[PATH_MAX + 48];
    index_path(ledger, path);
    snprintf(journal, sizeof journal, "%s-journal", path);
    unlink(journal);
    unlink(path);
}

/* An empty one, whatever stands there. */
static int begin_anew(struct ledger *ledger, sqlite3 **db, struct ledger_stamp *stamp)
{
    char path[PATH_MAX + 32];
    remove_files(ledger);
    index_path(ledger, path);
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    close(fd);
    int rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(*db, make_tables, NULL, NULL, NULL);
    *stamp = (struct ledger_stamp){.sequence = 0};
    memcpy(stamp->identity, ledger->identity, sizeof stamp->identity);
    return index_error(*db, rc);
}

int ledger_index(struct ledger *ledger, char *why)
{
    struct indexing indexing = {.ledger = ledger};
    struct ledger_stamp stamp;
    int error = ledger_ensure_open(ledger, why);
    if (error < 0)
        return error;
    if (open_index(ledger, SQLITE_OPEN_READWRITE, &indexing.db, &stamp) != 0)
        error = begin_anew(ledger, &indexing.db, &stamp);
    if (error == 0)
        error = take_all(&indexing, &stamp);
    sqlite3_close(indexing.db);
    if (error != 0)
        remove_files(ledger); /* and so, on a full disk, it takes nothing from the ledger */
    return error == 0 ? 0
                      : why_say(why, error, "%s/history.db cannot be brought up to date: %s",
                                ledger->directory, strerror(-error));
}
