/*
 * A row of the table events: an event with the names that outlast the wall's numbering, and the
 * checksum that chains it to the row before.
 *
 * A row is canonical: there is one way to write an event into columns (what does not apply is
 * NULL), and anything else read back is damage. So the checksum, which is taken over the values,
 * speaks for every column.
 */
#ifndef LOCKER_LEDGER_ROW_H
#define LOCKER_LEDGER_ROW_H

#include "compartment.h"
#include "event.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_KEY_SIZE      32
#define LEDGER_IDENTITY_SIZE 16
#define LEDGER_CHAIN_SIZE    16

#define LEDGER_ROW_NO_SIZE 0xff

struct ledger_row {
    struct event event; /* compartment and given_up mean nothing here: the names do */
    uint64_t epoch;
    char compartment[COMPARTMENT_ID_SIZE]; /* "" when none; NUL-padded */
    char given_up[COMPARTMENT_ID_SIZE];
    uint8_t request_key[16]; /* the event's, little-endian */
    uint8_t size;            /* of the compartment, or LEDGER_ROW_NO_SIZE */
};

/* The columns, in the order that bind and read take them. */
#define LEDGER_ROW_COLUMNS                                                                         \
    "sequence, epoch, at_ms, elapsed_ms, event, compartment, given_up, size, expires_at_ms, "      \
    "amount, code_hash, code_nonce, code_digits, retired_hash, retirement, cancel_reason, "        \
    "in_service, held, reason, role, request_key, request_fingerprint, checksum"
#define LEDGER_ROW_COLUMN_COUNT 23

/* The row of an event that speaks of this wall. -EINVAL when it names no compartment of it or is
 * of no known kind. */
int ledger_row_from_event(struct ledger_row *row, const struct event *event, uint64_t epoch,
                          const struct compartment *wall, uint32_t compartments)
    __attribute__((warn_unused_result));

/* The chain's first value: stands before the first row. */
void ledger_row_seed(const uint8_t key[LEDGER_KEY_SIZE],
                     const uint8_t identity[LEDGER_IDENTITY_SIZE],
                     uint8_t chain[LEDGER_CHAIN_SIZE]);

/* The checksum of a row behind one whose checksum is previous. Keyed BLAKE2b-128. chain may be
 * the same memory as previous. */
void ledger_row_chain(const uint8_t key[LEDGER_KEY_SIZE], const uint8_t previous[LEDGER_CHAIN_SIZE],
                      const struct ledger_row *row, uint8_t chain[LEDGER_CHAIN_SIZE]);

/* Bind all columns. Row and checksum must live until the statement is stepped. Returns SQLite's
 * result. */
int ledger_row_bind(sqlite3_stmt *statement, const struct ledger_row *row,
                    const uint8_t checksum[LEDGER_CHAIN_SIZE]) __attribute__((warn_unused_result));

/* Read a row that a statement stands on. -EBADMSG when a column cannot have been written so. */
int ledger_row_read(sqlite3_stmt *statement, struct ledger_row *row,
                    uint8_t checksum[LEDGER_CHAIN_SIZE]) __attribute__((warn_unused_result));

/* Whether two rows say the same, epoch and size aside. */
int ledger_row_same_event(const struct ledger_row *a, const struct ledger_row *b);

#endif
