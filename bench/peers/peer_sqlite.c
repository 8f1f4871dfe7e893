/*
 * SQLite, shared by the clients: a file in WAL mode, a connection each, and transactions that take
 * the write lock at once. There is no server, and nothing to pipeline.
 */
#include "peer.h"

#include "code_offer.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_NAME "locker.db"

/* Waiters for the lock come by now and then, in no order: with many clients, one can be unlucky
 * for seconds. That is a latency, not a failure. */
#define BUSY_TIMEOUT_MS 60000

static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

static const char schema[] =
    "CREATE TABLE compartment (\n"
    "  place INTEGER PRIMARY KEY,\n"
    "  size TEXT NOT NULL,\n"
    "  code TEXT,             -- NULL: free\n"
    "  expires_at_ms INTEGER\n"
    ");\n"
    "CREATE INDEX compartment_free ON compartment (size, place)\n"
    "  WHERE code IS NULL;\n"
    "CREATE UNIQUE INDEX compartment_code ON compartment (code)\n"
    "  WHERE code IS NOT NULL;\n"
    "CREATE INDEX compartment_expiry ON compartment (size, expires_at_ms)\n"
    "  WHERE code IS NOT NULL;\n"
    "CREATE TABLE retired_code (\n"
    "  code TEXT PRIMARY KEY,\n"
    "  refusal TEXT NOT NULL, -- code_used, code_expired\n"
    "  retired_at_ms INTEGER NOT NULL\n"
    ") WITHOUT ROWID;\n";

enum query {
    BEGIN_CHANGE,
    COMMIT,
    ROLLBACK,
    FIND_CODE,    /* ?1: a row when it is live or retired */
    FIND_FREE,    /* ?1 size */
    FIND_EXPIRED, /* ?1 size, ?2 now: place and code */
    OCCUPY,       /* ?1 place, ?2 code, ?3 expires_at_ms */
    FIND_LIVE,    /* ?1 code: place and expires_at_ms */
    FREE,         /* ?1 place */
    RETIRE,       /* ?1 code, ?2 refusal, ?3 now */
    WHY_RETIRED,  /* ?1 code */
    QUERY_COUNT
};

static const char *const queries[QUERY_COUNT] = {
    [BEGIN_CHANGE] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [FIND_CODE] = "SELECT 1 FROM compartment WHERE code = ?1 "
                  "UNION ALL SELECT 1 FROM retired_code WHERE code = ?1",
    [FIND_FREE] = "SELECT place FROM compartment WHERE size = ?1 AND code IS NULL "
                  "ORDER BY place LIMIT 1",
    [FIND_EXPIRED] = "SELECT place, code FROM compartment "
                     "WHERE size = ?1 AND code IS NOT NULL AND expires_at_ms <= ?2 "
                     "ORDER BY expires_at_ms LIMIT 1",
    [OCCUPY] = "UPDATE compartment SET code = ?2, expires_at_ms = ?3 WHERE place = ?1",
    [FIND_LIVE] = "SELECT place, expires_at_ms FROM compartment WHERE code = ?1",
    [FREE] = "UPDATE compartment SET code = NULL, expires_at_ms = NULL WHERE place = ?1",
    [RETIRE] = "INSERT INTO retired_code (code, refusal, retired_at_ms) VALUES (?1, ?2, ?3)",
    [WHY_RETIRED] = "SELECT refusal FROM retired_code WHERE code = ?1",
};

struct link {
    sqlite3 *database;
    sqlite3_stmt *statements[QUERY_COUNT];
    const char *size;
    int64_t ttl_ms;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int complain(sqlite3 *database)
{
    fprintf(stderr, "locker-bench: sqlite: %s\n", sqlite3_errmsg(database));
    return sqlite3_errcode(database) == SQLITE_BUSY ? -ETIMEDOUT : -EIO;
}

static sqlite3_stmt *with_text(const struct link *link, enum query query, int at, const char *text)
{
    sqlite3_bind_text(link->statements[query], at, text, -1, SQLITE_STATIC);
    return link->statements[query];
}

/* 1: the statement has a row, to be reset after it was read; 0: it is done; -errno. */
static int step(const struct link *link, enum query query)
{
    switch (sqlite3_step(link->statements[query])) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        sqlite3_reset(link->statements[query]);
        return 0;
    default: {
        int status = complain(link->database);
        sqlite3_reset(link->statements[query]);
        return status;
    }
    }
}

