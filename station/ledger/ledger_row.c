#include "ledger_row.h"

#include "bytes.h"
#include "size.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum column {
    COLUMN_SEQUENCE,
    COLUMN_EPOCH,
    COLUMN_AT,
    COLUMN_ELAPSED,
    COLUMN_EVENT,
    COLUMN_COMPARTMENT,
    COLUMN_GIVEN_UP,
    COLUMN_SIZE,
    COLUMN_EXPIRES,
    COLUMN_AMOUNT,
    COLUMN_CODE_HASH,
    COLUMN_CODE_NONCE,
    COLUMN_CODE_DIGITS,
    COLUMN_RETIRED_HASH,
    COLUMN_RETIREMENT,
    COLUMN_CANCEL_REASON,
    COLUMN_IN_SERVICE,
    COLUMN_HELD,
    COLUMN_REASON,
    COLUMN_ROLE,
    COLUMN_REQUEST_KEY,
    COLUMN_FINGERPRINT,
    COLUMN_CHECKSUM,
};

_Static_assert(COLUMN_CHECKSUM + 1 == LEDGER_ROW_COLUMN_COUNT, "column list and enum differ");

#define STATION_ROLE_NAME "station"

/* Longest encoding: fixed part, three texts with a length byte each. */
#define ENCODING_MAX (16 * 8 + 16 + 3 + 2 * COMPARTMENT_ID_SIZE + SERVICE_REASON_SIZE)

/* Columns whose zero is a statement for this kind, and so is written as 0, not as NULL. */
static bool zero_means_something(enum column column, uint8_t kind)
{
    switch (column) {
    case COLUMN_AMOUNT:
        return kind == EVENT_EXTENDED || kind == EVENT_SWEPT || kind == EVENT_OUTAGE_CREDITED;
    case COLUMN_CANCEL_REASON:
        return kind == EVENT_CANCELLED || kind == EVENT_EXCHANGED;
    case COLUMN_IN_SERVICE:
        return kind == EVENT_SERVICE_CHANGED;
    case COLUMN_HELD:
        return kind == EVENT_EXPIRED;
    default:
        return false;
    }
}

static int name_from_wall(char name[COMPARTMENT_ID_SIZE], uint32_t index,
                          const struct compartment *wall, uint32_t compartments)
{
    memset(name, 0, COMPARTMENT_ID_SIZE);
    if (index == COMPARTMENT_NONE)
        return 0;
    if (index >= compartments)
        return -EINVAL;
    memcpy(name, wall[index].id, COMPARTMENT_ID_SIZE);
    return 0;
}

int ledger_row_from_event(struct ledger_row *row, const struct event *event, uint64_t epoch,
                          const struct compartment *wall, uint32_t compartments)
{
    if (event->kind == EVENT_NONE || event->kind >= EVENT_KIND_COUNT ||
        event->cancel_reason >= CANCEL_REASON_COUNT ||
        (event->role >= ROLE_COUNT && event->role != EVENT_ROLE_STATION))
        return -EINVAL;
    row->event = *event;
    row->epoch = epoch;
    row->size = LEDGER_ROW_NO_SIZE;
    bytes_put_u64(bytes_put_u64(row->request_key, event->request_key[0]), event->request_key[1]);
    if (name_from_wall(row->compartment, event->compartment, wall, compartments) < 0 ||
        name_from_wall(row->given_up, event->given_up, wall, compartments) < 0)
        return -EINVAL;
    if (event->compartment != COMPARTMENT_NONE)
        row->size = wall[event->compartment].size;
    return 0;
}

static uint8_t *put_text(uint8_t *at, const char *text, size_t room)
{
    const size_t length = strnlen(text, room - 1);
    at = bytes_put_u8(at, (uint8_t)length);
    return bytes_put(at, text, length);
}

/* Everything a row says, in one canonical string of bytes. */
static size_t row_encode(const struct ledger_row *row, uint8_t bytes[ENCODING_MAX])
{
    const struct event *event = &row->event;
    uint8_t *at = bytes_put_u64(bytes, row->epoch);
    at = bytes_put_u64(at, event->sequence);
    at = bytes_put_i64(at, event->at_ms);
    at = bytes_put_i64(at, event->elapsed_ms);
    at = bytes_put_i64(at, event->expires_at_ms);
    at = bytes_put_i64(at, event->amount);
    at = bytes_put_u64(at, event->code_hash);
    at = bytes_put_u64(at, event->code_nonce);
    at = bytes_put_u64(at, event->retired_hash);
    at = bytes_put_u64(at, event->request_key[0]);
    at = bytes_put_u64(at, event->request_key[1]);
    at = bytes_put_u64(at, event->request_fingerprint);
    at = bytes_put_u8(at, event->kind);
    at = bytes_put_u8(at, event->retirement);
    at = bytes_put_u8(at, event->cancel_reason);
    at = bytes_put_u8(at, event->code_digits);
    at = bytes_put_u8(at, event->in_service);
    at = bytes_put_u8(at, event->held);
    at = bytes_put_u8(at, event->role);
    at = bytes_put_u8(at, row->size);
    at = put_text(at, row->compartment, sizeof row->compartment);
    at = put_text(at, row->given_up, sizeof row->given_up);
    at = put_text(at, event->reason, sizeof event->reason);
    return (size_t)(at - bytes);
}

