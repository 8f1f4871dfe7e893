/*
 * Rebuilding a locker from the ledger.
 *
 * Rows name compartments that the configured wall may not have any more. Hardly ever does one
 * occur, so the events are replayed straight into the given locker; when a foreign name turns up
 * all the same, all begins anew with a foreign wall.
 */
#include "checkpoint.h"
#include "foreign_wall.h"
#include "ledger_handle.h"
#include "log.h"
#include "name_table.h"
#include "why.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct loading {
    struct ledger *ledger;
    struct locker *target;
    char *why;
    uint64_t end; /* the last row to be loaded */
    struct name_table names;
    uint32_t guess; /* of the next row's compartment: behind that of the row before */
    bool met_foreign;
    bool has_checkpoint;
    struct checkpoint checkpoint;
    uint32_t *map;       /* of the checkpoint's compartments to those of the table */
    struct locker *into; /* the target, or that of: */
    struct foreign_wall foreign;
};

static void ignore_checkpoint(struct loading *loading, const char *because)
{
    log_warning("%s/checkpoint %s: starting from all %" PRIu64 " rows of the ledger instead",
                loading->ledger->directory, because, loading->end);
    checkpoint_free(&loading->checkpoint);
}

/* A checkpoint is a convenience: all rows are there, so a bad one costs time and nothing else. But
 * one that is sound and knows of later changes proves that rows were lost. */
static int choose_checkpoint(struct loading *loading)
{
    struct ledger *ledger = loading->ledger;
    const struct checkpoint_header *header = &loading->checkpoint.header;
    struct ledger_row row;
    uint8_t chain[LEDGER_CHAIN_SIZE];
    int rc = checkpoint_read(&loading->checkpoint, ledger->directory, ledger->key);
    if (rc == -ENOENT)
        return 0;
    if (rc == -ENOMEM)
        return why_say(loading->why, rc, "no memory to read %s/checkpoint", ledger->directory);
    if (rc < 0) {
        ignore_checkpoint(loading, rc == -EBADMSG ? "is damaged" : strerror(-rc));
        return 0;
    }
    if (memcmp(header->identity, ledger->identity, sizeof header->identity) != 0) {
        ignore_checkpoint(loading, "belongs to another ledger");
        return 0;
    }
    if (header->scalars.sequence > loading->end)
        return why_say(loading->why, -EBADMSG,
                       "%s ends at change %" PRIu64 ", but the checkpoint beside it contains "
                       "change %" PRIu64 ": %" PRIu64 " changes are missing: " WHY_RESTORE,
                       ledger->path, loading->end, header->scalars.sequence,
                       header->scalars.sequence - loading->end);
    rc = header->scalars.sequence == 0
             ? -ENOENT
             : store_get_row(&ledger->store, header->scalars.sequence, &row, chain);
    if (rc < 0 || memcmp(chain, header->chain, sizeof chain) != 0)
        ignore_checkpoint(loading, "does not match the ledger");
    else
        loading->has_checkpoint = true;
    return 0;
}

/* Those of the checkpoint's wall, nearly always the same wall. */
static int map_checkpoint(struct loading *loading)
{
    const uint32_t count = loading->checkpoint.header.compartments;
    int rc = 0;
    loading->map = calloc(count + 1u, sizeof *loading->map);
    if (loading->map == NULL)
        rc = -ENOMEM;
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        const struct compartment *compartment = &loading->checkpoint.wall[i];
        uint32_t found = name_table_find(&loading->names, compartment->id, i);
        if (found == COMPARTMENT_NONE) {
            found = name_table_count(&loading->names);
            rc = name_table_add(&loading->names, compartment->id, compartment->size);
        }
        loading->map[i] = found;
    }
    return rc == 0 ? 0 : why_say(loading->why, rc, "no memory for the compartments' names");
}

/* ---- rows -------------------------------------------------------------------------------- */

/* false: of a compartment that is not known. */
static bool resolve(struct loading *loading, const char *id, uint32_t *number)
{
    *number = COMPARTMENT_NONE;
    if (id[0] == '\0')
        return true;
    *number = name_table_find(&loading->names, id, loading->guess);
    loading->guess = *number + 1; /* an empty wall is filled from one end */
    return *number != COMPARTMENT_NONE;
}

static void expect_row(void *context, const struct ledger_row *row)
{
    const struct loading *loading = context;
    locker_expect_replay(loading->into, &row->event);
}

