#include "foreign_wall.h"

#include "snapshot.h"
#include "why.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- names --------------------------------------------------------------------------------- */

static int collect_name(struct name_table *names, sqlite3_stmt *statement, int column)
{
    char id[COMPARTMENT_ID_SIZE] = {0};
    const unsigned char *text = sqlite3_column_text(statement, column);
    const int length = sqlite3_column_bytes(statement, column);
    /* What can be no name is damage, which the walk over the rows will find. */
    if (text == NULL || length <= 0 || length > COMPARTMENT_ID_MAX)
        return 0;
    memcpy(id, text, (size_t)length);
    return name_table_add(names, id, SIZE_SMALL);
}

static int collect_slice(struct store *store, uint64_t *after, uint64_t end,
                         struct name_table *names, char *why)
{
    sqlite3_stmt *statement = store_statement(store, STORE_NAMES);
    int rc = sqlite3_bind_int64(statement, 1, (int64_t)*after);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, (int64_t)end);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 3, LEDGER_SLICE_ROWS);
    int error = 0;
    *after = end; /* unless rows come */
    while (error == 0 && rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *after = (uint64_t)sqlite3_column_int64(statement, 0);
        error = collect_name(names, statement, 1);
        if (error == 0)
            error = collect_name(names, statement, 2);
        rc = SQLITE_OK;
    }
    if (error < 0)
        why_say(why, error, "no memory for the compartments' names");
    else if (rc != SQLITE_DONE)
        error = store_explain(store, rc, "reading its rows", why);
    sqlite3_reset(statement);
    return error;
}

int foreign_wall_collect(struct ledger *ledger, uint64_t after, uint64_t end,
                         struct name_table *names, char *why)
{
    int rc = 0;
    while (rc == 0 && after < end)
        rc = collect_slice(&ledger->store, &after, end, names, why);
    return rc;
}

/* ---- the locker ---------------------------------------------------------------------------- */

int foreign_wall_open(struct foreign_wall *wall, const struct name_table *names, char *why)
{
    const uint32_t count = name_table_count(names);
    const struct policy *policy = locker_policy(names->locker);
    struct compartment *compartments = calloc(count, sizeof *compartments);
    if (compartments == NULL)
        return why_say(why, -ENOMEM, "no memory to load the ledger");
    for (uint32_t i = 0; i < count; i++)
        compartments[i] = *name_table_at(names, i);
    const struct locker_shape shape =
        locker_shape_for(compartments, count, policy->remember_requests);
    wall->memory_size = locker_memory_bytes(&shape);
    void *memory =
        mmap(NULL, wall->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) {
        wall->memory = memory;
        locker_format(&wall->locker, memory, &shape, compartments, policy);
    }
    free(compartments);
    return memory != MAP_FAILED ? 0 : why_say(why, -ENOMEM, "no memory to load the ledger");
}

void foreign_wall_close(struct foreign_wall *wall)
{
    if (wall->memory != NULL)
        munmap(wall->memory, wall->memory_size);
    wall->memory = NULL;
}

/* ---- carried over -------------------------------------------------------------------------- */

static int refuse_parcels_without_compartment(const struct locker *own,
                                              const struct name_table *names, char *why)
{
    const char *first = NULL;
    uint32_t count = 0;
    for (uint32_t i = locker_compartment_count(names->locker); i < name_table_count(names); i++) {
        struct snapshot_compartment state;
        snapshot_get_compartment(own, i, &state);
        if (state.expires_at_ms == 0)
            continue;
        if (count++ == 0)
            first = name_table_at(names, i)->id;
    }
    if (count == 0)
        return 0;
    return why_say(
        why, -EXDEV,
        "compartment %s holds a parcel, but is not in the configuration any more (%" PRIu32
        " such in all): configure it again, empty it, then take it out",
        first, count);
}

static void carry_over_requests(const struct locker *own, struct locker *target)
{
    const uint32_t configured = locker_compartment_count(target);
    const uint64_t count = snapshot_request_count(own);
    for (uint64_t i = 0; i < count; i++) {
        struct snapshot_request request;
        snapshot_get_request(own, i, &request);
        const struct answer *answer = &request.answer;
        /* Its answer would name a compartment that is no more: forgotten with it. */
        if ((answer->compartment != COMPARTMENT_NONE && answer->compartment >= configured) ||
            (answer->given_up != COMPARTMENT_NONE && answer->given_up >= configured))
            continue;
        snapshot_put_request(target, &request);
    }
}

int foreign_wall_carry_over(const struct foreign_wall *wall, const struct name_table *names,
                            struct locker *target, const char *path, char *why)
{
    char broken[256] = "";
    const struct locker *own = &wall->locker;
    struct snapshot_scalars scalars;
    int rc = refuse_parcels_without_compartment(own, names, why);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < locker_compartment_count(target); i++) {
        struct snapshot_compartment state;
        snapshot_get_compartment(own, i, &state);
        snapshot_put_compartment(target, i, &state);
    }
    const uint64_t retired_count = snapshot_retired_count(own);
    for (uint64_t i = 0; i < retired_count; i++) {
        struct snapshot_retired retired;
        snapshot_get_retired(own, i, &retired);
        snapshot_put_retired(target, &retired);
    }
    carry_over_requests(own, target);
    snapshot_get_scalars(own, &scalars);
    snapshot_put_scalars(target, &scalars);
    rc = snapshot_finish(target, broken, sizeof broken);
    return rc == 0 ? 0
                   : why_say(why, -EBADMSG, "%s gives no possible state (%s): " WHY_RESTORE, path,
                             broken);
}
