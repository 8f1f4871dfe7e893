#include "ledger_handle.h"
#include "ledger_index.h"

#include <errno.h>
#include <string.h>

/* How many rows one short read looks through for those of one compartment. */
#define HISTORY_SLICE_ROWS 65536

static void line_from_row(struct history_line *line, const struct ledger_row *row)
{
    const struct event *event = &row->event;
    const uint8_t kind = event->kind;
    *line = (struct history_line){
        .sequence = event->sequence,
        .at_ms = event->at_ms,
        .event = event_name((enum event_kind)kind),
        .has_size = row->size != LEDGER_ROW_NO_SIZE,
        .expires_at_ms = event->expires_at_ms,
        .has_in_service = kind == EVENT_SERVICE_CHANGED,
        .in_service = event->in_service != 0,
        .has_amount =
            kind == EVENT_EXTENDED || kind == EVENT_SWEPT || kind == EVENT_OUTAGE_CREDITED,
        .amount = event->amount,
    };
    if (line->has_size)
        line->size = (enum parcel_size)row->size;
    memcpy(line->compartment, row->compartment, sizeof line->compartment);
    if (kind == EVENT_EXCHANGED)
        memcpy(line->cancelled, row->given_up, sizeof line->cancelled);
    memcpy(line->reason, event->reason, sizeof line->reason);
    if (kind == EVENT_CANCELLED || kind == EVENT_EXCHANGED) {
        const char *reason = cancel_reason_name((enum cancel_reason)event->cancel_reason);
        memset(line->reason, 0, sizeof line->reason);
        memcpy(line->reason, reason, strlen(reason));
    }
}

/* Rows before `before`, at most limit of them. Returns the count or -errno. */
static int read_lines(struct store *store, sqlite3_stmt *statement, uint64_t before, uint32_t limit,
                      struct history_line *lines)
{
    int count = 0;
    int rc = sqlite3_bind_int64(statement, 1, (int64_t)before);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, limit);
    if (rc != SQLITE_OK)
        return store_error(store, rc);
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct ledger_row row;
        uint8_t checksum[LEDGER_CHAIN_SIZE];
        const int error = ledger_row_read(statement, &row, checksum);
        if (error < 0)
            return error;
        line_from_row(&lines[count++], &row);
    }
    return rc == SQLITE_DONE ? count : store_error(store, rc);
}

/* Rows of one compartment before `before` and after `after`: walks through all of these rows. */
static int search_rows(struct store *store, const char *compartment, uint64_t before,
                       uint64_t after, uint32_t limit, struct history_line *lines)
{
    uint32_t count = 0;
    while (before > after + 1 && count < limit) {
        sqlite3_stmt *statement = store_statement(store, STORE_HISTORY_ONE);
        const uint64_t from =
            before > after + HISTORY_SLICE_ROWS ? before - HISTORY_SLICE_ROWS : after + 1;
        int rc = sqlite3_bind_text(statement, 3, compartment, -1, SQLITE_TRANSIENT);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_int64(statement, 4, (int64_t)from);
        rc = rc == SQLITE_OK ? read_lines(store, statement, before, limit - count, lines + count)
                             : store_error(store, rc);
        sqlite3_reset(statement);
        if (rc < 0)
            return rc;
        count += (uint32_t)rc;
        before = from;
    }
    return (int)count;
}

/* The same rows by the index; -EBADMSG when it is not one of these rows. */
static int find_rows(struct store *store, const struct ledger_index *index, const char *compartment,
                     uint32_t limit, struct history_line *lines)
{
    uint64_t sequences[PAGE_LIMIT_MAX];
    const int count = ledger_index_find(index, compartment, index->covered + 1,
                                        limit < PAGE_LIMIT_MAX ? limit : PAGE_LIMIT_MAX, sequences);
    for (int i = 0; i < count; i++) {
        struct ledger_row row;
        uint8_t checksum[LEDGER_CHAIN_SIZE];
        const int error = store_get_row(store, sequences[i], &row, checksum);
        if (error < 0)
            return error;
        if (strcmp(row.compartment, compartment) != 0 && strcmp(row.given_up, compartment) != 0)
            return -EBADMSG;
        line_from_row(&lines[i], &row);
    }
    return count;
}

static int history_of_one(struct ledger *ledger, const char *compartment, uint64_t before,
                          uint32_t limit, struct history_line *lines)
{
    struct store *store = &ledger->store;
    struct ledger_index index;
    ledger_index_open(&index, ledger);
    const uint64_t covered = index.covered;
    const int newer = search_rows(store, compartment, before, covered, limit, lines);
    int older = 0;
    if (newer >= 0 && covered > 0 && (uint32_t)newer < limit) {
        older = find_rows(store, &index, compartment, limit - (uint32_t)newer, lines + newer);
        if (older < 0) /* the long way, then */
            older = search_rows(store, compartment, covered + 1, 0, limit - (uint32_t)newer,
                                lines + newer);
    }
    ledger_index_close(&index);
    if (newer < 0)
        return newer;
    return older < 0 ? older : newer + older;
}

int ledger_history(struct ledger *ledger, const char *compartment, uint32_t limit,
                   struct history_line *lines)
{
    uint64_t last;
    int rc = ledger_ensure_open(ledger, NULL);
    if (rc == 0)
        rc = store_last_sequence(&ledger->store, &last);
    if (rc < 0 || limit == 0)
        return rc;
    if (compartment != NULL)
        return history_of_one(ledger, compartment, last + 1, limit, lines);
    sqlite3_stmt *statement = store_statement(&ledger->store, STORE_HISTORY_ALL);
    rc = read_lines(&ledger->store, statement, last + 1, limit, lines);
    sqlite3_reset(statement);
    return rc;
}