void ledger_row_seed(const uint8_t key[LEDGER_KEY_SIZE],
                     const uint8_t identity[LEDGER_IDENTITY_SIZE], uint8_t chain[LEDGER_CHAIN_SIZE])
{
    crypto_generichash(chain, LEDGER_CHAIN_SIZE, identity, LEDGER_IDENTITY_SIZE, key,
                       LEDGER_KEY_SIZE);
}

void ledger_row_chain(const uint8_t key[LEDGER_KEY_SIZE], const uint8_t previous[LEDGER_CHAIN_SIZE],
                      const struct ledger_row *row, uint8_t chain[LEDGER_CHAIN_SIZE])
{
    uint8_t bytes[LEDGER_CHAIN_SIZE + ENCODING_MAX];
    memcpy(bytes, previous, LEDGER_CHAIN_SIZE);
    const size_t size = LEDGER_CHAIN_SIZE + row_encode(row, bytes + LEDGER_CHAIN_SIZE);
    crypto_generichash(chain, LEDGER_CHAIN_SIZE, bytes, size, key, LEDGER_KEY_SIZE);
}

int ledger_row_same_event(const struct ledger_row *a, const struct ledger_row *b)
{
    struct ledger_row twin = *b;
    twin.epoch = a->epoch;
    twin.size = a->size;
    uint8_t bytes[2][ENCODING_MAX];
    const size_t size = row_encode(a, bytes[0]);
    return size == row_encode(&twin, bytes[1]) && memcmp(bytes[0], bytes[1], size) == 0;
}

/* ---- writing ----------------------------------------------------------------------------- */

/* Keeps the first error, so that a row of binds needs one test. */
struct binder {
    sqlite3_stmt *statement;
    uint8_t kind;
    int rc;
};

static void bind_number(struct binder *binder, enum column column, int64_t value)
{
    if (binder->rc == SQLITE_OK && (value != 0 || zero_means_something(column, binder->kind)))
        binder->rc = sqlite3_bind_int64(binder->statement, (int)column + 1, value);
}

static void bind_always(struct binder *binder, enum column column, int64_t value)
{
    if (binder->rc == SQLITE_OK)
        binder->rc = sqlite3_bind_int64(binder->statement, (int)column + 1, value);
}

static void bind_text(struct binder *binder, enum column column, const char *text)
{
    if (binder->rc == SQLITE_OK && text[0] != '\0')
        binder->rc = sqlite3_bind_text(binder->statement, (int)column + 1, text, -1, SQLITE_STATIC);
}

static void bind_bytes(struct binder *binder, enum column column, const void *data, int size)
{
    if (binder->rc == SQLITE_OK)
        binder->rc =
            sqlite3_bind_blob(binder->statement, (int)column + 1, data, size, SQLITE_STATIC);
}

static const char *role_text(uint8_t role)
{
    return role == EVENT_ROLE_STATION ? STATION_ROLE_NAME : role_name((enum role)role);
}

