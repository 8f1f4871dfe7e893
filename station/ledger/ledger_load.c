/*
 * Rebuilding a locker from the ledger.
 *
 * Rows name compartments that the configured wall may not have any more: that is fine as long as
 * nothing is in them in the end. Hardly ever does one occur, so the events are replayed straight
 * into the given locker. When a foreign name turns up all the same, all of them are looked for, the
 * events are replayed into a private locker over the configured wall and the foreign compartments
 * behind it, and its state is then carried over to the given one.
 */
#include "checkpoint.h"
#include "ledger_handle.h"
#include "log.h"
#include "name_table.h"
#include "why.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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
    struct locker *into; /* the target, or: */
    struct locker own;
    void *memory;
    size_t memory_size;
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

/* ---- names ------------------------------------------------------------------------------- */

static int collect_name(struct loading *loading, sqlite3_stmt *statement, int column)
{
    char id[COMPARTMENT_ID_SIZE] = {0};
    const unsigned char *text = sqlite3_column_text(statement, column);
    const int length = sqlite3_column_bytes(statement, column);
    /* What can be no name is damage, which the walk over the rows will find. */
    if (text == NULL || length <= 0 || length > COMPARTMENT_ID_MAX)
        return 0;
    memcpy(id, text, (size_t)length);
    return name_table_add(&loading->names, id, SIZE_SMALL);
}

static int collect_slice(struct loading *loading, uint64_t *after)
{
    struct store *store = &loading->ledger->store;
    sqlite3_stmt *statement = store_statement(store, STORE_NAMES);
    int rc = sqlite3_bind_int64(statement, 1, (int64_t)*after);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, (int64_t)loading->end);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 3, LEDGER_SLICE_ROWS);
    int error = 0;
    *after = loading->end; /* unless rows come */
    while (error == 0 && rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *after = (uint64_t)sqlite3_column_int64(statement, 0);
        error = collect_name(loading, statement, 1);
        if (error == 0)
            error = collect_name(loading, statement, 2);
        rc = SQLITE_OK;
    }
    if (error < 0)
        why_say(loading->why, error, "no memory for the compartments' names");
    else if (rc != SQLITE_DONE)
        error = store_explain(store, rc, "reading its rows", loading->why);
    sqlite3_reset(statement);
    return error;
}

static int collect_names(struct loading *loading)
{
    uint64_t after = loading->has_checkpoint ? loading->checkpoint.header.scalars.sequence : 0;
    int rc = 0;
    while (rc == 0 && after < loading->end)
        rc = collect_slice(loading, &after);
    return rc;
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

/* ---- the locker to replay into ------------------------------------------------------------ */

static int make_own_locker(struct loading *loading)
{
    const uint32_t count = name_table_count(&loading->names);
    const struct policy *policy = locker_policy(loading->target);
    struct compartment *wall = calloc(count, sizeof *wall);
    if (wall == NULL)
        return why_say(loading->why, -ENOMEM, "no memory to load the ledger");
    for (uint32_t i = 0; i < count; i++)
        wall[i] = *name_table_at(&loading->names, i);
    const struct locker_shape shape = locker_shape_for(wall, count, policy->remember_requests);
    loading->memory_size = locker_memory_bytes(&shape);
    void *memory = mmap(NULL, loading->memory_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) {
        loading->memory = memory;
        locker_format(&loading->own, memory, &shape, wall, policy);
        loading->into = &loading->own;
    }
    free(wall);
    return memory != MAP_FAILED ? 0
                                : why_say(loading->why, -ENOMEM, "no memory to load the ledger");
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

/* ---- from the private locker into the given one -------------------------------------------- */

static int refuse_parcels_without_compartment(struct loading *loading)
{
    const char *first = NULL;
    uint32_t count = 0;
    for (uint32_t i = locker_compartment_count(loading->target);
         i < name_table_count(&loading->names); i++) {
        struct snapshot_compartment state;
        snapshot_get_compartment(&loading->own, i, &state);
        if (state.expires_at_ms == 0)
            continue;
        if (count++ == 0)
            first = name_table_at(&loading->names, i)->id;
    }
    if (count == 0)
        return 0;
    return why_say(
        loading->why, -EXDEV,
        "compartment %s holds a parcel, but is not in the configuration any more (%" PRIu32
        " such in all): configure it again, empty it, then take it out",
        first, count);
}

static void carry_over_requests(struct loading *loading)
{
    const uint32_t configured = locker_compartment_count(loading->target);
    const uint64_t count = snapshot_request_count(&loading->own);
    for (uint64_t i = 0; i < count; i++) {
        struct snapshot_request request;
        snapshot_get_request(&loading->own, i, &request);
        const struct answer *answer = &request.answer;
        /* Its answer would name a compartment that is no more: forgotten with it. */
        if ((answer->compartment != COMPARTMENT_NONE && answer->compartment >= configured) ||
            (answer->given_up != COMPARTMENT_NONE && answer->given_up >= configured))
            continue;
        snapshot_put_request(loading->target, &request);
    }
}

static int carry_over(struct loading *loading)
{
    char broken[256] = "";
    const struct locker *own = &loading->own;
    struct snapshot_scalars scalars;
    int rc = refuse_parcels_without_compartment(loading);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < locker_compartment_count(loading->target); i++) {
        struct snapshot_compartment state;
        snapshot_get_compartment(own, i, &state);
        snapshot_put_compartment(loading->target, i, &state);
    }
    const uint64_t retired_count = snapshot_retired_count(own);
    for (uint64_t i = 0; i < retired_count; i++) {
        struct snapshot_retired retired;
        snapshot_get_retired(own, i, &retired);
        snapshot_put_retired(loading->target, &retired);
    }
    carry_over_requests(loading);
    snapshot_get_scalars(own, &scalars);
    snapshot_put_scalars(loading->target, &scalars);
    rc = snapshot_finish(loading->target, broken, sizeof broken);
    return rc == 0
               ? 0
               : why_say(loading->why, -EBADMSG, "%s gives no possible state (%s): " WHY_RESTORE,
                         loading->ledger->path, broken);
}

/* ---- all of it ----------------------------------------------------------------------------- */

static int load_foreign(struct loading *loading)
{
    int rc = collect_names(loading);
    if (rc == 0)
        rc = make_own_locker(loading);
    if (rc == 0)
        rc = replay(loading);
    if (rc == 0)
        rc = carry_over(loading);
    return rc;
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
    if (loading.memory != NULL)
        munmap(loading.memory, loading.memory_size);
    return rc;
}
