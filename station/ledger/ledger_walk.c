#include "ledger_handle.h"
#include "row_relay.h"
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

/* What is done with each row that was read. */
struct walk {
    struct ledger *ledger;
    struct ledger_place *place;
    const struct ledger_visitor *visitor; /* NULL: nobody */
    char *why;
};

static int take_row(const struct walk *walk, struct ledger_row *row,
                    const uint8_t found[LEDGER_CHAIN_SIZE])
{
    struct ledger_place *place = walk->place;
    const struct ledger_visitor *visitor = walk->visitor;
    if (visitor != NULL)
        visitor->expect(visitor->context, row);
    const int error = verify_row(walk->ledger, place, row, found, walk->why);
    if (error < 0)
        return error;
    place->sequence = row->event.sequence;
    memcpy(place->chain, found, sizeof place->chain);
    return visitor != NULL ? visitor->visit(visitor->context, row) : 0;
}

static int take_batch(void *context, struct row_batch *batch)
{
    int error = 0;
    for (unsigned i = 0; error == 0 && i < batch->count; i++)
        error = take_row(context, &batch->rows[i], batch->checksums[i]);
    return error;
}

/* *last: the row that was read last. */
static int read_slice(struct ledger *ledger, struct row_relay *relay, sqlite3_stmt *statement,
                      uint64_t *last, char *why)
{
    int rc, error = 0;
    while (error == 0 && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct row_batch *batch = relay->room;
        struct ledger_row *row = &batch->rows[batch->count];
        if (ledger_row_read(statement, row, batch->checksums[batch->count]) < 0)
            return row_is_damaged(ledger, *last + 1, "no such row is ever written", why);
        *last = row->event.sequence;
        error = row_relay_add(relay);
    }
    if (error < 0 || rc == SQLITE_DONE)
        return error;
    return store_explain(&ledger->store, rc, "reading its rows", why);
}

static int read_rows(struct ledger *ledger, struct row_relay *relay, uint64_t last, uint64_t end,
                     char *why)
{
    sqlite3_stmt *statement = store_statement(&ledger->store, STORE_SLICE);
    int error = 0;
    while (error == 0 && last < end) {
        const uint64_t before = last;
        int rc = sqlite3_bind_int64(statement, 1, (int64_t)before);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_int64(statement, 2, (int64_t)end);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_int64(statement, 3, LEDGER_SLICE_ROWS);
        error = rc == SQLITE_OK ? read_slice(ledger, relay, statement, &last, why)
                                : store_explain(&ledger->store, rc, "reading its rows", why);
        sqlite3_reset(statement);
        if (error == 0 && last == before)
            error = why_say(why, -EBADMSG,
                            "%s is damaged: row %" PRIu64 " and all after it are missing, though "
                            "it has %" PRIu64 ": " WHY_RESTORE,
                            ledger->path, before + 1, end);
    }
    return error;
}

int ledger_walk(struct ledger *ledger, struct ledger_place *place, uint64_t end,
                const struct ledger_visitor *visitor, char *why)
{
    struct walk walk = {ledger, place, visitor, why};
    struct row_relay relay;
    char why_read[LEDGER_WHY_SIZE];
    if (place->sequence >= end)
        return 0;
    int error =
        row_relay_open(&relay, end - place->sequence > LEDGER_SLICE_ROWS, take_batch, &walk);
    if (error < 0)
        return why_say(why, error, "no memory to read the ledger");
    error = read_rows(ledger, &relay, place->sequence, end, why_read);
    const int taken = row_relay_close(&relay);
    if (taken < 0) /* at a row before any that could not be read */
        return taken;
    return error < 0 ? why_say(why, error, "%s", why_read) : 0;
}
