#include "store.h"

#include "why.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEGIN_TRIES      100 /* a millisecond apart */
#define BUSY_LIMIT_MS    1000
#define STRING_OF(x)     #x
#define NUMBER_STRING(x) STRING_OF(x)

static const char table_events[] =
    "CREATE TABLE events (sequence INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, "
    "at_ms INTEGER NOT NULL, elapsed_ms INTEGER NOT NULL, event TEXT NOT NULL, compartment TEXT, "
    "given_up TEXT, size TEXT, expires_at_ms INTEGER, amount INTEGER, code_hash INTEGER, "
    "code_nonce INTEGER, code_digits INTEGER, retired_hash INTEGER, retirement INTEGER, "
    "cancel_reason TEXT, in_service INTEGER, held INTEGER, reason TEXT, role TEXT NOT NULL, "
    "request_key BLOB, request_fingerprint INTEGER, checksum BLOB NOT NULL) STRICT";
static const char table_station[] =
    "CREATE TABLE station (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, "
    "epoch INTEGER NOT NULL, identity BLOB NOT NULL, checksum BLOB NOT NULL) STRICT";
static const char table_boots[] =
    "CREATE TABLE boots (first_sequence INTEGER PRIMARY KEY, boot_id BLOB NOT NULL, "
    "checksum BLOB NOT NULL) STRICT";

static const char *const statements[STORE_STATEMENT_COUNT] = {
    [STORE_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_COMMIT] = "COMMIT",
    [STORE_ROLLBACK] = "ROLLBACK",
    [STORE_INSERT] = "INSERT INTO events (" LEDGER_ROW_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
                     "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, "
                     "?22, ?23)",
    [STORE_LAST] = "SELECT max(sequence) FROM events",
    [STORE_ROW] = "SELECT " LEDGER_ROW_COLUMNS " FROM events WHERE sequence = ?1",
    [STORE_SLICE] = "SELECT " LEDGER_ROW_COLUMNS " FROM events WHERE sequence > ?1 AND "
                    "sequence <= ?2 ORDER BY sequence LIMIT ?3",
    [STORE_NAMES] = "SELECT sequence, compartment, given_up FROM events WHERE sequence > ?1 AND "
                    "sequence <= ?2 ORDER BY sequence LIMIT ?3",
    [STORE_HISTORY_ALL] = "SELECT " LEDGER_ROW_COLUMNS " FROM events WHERE sequence < ?1 "
                          "ORDER BY sequence DESC LIMIT ?2",
    [STORE_HISTORY_ONE] = "SELECT " LEDGER_ROW_COLUMNS " FROM events WHERE sequence < ?1 AND "
                          "sequence >= ?4 AND (compartment = ?3 OR given_up = ?3) "
                          "ORDER BY sequence DESC LIMIT ?2",
    [STORE_CLOCK_ACCEPTED] = "SELECT 1 FROM events WHERE sequence > ?1 AND "
                             "event = 'clock_accepted' LIMIT 1",
    [STORE_BOOT] = "SELECT first_sequence, boot_id, checksum FROM boots "
                   "WHERE first_sequence <= ?1 ORDER BY first_sequence DESC LIMIT 1",
    [STORE_PUT_BOOT] = "INSERT OR REPLACE INTO boots (first_sequence, boot_id, checksum) "
                       "VALUES (?1, ?2, ?3)",
    [STORE_STATION] = "SELECT name, epoch, identity, checksum FROM station WHERE id = 1",
    [STORE_PUT_STATION] = "INSERT OR REPLACE INTO station (id, name, epoch, identity, checksum) "
                          "VALUES (1, ?1, ?2, ?3, ?4)",
};

/* SQLite says the same of a read-only file system and of a file that we may not write. */
static int store_readonly_cause(const struct store *store)
{
    const char *path = store->db != NULL ? sqlite3_db_filename(store->db, "main") : NULL;
    return path != NULL && access(path, W_OK) != 0 && errno == EACCES ? -EACCES : -EROFS;
}

int store_error(const struct store *store, int rc)
{
    const int cause = store->db != NULL ? sqlite3_system_errno(store->db) : 0;
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
        return store_readonly_cause(store);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_IOERR:
        /* A file shorter than its own header says is damage, not a failing disk. */
        if (rc == SQLITE_IOERR_SHORT_READ || rc == SQLITE_IOERR_CORRUPTFS)
            return -EBADMSG;
        return cause > 0 ? -cause : -EIO;
    case SQLITE_CANTOPEN:
        return cause > 0 ? -cause : -EIO;
    default:
        return -EIO;
    }
}

