#include "ledger_handle.h"
#include "log.h"
#include "stage.h"

#include <errno.h>
#include <string.h>

static void mark_save(struct ledger *ledger, bool flush)
{
    int rc = mark_write(&ledger->mark);
    if (rc == 0 && flush)
        rc = mark_flush(&ledger->mark);
    if (rc < 0 && !ledger->mark_failing)
        log_warning("%s/mark cannot be written: %s", ledger->directory, strerror(-rc));
    ledger->mark_failing = rc < 0;
}

/* The mark after a durable batch. Its time follows the events, never back, but for an operator
 * who set the clock. */
static void mark_advance(struct ledger *ledger, const struct event *events, size_t count)
{
    struct mark_state *state = &ledger->mark.state;
    const struct event *last = &events[count - 1];
    bool anew = memcmp(state->boot_id, ledger->boot_id, BOOT_ID_SIZE) != 0;
    if (anew) /* until ledger_mark_time() knows better */
        state->origin_ms = last->at_ms - last->elapsed_ms;
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind != EVENT_CLOCK_ACCEPTED)
            continue;
        anew = true; /* and the clock was anchored there */
        state->origin_ms = events[i].at_ms - events[i].elapsed_ms;
    }
    if (anew || last->at_ms >= state->now_ms) {
        state->now_ms = last->at_ms;
        state->elapsed_ms = last->elapsed_ms;
        memcpy(state->boot_id, ledger->boot_id, BOOT_ID_SIZE);
    }
    state->sequence = ledger->end.sequence;
    memcpy(state->chain, ledger->end.chain, sizeof state->chain);
    mark_save(ledger, false);
}

void ledger_mark_time(struct ledger *ledger, const uint8_t boot_id[BOOT_ID_SIZE],
                      const struct ledger_time *time, bool flush)
{
    if (ledger->readonly)
        return;
    struct mark_state *state = &ledger->mark.state;
    if (memcmp(ledger->boot_id, boot_id, BOOT_ID_SIZE) != 0) {
        memcpy(ledger->boot_id, boot_id, BOOT_ID_SIZE);
        ledger->boot_is_written = false;
    }
    memcpy(state->boot_id, boot_id, BOOT_ID_SIZE);
    state->now_ms = time->now_ms;
    state->elapsed_ms = time->elapsed_ms;
    state->origin_ms = time->origin_ms;
    state->guess_full_at_ms = time->guess_full_at_ms;
    mark_save(ledger, flush);
}

static int write_boot(struct ledger *ledger, uint64_t first_sequence)
{
    uint8_t known[BOOT_ID_SIZE];
    if (ledger->boot_is_written)
        return 0;
    const int rc = ledger_boot_of(ledger, first_sequence, known);
    if (rc < 0 || memcmp(known, ledger->boot_id, BOOT_ID_SIZE) == 0)
        return rc;
    return ledger_boot_write(ledger, first_sequence);
}

static int insert_events(struct ledger *ledger, const struct event *events, size_t count)
{
    struct ledger_place *place = &ledger->attempted;
    for (size_t i = 0; i < count; i++) {
        struct ledger_row row;
        int rc = events[i].sequence == place->sequence + 1
                     ? ledger_row_from_event(&row, &events[i], ledger->epoch, ledger->wall,
                                             ledger->compartments)
                     : -EINVAL;
        if (rc < 0)
            return rc;
        ledger_row_chain(ledger->key, place->chain, &row, place->chain);
        place->sequence++;
        stage_end(STAGE_ROW);
        sqlite3_stmt *insert = store_statement(&ledger->store, STORE_INSERT);
        rc = ledger_row_bind(insert, &row, place->chain);
        if (rc != SQLITE_OK)
            return store_error(&ledger->store, rc);
        rc = store_run(&ledger->store, insert);
        stage_end(STAGE_INSERT);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int write_batch(struct ledger *ledger, const struct event *events, size_t count)
{
    ledger->attempted = ledger->end;
    int rc = store_begin(&ledger->store);
    if (rc < 0)
        return rc;
    rc = write_boot(ledger, events[0].sequence);
    if (rc == 0)
        rc = insert_events(ledger, events, count);
    if (rc == 0)
        rc = store_run(&ledger->store, store_statement(&ledger->store, STORE_COMMIT));
    stage_end(STAGE_COMMIT);
    if (rc == 0)
        return 0;
    store_rollback(&ledger->store);
    return rc;
}

/* Events that are in the ledger already: a writer before this one died between the commit and
 * saying so, or a commit that failed has landed all the same. What opened the ledger has made
 * them durable. */
static int skip_known(struct ledger *ledger, const struct event **events, size_t *count)
{
    while (*count > 0 && (*events)->sequence <= ledger->end.sequence) {
        const int rc = ledger_compare(ledger, *events);
        if (rc < 0)
            return rc == -ENOENT ? -EBADMSG : rc;
        (*events)++;
        (*count)--;
    }
    return 0;
}

int ledger_append(struct ledger *ledger, const struct event *events, size_t count)
{
    if (ledger->readonly)
        return -EROFS;
    if (count == 0)
        return 0;
    int rc = ledger->store.db == NULL ? ledger_look(ledger) : 0;
    if (rc < 0)
        return rc;
    const struct event *rest = events;
    size_t left = count;
    rc = skip_known(ledger, &rest, &left);
    if (rc == 0 && left > 0)
        rc = write_batch(ledger, rest, left);
    if (rc < 0) {
        if (rc != -EINVAL && rc != -EBUSY)
            store_close(&ledger->store, false);
        return rc;
    }
    if (left > 0) {
        ledger->end = ledger->attempted;
        ledger->boot_is_written = true;
    }
    mark_advance(ledger, events, count);
    return 0;
}

void ledger_tend(struct ledger *ledger)
{
    if (ledger->store.db)
        backfill_tend(&ledger->store.backfill);
}

int ledger_compare(struct ledger *ledger, const struct event *event)
{
    struct ledger_row expected, found;
    uint8_t chain[LEDGER_CHAIN_SIZE];
    int rc = ledger_ensure_open(ledger, NULL);
    if (rc == 0)
        rc = ledger_row_from_event(&expected, event, ledger->epoch, ledger->wall,
                                   ledger->compartments);
    if (rc == 0)
        rc = store_get_row(&ledger->store, event->sequence, &found, chain);
    if (rc == 0 && !ledger_row_same_event(&expected, &found))
        rc = -EBADMSG;
    return rc;
}