int ledger_row_bind(sqlite3_stmt *statement, const struct ledger_row *row,
                    const uint8_t checksum[LEDGER_CHAIN_SIZE])
{
    const struct event *event = &row->event;
    struct binder binder = {.statement = statement, .kind = event->kind};
    binder.rc = sqlite3_clear_bindings(statement);
    bind_always(&binder, COLUMN_SEQUENCE, (int64_t)event->sequence);
    bind_always(&binder, COLUMN_EPOCH, (int64_t)row->epoch);
    bind_always(&binder, COLUMN_AT, event->at_ms);
    bind_always(&binder, COLUMN_ELAPSED, event->elapsed_ms);
    bind_text(&binder, COLUMN_EVENT, event_name((enum event_kind)event->kind));
    bind_text(&binder, COLUMN_COMPARTMENT, row->compartment);
    bind_text(&binder, COLUMN_GIVEN_UP, row->given_up);
    if (row->size != LEDGER_ROW_NO_SIZE)
        bind_text(&binder, COLUMN_SIZE, size_name((enum parcel_size)row->size));
    bind_number(&binder, COLUMN_EXPIRES, event->expires_at_ms);
    bind_number(&binder, COLUMN_AMOUNT, event->amount);
    bind_number(&binder, COLUMN_CODE_HASH, (int64_t)event->code_hash);
    bind_number(&binder, COLUMN_CODE_NONCE, (int64_t)event->code_nonce);
    bind_number(&binder, COLUMN_CODE_DIGITS, event->code_digits);
    bind_number(&binder, COLUMN_RETIRED_HASH, (int64_t)event->retired_hash);
    bind_number(&binder, COLUMN_RETIREMENT, event->retirement);
    if (event->cancel_reason != 0 || zero_means_something(COLUMN_CANCEL_REASON, event->kind))
        bind_text(&binder, COLUMN_CANCEL_REASON,
                  cancel_reason_name((enum cancel_reason)event->cancel_reason));
    bind_number(&binder, COLUMN_IN_SERVICE, event->in_service);
    bind_number(&binder, COLUMN_HELD, event->held);
    bind_text(&binder, COLUMN_REASON, event->reason);
    bind_text(&binder, COLUMN_ROLE, role_text(event->role));
    if ((event->request_key[0] | event->request_key[1]) != 0)
        bind_bytes(&binder, COLUMN_REQUEST_KEY, row->request_key, sizeof row->request_key);
    bind_number(&binder, COLUMN_FINGERPRINT, (int64_t)event->request_fingerprint);
    bind_bytes(&binder, COLUMN_CHECKSUM, checksum, LEDGER_CHAIN_SIZE);
    return binder.rc;
}

/* ---- reading ----------------------------------------------------------------------------- */

/*
 * A value is fetched once and then asked: that takes half the time of sqlite3_column_…() for each
 * question. Such values are safe while nobody else uses the connection, as here. Texts are read as
 * blobs: their bytes as they stand, without a copy for the sake of a zero at the end.
 */
struct reader {
    sqlite3_stmt *statement;
    uint8_t kind;
    bool bad; /* a column that no bind above can have written */
};

static sqlite3_value *value_of(const struct reader *reader, enum column column)
{
    return sqlite3_column_value(reader->statement, (int)column);
}

static int64_t number_of(struct reader *reader, sqlite3_value *value, int type)
{
    reader->bad |= type != SQLITE_INTEGER;
    return type == SQLITE_INTEGER ? sqlite3_value_int64(value) : 0;
}

static int64_t read_always(struct reader *reader, enum column column)
{
    sqlite3_value *value = value_of(reader, column);
    return number_of(reader, value, sqlite3_value_type(value));
}

static int64_t read_number(struct reader *reader, enum column column)
{
    sqlite3_value *value = value_of(reader, column);
    const int type = sqlite3_value_type(value);
    const int64_t number = type == SQLITE_NULL ? 0 : number_of(reader, value, type);
    if (number == 0) /* there is one way to write it */
        reader->bad |= (type != SQLITE_NULL) != zero_means_something(column, reader->kind);
    return number;
}

static uint8_t read_small(struct reader *reader, enum column column, int64_t limit)
{
    const int64_t value = read_number(reader, column);
    if (value < 0 || value > limit) {
        reader->bad = true;
        return 0;
    }
    return (uint8_t)value;
}

/* A text of 1 to size - 1 bytes, or NULL for "". The rest of text is zero. */
static void read_text(struct reader *reader, enum column column, char *text, size_t size)
{
    memset(text, 0, size);
    sqlite3_value *value = value_of(reader, column);
    const int type = sqlite3_value_type(value);
    if (type == SQLITE_NULL)
        return;
    const void *found = sqlite3_value_blob(value);
    const size_t length = (size_t)sqlite3_value_bytes(value);
    if (type != SQLITE_TEXT || found == NULL || length == 0 || length >= size ||
        memchr(found, 0, length) != NULL) {
        reader->bad = true;
        return;
    }
    memcpy(text, found, length);
}

/* false: there is none. */
static bool read_bytes(struct reader *reader, enum column column, uint8_t *data, int size)
{
    sqlite3_value *value = value_of(reader, column);
    const int type = sqlite3_value_type(value);
    if (type == SQLITE_NULL)
        return false;
    if (type == SQLITE_BLOB && sqlite3_value_bytes(value) == size)
        memcpy(data, sqlite3_value_blob(value), (size_t)size);
    else
        reader->bad = true;
    return true;
}