/* The same, of a row that nobody reads. */
static int exists(const struct link *link, enum query query)
{
    int status = step(link, query);
    if (status > 0)
        sqlite3_reset(link->statements[query]);
    return status;
}

static int retire(const struct link *link, const char *code, const char *refusal, int64_t now)
{
    with_text(link, RETIRE, 1, code);
    with_text(link, RETIRE, 2, refusal);
    sqlite3_bind_int64(link->statements[RETIRE], 3, now);
    return step(link, RETIRE);
}

/* ---- the operations, inside a transaction ------------------------------------------------ */

static int choose_code(const struct link *link, struct load_answer *answer)
{
    struct code_offer offer;
    int taken = code_offer_draw(&offer);
    if (taken != 0)
        return taken;
    for (unsigned i = 0; i < CODE_OFFER_COUNT; i++) {
        with_text(link, FIND_CODE, 1, offer.codes[i]);
        taken = exists(link, FIND_CODE);
        if (taken <= 0) {
            memcpy(answer->code, offer.codes[i], sizeof answer->code);
            return taken;
        }
    }
    answer->outcome = OUTCOME_TRY_LATER;
    return 0;
}

/* An expired parcel's compartment: its code is retired. 1, 0: there is none, -errno. */
static int take_expired(const struct link *link, int64_t now, sqlite3_int64 *place)
{
    char code[CODE_SIZE];
    sqlite3_stmt *statement = with_text(link, FIND_EXPIRED, 1, link->size);
    sqlite3_bind_int64(statement, 2, now);
    int found = step(link, FIND_EXPIRED);
    if (found <= 0)
        return found;
    *place = sqlite3_column_int64(statement, 0);
    snprintf(code, sizeof code, "%s", (const char *)sqlite3_column_text(statement, 1));
    sqlite3_reset(statement);
    int status = retire(link, code, outcome_name(OUTCOME_CODE_EXPIRED), now);
    return status == 0 ? 1 : status;
}

static int find_place(const struct link *link, int64_t now, sqlite3_int64 *place)
{
    sqlite3_stmt *statement = with_text(link, FIND_FREE, 1, link->size);
    int found = step(link, FIND_FREE);
    if (found == 0)
        return take_expired(link, now, place);
    if (found > 0) {
        *place = sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
    }
    return found;
}

static int deposit(const struct link *link, struct load_answer *answer)
{
    sqlite3_int64 place = 0;
    int64_t now = now_ms();
    int status = choose_code(link, answer);
    if (status != 0 || answer->outcome != OUTCOME_OK)
        return status;
    status = find_place(link, now, &place);
    if (status == 0)
        answer->outcome = OUTCOME_NO_SPACE;
    if (status <= 0)
        return status;
    answer->compartment = (uint32_t)place;
    sqlite3_stmt *statement = with_text(link, OCCUPY, 2, answer->code);
    sqlite3_bind_int64(statement, 1, place);
    sqlite3_bind_int64(statement, 3, now + link->ttl_ms);
    return step(link, OCCUPY);
}

static int refuse(const struct link *link, const char *code, struct load_answer *answer)
{
    sqlite3_stmt *statement = with_text(link, WHY_RETIRED, 1, code);
    int found = step(link, WHY_RETIRED);
    if (found < 0)
        return found;
    answer->outcome = OUTCOME_INVALID_CODE;
    if (found > 0) {
        answer->outcome = peer_outcome((const char *)sqlite3_column_text(statement, 0));
        sqlite3_reset(statement);
    }
    return 0;
}

static int pickup(const struct link *link, const char *code, struct load_answer *answer)
{
    int64_t now = now_ms();
    sqlite3_stmt *statement = with_text(link, FIND_LIVE, 1, code);
    int found = step(link, FIND_LIVE);
    if (found < 0)
        return found;
    if (found == 0)
        return refuse(link, code, answer);
    sqlite3_int64 place = sqlite3_column_int64(statement, 0);
    bool late = sqlite3_column_int64(statement, 1) <= now;
    sqlite3_reset(statement);
    sqlite3_bind_int64(link->statements[FREE], 1, place);
    int status = step(link, FREE);
    answer->outcome = late ? OUTCOME_CODE_EXPIRED : OUTCOME_OK;
    answer->compartment = late ? 0 : (uint32_t)place;
    if (status == 0)
        status =
            retire(link, code, outcome_name(late ? OUTCOME_CODE_EXPIRED : OUTCOME_CODE_USED), now);
    return status;
}