int store_explain(const struct store *store, int rc, const char *doing, char *why)
{
    const int error = store_error(store, rc);
    const char *path = sqlite3_db_filename(store->db, "main");
    if (error == -EBADMSG)
        return why_say(why, error, "%s is damaged (%s while %s): " WHY_RESTORE, path,
                       sqlite3_errmsg(store->db), doing);
    if (error == -EBUSY)
        return why_say(why, error,
                       "%s is in use by another program (while %s): end that program, a sqlite3 "
                       "shell perhaps, and try again",
                       path, doing);
    return why_say(why, error, "%s: %s failed: %s (%s)", path, doing, sqlite3_errmsg(store->db),
                   strerror(-error));
}

static int store_pragma_number(struct store *store, const char *sql, int64_t *value, char *why)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int64(statement, 0);
    const int error = rc == SQLITE_ROW ? 0 : store_explain(store, rc, "reading its header", why);
    sqlite3_finalize(statement);
    return error;
}

static int store_execute(struct store *store, const char *sql, const char *doing, char *why)
{
    const int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : store_explain(store, rc, doing, why);
}

static int store_create_tables(struct store *store, char *why)
{
    const char *const steps[] = {
        "PRAGMA journal_mode=WAL",
        "BEGIN IMMEDIATE",
        table_events,
        table_station,
        table_boots,
        "PRAGMA application_id=" NUMBER_STRING(STORE_APPLICATION_ID),
        "PRAGMA user_version=" NUMBER_STRING(STORE_SCHEMA_VERSION),
        "COMMIT",
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const int rc = store_execute(store, steps[i], "making its tables", why);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The tables' text must be ours to the letter: one flipped bit in a column's type would make
 * SQLite store later values differently. */
static int store_check_tables(struct store *store, char *why)
{
    static const struct {
        const char *name, *sql;
    } tables[] = {{"boots", table_boots}, {"events", table_events}, {"station", table_station}};
    sqlite3_stmt *statement = NULL;
    unsigned found = 0;
    bool same = true;
    int rc = sqlite3_prepare_v2(store->db, "SELECT name, sql FROM sqlite_schema ORDER BY name", -1,
                                &statement, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        const char *sql = (const char *)sqlite3_column_text(statement, 1);
        same = same && found < 3 && name != NULL && sql != NULL &&
               strcmp(name, tables[found].name) == 0 && strcmp(sql, tables[found].sql) == 0;
        found++;
        rc = SQLITE_OK;
    }
    int error = 0;
    if (rc != SQLITE_DONE)
        error = store_explain(store, rc, "reading its tables", why);
    else if (!same || found != 3)
        error =
            why_say(why, -EBADMSG, "%s is damaged (its tables are not a ledger's): " WHY_RESTORE,
                    sqlite3_db_filename(store->db, "main"));
    sqlite3_finalize(statement);
    return error;
}

static int store_check_kind(struct store *store, bool fresh, char *why)
{
    const char *path = sqlite3_db_filename(store->db, "main");
    int64_t application = 0, version = 0, tables = 0;
    int rc = store_pragma_number(store, "PRAGMA application_id", &application, why);
    if (rc == 0)
        rc = store_pragma_number(store, "PRAGMA user_version", &version, why);
    if (rc == 0)
        rc = store_pragma_number(store, "SELECT count(*) FROM sqlite_schema", &tables, why);
    if (rc < 0)
        return rc;
    if (fresh && application == 0 && version == 0 && tables == 0)
        return store_create_tables(store, why);
    if (application != STORE_APPLICATION_ID)
        return why_say(why, -EBADMSG,
                       "%s is no ledger of a locker station (another program's database, or "
                       "damaged): name another data directory, or " WHY_RESTORE,
                       path);
    if (version != STORE_SCHEMA_VERSION)
        return why_say(why, -EBADMSG,
                       "%s has version %lld of the ledger's tables, this program knows version "
                       "%d: use the program that wrote it, or a newer one",
                       path, (long long)version, STORE_SCHEMA_VERSION);
    return 0;
}

static int store_settings(struct store *store, char *why)
{
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(store->db, BUSY_LIMIT_MS);
    return store_execute(
        store,
        "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
        "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216; PRAGMA cache_size=-4096",
        "opening", why);
}

static int store_prepare(struct store *store, char *why)
{
    for (unsigned i = 0; i < STORE_STATEMENT_COUNT; i++) {
        const int rc = sqlite3_prepare_v3(store->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                                          &store->statements[i], NULL);
        if (rc != SQLITE_OK)
            return store_explain(store, rc, "preparing its statements", why);
    }
    return 0;
}

int store_look(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) ? -EBADMSG : 0;
}

int store_open(struct store *store, const char *path, bool readonly, bool fresh, char *why)
{
    *store = (struct store){0};
    if (store_look(path) != 0)
        return why_say(why, -EBADMSG, "%s is no file: move it away", path);
    const int flags =
        (readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &store->db, flags, NULL);
    if (rc != SQLITE_OK) {
        const int error = store_error(store, rc);
        why_say(why, error, "%s cannot be opened: %s", path, strerror(-error));
        sqlite3_close(store->db);
        store->db = NULL;
        return error;
    }
    rc = store_settings(store, why);
    if (rc == 0)
        rc = store_check_kind(store, fresh, why);
    if (rc == 0)
        rc = store_check_tables(store, why);
    if (rc == 0)
        rc = store_prepare(store, why);
    if (rc < 0)
        store_close(store, false);
    if (rc < 0 || readonly)
        return rc;
    sqlite3_busy_timeout(store->db, 0); /* store_begin() has its own, shorter patience */
    backfill_begin(&store->backfill, store->db);
    return rc;
}

enum store_place store_place(struct store *store)
{
    const char *path = sqlite3_db_filename(store->db, "main");
    struct stat status;
    int moved = 0;
    if (stat(path, &status) != 0)
        return STORE_GONE;
    if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
        moved)
        return STORE_REPLACED;
    const bool is_there = stat(sqlite3_filename_wal(path), &status) == 0;
    if (is_there && store->log_ino == 0) {
        store->log_dev = status.st_dev;
        store->log_ino = status.st_ino;
    }
    return is_there && status.st_dev == store->log_dev && status.st_ino == store->log_ino
               ? STORE_IN_PLACE
               : STORE_LOG_GONE;
}

