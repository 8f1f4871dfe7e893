/*
 * What is done with a ledger beside the daily appending: where it ends, its checkpoint, its audit.
 */
#include "checkpoint.h"
#include "ledger_handle.h"
#include "why.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static bool is_boot(const uint8_t a[BOOT_ID_SIZE], const uint8_t b[BOOT_ID_SIZE])
{
    static const uint8_t unknown[BOOT_ID_SIZE];
    return memcmp(a, b, BOOT_ID_SIZE) == 0 && memcmp(a, unknown, BOOT_ID_SIZE) != 0;
}

/* Did an operator set the clock after the mark was written? Then its time counts no more. */
static int clock_was_set_after(struct ledger *ledger, uint64_t sequence, bool *set)
{
    sqlite3_stmt *statement = store_statement(&ledger->store, STORE_CLOCK_ACCEPTED);
    int rc = sqlite3_bind_int64(statement, 1, (int64_t)sequence);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    *set = rc == SQLITE_ROW;
    const int error = store_error(&ledger->store, rc);
    sqlite3_reset(statement);
    return error;
}

static int floor_of_last_row(struct ledger *ledger, const uint8_t boot_id[BOOT_ID_SIZE],
                             struct ledger_end *end)
{
    struct ledger_row row;
    uint8_t chain[LEDGER_CHAIN_SIZE], boot[BOOT_ID_SIZE];
    if (end->sequence == 0)
        return 0;
    int rc = store_get_row(&ledger->store, end->sequence, &row, chain);
    if (rc == 0)
        rc = ledger_boot_of(ledger, end->sequence, boot);
    if (rc < 0)
        return rc;
    end->floor.at_ms = row.event.at_ms;
    end->floor.elapsed_ms = row.event.elapsed_ms;
    end->floor.same_boot = is_boot(boot, boot_id);
    return 0;
}

static int floor_of_mark(struct ledger *ledger, const uint8_t boot_id[BOOT_ID_SIZE],
                         struct ledger_end *end)
{
    const struct mark_state *state = &ledger->mark.state;
    bool set = false;
    if (!ledger->mark.believed)
        return 0;
    end->guess_full_at_ms = state->guess_full_at_ms;
    const int rc = clock_was_set_after(ledger, state->sequence, &set);
    if (rc < 0 || set || state->now_ms == 0)
        return rc;
    if (is_boot(state->boot_id, boot_id))
        end->floor.origin_ms = state->origin_ms;
    /* A mark as new as the last row was written after it; an older one may still be later, when
     * the clock went on and rows did not. */
    if (state->sequence >= end->sequence || state->now_ms > end->floor.at_ms) {
        end->floor.at_ms = state->now_ms;
        end->floor.elapsed_ms = state->elapsed_ms;
        end->floor.same_boot = is_boot(state->boot_id, boot_id);
    }
    return 0;
}

static void floor_of_checkpoint(struct ledger *ledger, struct ledger_end *end)
{
    struct checkpoint_header header;
    if (checkpoint_peek(ledger->directory, ledger->key, &header) < 0 ||
        memcmp(header.identity, ledger->identity, sizeof header.identity) != 0)
        return;
    end->checkpoint_sequence = header.scalars.sequence;
    if (ledger->mark.believed)
        return; /* which knows better */
    end->guess_full_at_ms = header.scalars.guess_full_at_ms;
    if (header.scalars.sequence == end->sequence && header.scalars.at_ms > end->floor.at_ms)
        end->floor = (struct clock_floor){.at_ms = header.scalars.at_ms};
}