static int ask(void *argument, enum load_operation operation, const char *code,
               struct load_answer *answer)
{
    const struct link *link = argument;
    *answer = (struct load_answer){.operation = operation, .outcome = OUTCOME_OK};
    int status = step(link, BEGIN_CHANGE);
    if (status != 0)
        return status;
    status = operation == LOAD_DEPOSIT ? deposit(link, answer) : pickup(link, code, answer);
    if (status == 0)
        status = step(link, COMMIT);
    if (status != 0 && sqlite3_get_autocommit(link->database) == 0 && step(link, ROLLBACK) != 0)
        status = -EIO;
    return status;
}

/* ---- opening --------------------------------------------------------------------------- */

static int run_script(sqlite3 *database, const char *script)
{
    return sqlite3_exec(database, script, NULL, NULL, NULL) == SQLITE_OK ? 0 : complain(database);
}

/* *database must be closed either way. */
static int open_file(const struct peer_server *server, sqlite3 **database)
{
    char path[PEER_DIRECTORY_SIZE + sizeof FILE_NAME];
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    snprintf(path, sizeof path, "%s/%s", server->directory, FILE_NAME);
    if (sqlite3_open_v2(path, database, flags, NULL) != SQLITE_OK)
        return *database == NULL ? -ENOMEM : complain(*database);
    sqlite3_busy_timeout(*database, BUSY_TIMEOUT_MS);
    return run_script(*database, settings);
}

static void close_link(void *argument)
{
    struct link *link = argument;
    for (unsigned i = 0; i < QUERY_COUNT; i++)
        sqlite3_finalize(link->statements[i]);
    sqlite3_close(link->database);
    free(link);
}

static int open_link(void *argument, enum parcel_size size, unsigned window, void **opened)
{
    const struct peer_server *server = argument;
    if (window > 0)
        return -ENOTSUP;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return -ENOMEM;
    link->size = size_name(size);
    link->ttl_ms = server->ttl_ms;
    int status = open_file(server, &link->database);
    for (unsigned i = 0; i < QUERY_COUNT && status == 0; i++)
        if (sqlite3_prepare_v3(link->database, queries[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &link->statements[i], NULL) != SQLITE_OK)
            status = complain(link->database);
    if (status == 0)
        *opened = link;
    else
        close_link(link);
    return status;
}

/* The places of a size follow those of the sizes before it. */
static int fill_wall(sqlite3 *database, const struct peer_plan *plan)
{
    sqlite3_stmt *statement;
    sqlite3_int64 place = 0;
    if (sqlite3_prepare_v2(database, "INSERT INTO compartment (place, size) VALUES (?1, ?2)", -1,
                           &statement, NULL) != SQLITE_OK)
        return complain(database);
    int status = run_script(database, "BEGIN");
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        sqlite3_bind_text(statement, 2, size_name((enum parcel_size)size), -1, SQLITE_STATIC);
        for (uint32_t i = 0; i < plan->doors[size] && status == 0; i++) {
            sqlite3_bind_int64(statement, 1, ++place);
            if (sqlite3_step(statement) != SQLITE_DONE)
                status = complain(database);
            sqlite3_reset(statement);
        }
    }
    sqlite3_finalize(statement);
    return status == 0 ? run_script(database, "COMMIT; ANALYZE") : status;
}

/* It is linked. */
static bool installed(void)
{
    return true;
}

static int start(struct peer_server *server, const struct peer_plan *plan)
{
    sqlite3 *database = NULL;
    int status = peer_settle(server, plan);
    if (status == 0)
        status = open_file(server, &database);
    if (status == 0)
        status = run_script(database, schema);
    if (status == 0)
        status = fill_wall(database, plan);
    sqlite3_close(database);
    snprintf(server->version, sizeof server->version, "%s", sqlite3_libversion());
    return status;
}

/* The clients have closed it already. */
static int stop(struct peer_server *server)
{
    (void)server;
    return 0;
}

const struct peer peer_sqlite = {
    .name = "sqlite",
    .package = "libsqlite3-0",
    .guarantees = {.durable = "before the reply",
                   .exactly_once = "no",
                   .expiry = "a deposit in need",
                   .refusals = "named"},
    .installed = installed,
    .start = start,
    .stop = stop,
    .protocol = &(const struct load_protocol){.open = open_link, .close = close_link, .ask = ask},
};