void store_close(struct store *store, bool settle)
{
    if (store->db == NULL)
        return;
    for (unsigned i = 0; i < STORE_STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    backfill_end(&store->backfill);
    if (settle)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    sqlite3_close(store->db);
    *store = (struct store){0};
}

sqlite3_stmt *store_statement(struct store *store, enum store_statement which)
{
    sqlite3_reset(store->statements[which]);
    return store->statements[which];
}

int store_run(struct store *store, sqlite3_stmt *statement)
{
    const int rc = sqlite3_step(statement);
    const int error = store_error(store, rc);
    sqlite3_reset(statement);
    return error;
}

int store_begin(struct store *store)
{
    int rc = -EBUSY;
    for (int i = 0; i < BEGIN_TRIES && rc == -EBUSY; i++) {
        if (i > 0)
            poll(NULL, 0, 1);
        rc = store_run(store, store_statement(store, STORE_BEGIN));
    }
    return rc;
}

void store_rollback(struct store *store)
{
    if (sqlite3_get_autocommit(store->db)) /* many failures have rolled back by themselves */
        return;
    if (store_run(store, store_statement(store, STORE_ROLLBACK)) < 0)
        store_close(store, false);
}

int store_last_sequence(struct store *store, uint64_t *sequence)
{
    sqlite3_stmt *statement = store_statement(store, STORE_LAST);
    const int rc = sqlite3_step(statement);
    const int error = store_error(store, rc);
    *sequence = error == 0 ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return error;
}

int store_get_row(struct store *store, uint64_t sequence, struct ledger_row *row,
                  uint8_t checksum[LEDGER_CHAIN_SIZE])
{
    sqlite3_stmt *statement = store_statement(store, STORE_ROW);
    int rc = sqlite3_bind_int64(statement, 1, (int64_t)sequence);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    int error = store_error(store, rc);
    if (rc == SQLITE_DONE)
        error = -ENOENT;
    else if (rc == SQLITE_ROW)
        error = ledger_row_read(statement, row, checksum);
    sqlite3_reset(statement);
    return error;
}

int store_settle(struct store *store)
{
    backfill_pause(&store->backfill);
    sqlite3_busy_timeout(store->db, BUSY_LIMIT_MS);
    const int rc =
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    const int error = store_error(store, rc);
    sqlite3_busy_timeout(store->db, 0);
    return error;
}