static uint8_t read_kind(struct reader *reader)
{
    char name[32];
    enum event_kind kind = EVENT_NONE;
    read_text(reader, COLUMN_EVENT, name, sizeof name);
    if (event_from_name(name, &kind) < 0 || kind == EVENT_NONE)
        reader->bad = true;
    return (uint8_t)kind;
}

static uint8_t read_size(struct reader *reader)
{
    char name[16];
    enum parcel_size size;
    read_text(reader, COLUMN_SIZE, name, sizeof name);
    if (name[0] == '\0')
        return LEDGER_ROW_NO_SIZE;
    if (size_from_name(name, &size) == 0)
        return (uint8_t)size;
    reader->bad = true;
    return LEDGER_ROW_NO_SIZE;
}

static uint8_t read_cancel_reason(struct reader *reader)
{
    char name[32];
    enum cancel_reason reason;
    read_text(reader, COLUMN_CANCEL_REASON, name, sizeof name);
    const bool said = zero_means_something(COLUMN_CANCEL_REASON, reader->kind);
    if (name[0] == '\0') {
        reader->bad |= said;
        return 0;
    }
    if (cancel_reason_from_name(name, &reason) == 0 && (said || reason != 0))
        return (uint8_t)reason;
    reader->bad = true;
    return 0;
}

static uint8_t read_role(struct reader *reader)
{
    char name[32];
    read_text(reader, COLUMN_ROLE, name, sizeof name);
    for (uint8_t role = 0; role < ROLE_COUNT; role++) {
        if (strcmp(name, role_name((enum role)role)) == 0)
            return role;
    }
    reader->bad |= strcmp(name, STATION_ROLE_NAME) != 0;
    return EVENT_ROLE_STATION;
}

static void read_request_key(struct reader *reader, struct ledger_row *row)
{
    memset(row->request_key, 0, sizeof row->request_key);
    if (!read_bytes(reader, COLUMN_REQUEST_KEY, row->request_key, sizeof row->request_key))
        return;
    uint64_t *key = row->event.request_key;
    bytes_get_u64(bytes_get_u64(row->request_key, &key[0]), &key[1]);
    reader->bad |= (key[0] | key[1]) == 0;
}

int ledger_row_read(sqlite3_stmt *statement, struct ledger_row *row,
                    uint8_t checksum[LEDGER_CHAIN_SIZE])
{
    struct reader reader = {.statement = statement};
    struct event *event = &row->event;
    *event = (struct event){.compartment = COMPARTMENT_NONE, .given_up = COMPARTMENT_NONE};
    event->kind = reader.kind = read_kind(&reader);
    event->sequence = (uint64_t)read_always(&reader, COLUMN_SEQUENCE);
    row->epoch = (uint64_t)read_always(&reader, COLUMN_EPOCH);
    event->at_ms = read_always(&reader, COLUMN_AT);
    event->elapsed_ms = read_always(&reader, COLUMN_ELAPSED);
    read_text(&reader, COLUMN_COMPARTMENT, row->compartment, sizeof row->compartment);
    read_text(&reader, COLUMN_GIVEN_UP, row->given_up, sizeof row->given_up);
    row->size = read_size(&reader);
    event->expires_at_ms = read_number(&reader, COLUMN_EXPIRES);
    event->amount = read_number(&reader, COLUMN_AMOUNT);
    event->code_hash = (uint64_t)read_number(&reader, COLUMN_CODE_HASH);
    event->code_nonce = (uint64_t)read_number(&reader, COLUMN_CODE_NONCE);
    event->code_digits = read_small(&reader, COLUMN_CODE_DIGITS, CODE_DIGITS_MAX);
    event->retired_hash = (uint64_t)read_number(&reader, COLUMN_RETIRED_HASH);
    event->retirement = read_small(&reader, COLUMN_RETIREMENT, RETIRED_CANCELLED);
    event->cancel_reason = read_cancel_reason(&reader);
    event->in_service = read_small(&reader, COLUMN_IN_SERVICE, 1);
    event->held = read_small(&reader, COLUMN_HELD, 1);
    read_text(&reader, COLUMN_REASON, event->reason, sizeof event->reason);
    event->role = read_role(&reader);
    read_request_key(&reader, row);
    event->request_fingerprint = (uint64_t)read_number(&reader, COLUMN_FINGERPRINT);
    if (!read_bytes(&reader, COLUMN_CHECKSUM, checksum, LEDGER_CHAIN_SIZE))
        reader.bad = true;
    return reader.bad ? -EBADMSG : 0;
}