int ledger_end(struct ledger *ledger, const uint8_t boot_id[BOOT_ID_SIZE], struct ledger_end *end,
               char *why)
{
    struct ledger_place place;
    *end = (struct ledger_end){0};
    int rc = ledger_ensure_open(ledger, why);
    if (rc == 0 && ledger->readonly)
        rc = ledger_origin_read(ledger, true, why);
    if (rc == 0)
        rc = ledger_find_end(ledger, &place, why);
    if (rc == 0)
        rc = ledger_check_mark(ledger, place.sequence, why);
    if (rc < 0)
        return rc;
    end->sequence = place.sequence;
    rc = floor_of_last_row(ledger, boot_id, end);
    if (rc == 0)
        rc = floor_of_mark(ledger, boot_id, end);
    if (rc < 0)
        return why_say(why, rc, "%s: its end cannot be read: %s", ledger->path, strerror(-rc));
    floor_of_checkpoint(ledger, end);
    end->alive_at_ms = end->floor.at_ms;
    if (!ledger->readonly && memcmp(ledger->boot_id, boot_id, BOOT_ID_SIZE) != 0) {
        memcpy(ledger->boot_id, boot_id, BOOT_ID_SIZE);
        ledger->boot_is_written = false;
    }
    return 0;
}

void ledger_stamp_end(const struct ledger *ledger, struct ledger_stamp *stamp)
{
    memcpy(stamp->identity, ledger->identity, sizeof stamp->identity);
    stamp->sequence = ledger->end.sequence;
    memcpy(stamp->chain, ledger->end.chain, sizeof stamp->chain);
}

int ledger_holds(struct ledger *ledger, const struct ledger_stamp *stamp)
{
    struct ledger_row row;
    uint8_t chain[LEDGER_CHAIN_SIZE];
    int rc = ledger_ensure_open(ledger, NULL);
    if (rc == 0 && memcmp(stamp->identity, ledger->identity, sizeof stamp->identity) != 0)
        rc = -EBADMSG;
    if (rc < 0 || stamp->sequence == 0)
        return rc;
    rc = store_get_row(&ledger->store, stamp->sequence, &row, chain);
    if (rc == 0 && memcmp(stamp->chain, chain, sizeof chain) != 0)
        rc = -EBADMSG;
    return rc;
}

int ledger_checkpoint(struct ledger *ledger, const struct locker *locker, char *why)
{
    struct snapshot_scalars scalars;
    struct ledger_row row;
    struct checkpoint_header header = {.epoch = 0};
    snapshot_get_scalars(locker, &scalars);
    if (scalars.sequence == 0)
        return 0; /* an empty station needs none */
    int rc = ledger_ensure_open(ledger, why);
    if (rc == 0 && ledger->readonly)
        rc = ledger_origin_read(ledger, true, why);
    if (rc < 0)
        return rc;
    rc = store_get_row(&ledger->store, scalars.sequence, &row, header.chain);
    if (rc < 0)
        return why_say(why, rc,
                       "%s: no checkpoint of change %" PRIu64 ", its row cannot be read (%s)",
                       ledger->path, scalars.sequence, strerror(-rc));
    header.epoch = ledger->epoch;
    memcpy(header.identity, ledger->identity, sizeof header.identity);
    memcpy(header.station, ledger->station, sizeof header.station);
    return checkpoint_write(ledger->directory, ledger->key, &header, locker, why);
}

int ledger_audit(struct ledger *ledger, uint64_t *checked, char *why)
{
    struct ledger_place place = {0};
    uint64_t last;
    *checked = 0;
    int rc = ledger_ensure_open(ledger, why);
    if (rc == 0)
        rc = ledger_origin_read(ledger, true, why);
    if (rc < 0)
        return rc;
    rc = store_last_sequence(&ledger->store, &last);
    if (rc < 0)
        return why_say(why, rc, "%s: its last row cannot be read: " WHY_RESTORE, ledger->path);
    rc = ledger_check_mark(ledger, last, why);
    if (rc < 0)
        return rc;
    ledger_row_seed(ledger->key, ledger->identity, place.chain);
    rc = ledger_walk(ledger, &place, last, NULL, why);
    *checked = place.sequence;
    return rc;
}