static int replay_row(void *context, struct ledger_row *row)
{
    struct loading *loading = context;
    struct event *event = &row->event;
    if (!resolve(loading, row->compartment, &event->compartment) ||
        !resolve(loading, row->given_up, &event->given_up)) {
        loading->met_foreign = true;
        return why_say(loading->why, -ENXIO, "%s: row %" PRIu64 " is of an unknown compartment",
                       loading->ledger->path, event->sequence);
    }
    if (locker_replay(loading->into, event) == 0)
        return 0;
    return why_say(loading->why, -EBADMSG,
                   "%s: row %" PRIu64
                   " (%s %s) does not fit what the rows before it say: " WHY_RESTORE,
                   loading->ledger->path, event->sequence, event_name((enum event_kind)event->kind),
                   row->compartment);
}

/* The newest rows behind the checkpoint, up to the one that it vouches for. */
static int verify_behind(struct loading *loading, struct ledger_place *place)
{
    struct ledger *ledger = loading->ledger;
    const struct checkpoint_header *header = &loading->checkpoint.header;
    const uint64_t sequence = header->scalars.sequence;
    if (sequence > LEDGER_VERIFY_BEHIND) {
        struct ledger_row row;
        place->sequence = sequence - LEDGER_VERIFY_BEHIND;
        const int rc = store_get_row(&ledger->store, place->sequence, &row, place->chain);
        if (rc < 0)
            return why_say(loading->why, rc == -ENOENT ? -EBADMSG : rc,
                           "%s: row %" PRIu64 " is damaged or missing: " WHY_RESTORE, ledger->path,
                           place->sequence);
    }
    return ledger_walk(ledger, place, sequence, NULL, loading->why);
}

static int replay(struct loading *loading)
{
    struct ledger *ledger = loading->ledger;
    const struct ledger_visitor visitor = {replay_row, expect_row, loading};
    struct ledger_place place = {0};
    ledger_row_seed(ledger->key, ledger->identity, place.chain);
    int rc = 0;
    if (loading->has_checkpoint) {
        rc = verify_behind(loading, &place);
        if (rc == 0)
            rc = checkpoint_import(&loading->checkpoint, loading->into, loading->map, loading->why);
    }
    if (rc == 0)
        rc = ledger_walk(ledger, &place, loading->end, &visitor, loading->why);
    return rc;
}

/* ---- all of it ----------------------------------------------------------------------------- */

static int load_foreign(struct loading *loading)
{
    const uint64_t after =
        loading->has_checkpoint ? loading->checkpoint.header.scalars.sequence : 0;
    int rc =
        foreign_wall_collect(loading->ledger, after, loading->end, &loading->names, loading->why);
    if (rc == 0)
        rc = foreign_wall_open(&loading->foreign, &loading->names, loading->why);
    if (rc < 0)
        return rc;
    loading->into = &loading->foreign.locker;
    rc = replay(loading);
    return rc < 0 ? rc
                  : foreign_wall_carry_over(&loading->foreign, &loading->names, loading->target,
                                            loading->ledger->path, loading->why);
}

static int load(struct loading *loading)
{
    struct ledger *ledger = loading->ledger;
    int rc = store_last_sequence(&ledger->store, &loading->end);
    if (rc < 0)
        return why_say(loading->why, rc, "%s: its last row cannot be read: " WHY_RESTORE,
                       ledger->path);
    rc = ledger_check_mark(ledger, loading->end, loading->why);
    if (rc == 0)
        rc = choose_checkpoint(loading);
    if (rc == 0 && loading->has_checkpoint)
        rc = map_checkpoint(loading);
    if (rc < 0 || loading->names.foreign_count > 0)
        return rc < 0 ? rc : load_foreign(loading);
    rc = replay(loading);
    if (!loading->met_foreign)
        return rc;
    snapshot_clear(loading->target);
    return load_foreign(loading);
}

int ledger_load(struct ledger *ledger, struct locker *locker, char *why)
{
    struct loading loading = {.ledger = ledger,
                              .target = locker,
                              .into = locker,
                              .names = {.locker = locker},
                              .why = why};
    int rc = ledger_ensure_open(ledger, why);
    if (rc == 0 && ledger->readonly)
        rc = ledger_origin_read(ledger, true, why);
    if (rc == 0)
        rc = load(&loading);
    checkpoint_free(&loading.checkpoint);
    name_table_free(&loading.names);
    free(loading.map);
    foreign_wall_close(&loading.foreign);
    return rc;
}
