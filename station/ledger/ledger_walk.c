#include "ledger_handle.h"
#include "why.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int row_is_damaged(const struct ledger *ledger, uint64_t sequence, const char *how,
                          char *why)
{
    return why_say(why, -EBADMSG, "%s: row %" PRIu64 " is damaged (%s): " WHY_RESTORE, ledger->path,
                   sequence, how);
}

static int verify_row(struct ledger *ledger, const struct ledger_place *place,
                      const struct ledger_row *row, const uint8_t found[LEDGER_CHAIN_SIZE],
                      char *why)
{
    const uint64_t sequence = row->event.sequence;
    uint8_t chain[LEDGER_CHAIN_SIZE];
    if (sequence != place->sequence + 1)
        return why_say(why, -EBADMSG,
                       "%s is damaged: after row %" PRIu64 " comes row %" PRIu64 ": " WHY_RESTORE,
                       ledger->path, place->sequence, sequence);
    ledger_row_chain(ledger->key, place->chain, row, chain);
    if (memcmp(chain, found, sizeof chain) != 0)
        return row_is_damaged(ledger, sequence, "its checksum is wrong", why);
    if (ledger->mark.believed && sequence == ledger->mark.state.sequence &&
        memcmp(chain, ledger->mark.state.chain, sizeof chain) != 0)
        return row_is_damaged(ledger, sequence, "another one was acknowledged", why);
    return 0;
}

static int walk_slice(struct ledger *ledger, struct ledger_place *place, sqlite3_stmt *statement,
                      ledger_visit *visit, void *context, char *why)
{
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct ledger_row row;
        uint8_t found[LEDGER_CHAIN_SIZE];
        int error = ledger_row_read(statement, &row, found);
        if (error < 0)
            return row_is_damaged(ledger, place->sequence + 1, "no such row is ever written", why);
        error = verify_row(ledger, place, &row, found, why);
        if (error < 0)
            return error;
        place->sequence = row.event.sequence;
        memcpy(place->chain, found, sizeof found);
        if (visit != NULL && (error = visit(context, &row)) < 0)
            return error;
    }
    return rc == SQLITE_DONE ? 0 : store_explain(&ledger->store, rc, "reading its rows", why);
}

int ledger_walk(struct ledger *ledger, struct ledger_place *place, uint64_t end,
                ledger_visit *visit, void *context, char *why)
{
    sqlite3_stmt *statement = store_statement(&ledger->store, STORE_SLICE);
    int error = 0;
    while (error == 0 && place->sequence < end) {
        const uint64_t before = place->sequence;
        int rc = sqlite3_bind_int64(statement, 1, (int64_t)before);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_int64(statement, 2, (int64_t)end);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_int64(statement, 3, LEDGER_SLICE_ROWS);
        error = rc == SQLITE_OK ? walk_slice(ledger, place, statement, visit, context, why)
                                : store_explain(&ledger->store, rc, "reading its rows", why);
        sqlite3_reset(statement);
        if (error == 0 && place->sequence == before)
            error = why_say(why, -EBADMSG,
                            "%s is damaged: row %" PRIu64 " and all after it are missing, though "
                            "it has %" PRIu64 ": " WHY_RESTORE,
                            ledger->path, before + 1, end);
    }
    return error;
}
