#include "bytes.h"
#include "ledger_handle.h"
#include "why.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define ORIGIN_CHECKSUM_SIZE 16

static void origin_checksum(const struct ledger *ledger, const char name[STATION_NAME_SIZE],
                            uint8_t checksum[ORIGIN_CHECKSUM_SIZE])
{
    uint8_t bytes[STATION_NAME_SIZE + 8 + LEDGER_IDENTITY_SIZE];
    uint8_t *at = bytes_put(bytes, name, STATION_NAME_SIZE);
    at = bytes_put_u64(at, ledger->epoch);
    bytes_put(at, ledger->identity, sizeof ledger->identity);
    crypto_generichash(checksum, ORIGIN_CHECKSUM_SIZE, bytes, sizeof bytes, ledger->key,
                       sizeof ledger->key);
}

static int origin_write(struct ledger *ledger, char *why)
{
    uint8_t checksum[ORIGIN_CHECKSUM_SIZE];
    origin_checksum(ledger, ledger->station, checksum);
    sqlite3_stmt *statement = store_statement(&ledger->store, STORE_PUT_STATION);
    int rc = sqlite3_bind_text(statement, 1, ledger->station, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, (int64_t)ledger->epoch);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(statement, 3, ledger->identity, sizeof ledger->identity,
                               SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(statement, 4, checksum, sizeof checksum, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    const int error =
        rc == SQLITE_DONE ? 0 : store_explain(&ledger->store, rc, "naming its station", why);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return error;
}

int ledger_origin_create(struct ledger *ledger, char *why)
{
    ledger->epoch = 1;
    randombytes_buf(ledger->identity, sizeof ledger->identity);
    return origin_write(ledger, why);
}

static bool column_bytes(sqlite3_stmt *statement, int column, uint8_t *data, int size)
{
    if (sqlite3_column_type(statement, column) != SQLITE_BLOB ||
        sqlite3_column_bytes(statement, column) != size)
        return false;
    memcpy(data, sqlite3_column_blob(statement, column), (size_t)size);
    return true;
}

static int origin_judge(struct ledger *ledger, sqlite3_stmt *statement, bool verify, char *why)
{
    uint8_t checksum[ORIGIN_CHECKSUM_SIZE], found[ORIGIN_CHECKSUM_SIZE];
    char name[STATION_NAME_SIZE] = {0};
    const unsigned char *text = sqlite3_column_text(statement, 0);
    ledger->epoch = (uint64_t)sqlite3_column_int64(statement, 1);
    bool whole = text != NULL && sqlite3_column_bytes(statement, 0) <= STATION_NAME_MAX &&
                 column_bytes(statement, 2, ledger->identity, sizeof ledger->identity) &&
                 column_bytes(statement, 3, found, sizeof found);
    if (whole && verify) {
        memcpy(name, text, (size_t)sqlite3_column_bytes(statement, 0));
        origin_checksum(ledger, name, checksum);
        whole = memcmp(checksum, found, sizeof found) == 0;
    }
    if (!whole)
        return why_say(why, -EBADMSG,
                       "%s is damaged (the record of its station), or was written with another "
                       "station key: " WHY_RESTORE ", station.key among them",
                       ledger->path);
    if (verify && memcmp(name, ledger->station, sizeof name) != 0)
        return why_say(why, -EBADMSG,
                       "%s belongs to the station \"%s\", not to \"%s\": name another data "
                       "directory, or run it under its own name",
                       ledger->path, name, ledger->station);
    return 0;
}

int ledger_origin_read(struct ledger *ledger, bool verify, char *why)
{
    sqlite3_stmt *statement = store_statement(&ledger->store, STORE_STATION);
    const int rc = sqlite3_step(statement);
    int error;
    if (rc == SQLITE_ROW)
        error = origin_judge(ledger, statement, verify, why);
    else if (rc == SQLITE_DONE)
        error = why_say(why, -EBADMSG, "%s is damaged (no record of its station): " WHY_RESTORE,
                        ledger->path);
    else
        error = store_explain(&ledger->store, rc, "reading its station", why);
    sqlite3_reset(statement);
    return error;
}

/* ---- boots ------------------------------------------------------------------------------- */

static void boot_checksum(const struct ledger *ledger, uint64_t first_sequence,
                          const uint8_t boot_id[BOOT_ID_SIZE],
                          uint8_t checksum[ORIGIN_CHECKSUM_SIZE])
{
    uint8_t bytes[8 + BOOT_ID_SIZE + LEDGER_IDENTITY_SIZE];
    uint8_t *at = bytes_put_u64(bytes, first_sequence);
    at = bytes_put(at, boot_id, BOOT_ID_SIZE);
    bytes_put(at, ledger->identity, sizeof ledger->identity);
    crypto_generichash(checksum, ORIGIN_CHECKSUM_SIZE, bytes, sizeof bytes, ledger->key,
                       sizeof ledger->key);
}

int ledger_boot_write(struct ledger *ledger, uint64_t first_sequence)
{
    uint8_t checksum[ORIGIN_CHECKSUM_SIZE];
    boot_checksum(ledger, first_sequence, ledger->boot_id, checksum);
    sqlite3_stmt *statement = store_statement(&ledger->store, STORE_PUT_BOOT);
    int rc = sqlite3_bind_int64(statement, 1, (int64_t)first_sequence);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(statement, 2, ledger->boot_id, BOOT_ID_SIZE, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(statement, 3, checksum, sizeof checksum, SQLITE_STATIC);
    const int error =
        rc == SQLITE_OK ? store_run(&ledger->store, statement) : store_error(&ledger->store, rc);
    sqlite3_clear_bindings(statement);
    return error;
}

int ledger_boot_of(struct ledger *ledger, uint64_t sequence, uint8_t boot_id[BOOT_ID_SIZE])
{
    memset(boot_id, 0, BOOT_ID_SIZE);
    sqlite3_stmt *statement = store_statement(&ledger->store, STORE_BOOT);
    int rc = sqlite3_bind_int64(statement, 1, (int64_t)sequence);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        uint8_t checksum[ORIGIN_CHECKSUM_SIZE], found[ORIGIN_CHECKSUM_SIZE];
        const uint64_t first = (uint64_t)sqlite3_column_int64(statement, 0);
        const bool whole = column_bytes(statement, 1, boot_id, BOOT_ID_SIZE) &&
                           column_bytes(statement, 2, found, sizeof found);
        boot_checksum(ledger, first, boot_id, checksum);
        /* A damaged record of the boot: the row's elapsed time just compares with nothing. */
        if (!whole || memcmp(checksum, found, sizeof found) != 0)
            memset(boot_id, 0, BOOT_ID_SIZE);
    }
    const int error = store_error(&ledger->store, rc);
    sqlite3_reset(statement);
    return error;
}
