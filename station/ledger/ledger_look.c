/*
 * Whether the files that are written to are those that a next start will find.
 */
#include "ledger_handle.h"
#include "log.h"
#include "why.h"

#include <errno.h>
#include <string.h>

#define UNDER_US "ALARM: %s was %s under the running station: "

/* The database is there, its WAL is not: what is in ours is copied into the database, which is
 * then opened anew and judged. */
static int rescue_log(struct ledger *ledger, char *why)
{
    const int error = store_settle(&ledger->store);
    if (error !=
        0) /* left open: while it is, its rows are not lost, and the next look tries again */
        return why_say(why, error, UNDER_US "its rows cannot be copied out of it: %s", ledger->path,
                       "robbed of its WAL", strerror(-error));
    store_close(&ledger->store, false);
    log_error(UNDER_US "its rows have been copied out of it", ledger->path, "robbed of its WAL");
    return ledger_ensure_open(ledger, why);
}

static int look_at_store(struct ledger *ledger, char *why)
{
    switch (store_place(&ledger->store)) {
    case STORE_IN_PLACE:
        return 0;
    case STORE_GONE: /* left open: while it is, it can be got back */
        return why_say(why, -ENOENT,
                       UNDER_US "put it back (as long as the keeper lives, it is under "
                                "/proc/PROCESS/fd)",
                       ledger->path, "removed");
    case STORE_LOG_GONE:
        return rescue_log(ledger, why);
    case STORE_REPLACED:
        break;
    }
    log_error(UNDER_US "looking at what is there now", ledger->path, "replaced");
    store_close(&ledger->store, false);
    return ledger_ensure_open(ledger, why);
}

static int look_at_mark(struct ledger *ledger, char *why)
{
    int error = mark_look(&ledger->mark, ledger->directory);
    if (error == 0)
        return 0;
    log_error(UNDER_US "making it anew", ledger->directory, "robbed of its mark");
    error = mark_replace(&ledger->mark, ledger->directory);
    return error == 0 ? 0
                      : why_say(why, error, "%s/mark cannot be made: %s", ledger->directory,
                                strerror(-error));
}

int ledger_glance(struct ledger *ledger)
{
    /* The watch tells once. What was the matter then is the matter until a look finds it gone. */
    const bool unchanged = ledger->store.db && !ledger->complaining;
    return unchanged && !dir_watch_disturbed(&ledger->watch, ledger->directory)
               ? 0
               : ledger_look(ledger);
}

int ledger_look(struct ledger *ledger)
{
    char why[LEDGER_WHY_SIZE] = "";
    int error = ledger_ensure_open(ledger, why);
    if (error == 0)
        error = look_at_store(ledger, why);
    if (error == 0 && !ledger->readonly)
        error = look_at_mark(ledger, why);
    if (error != 0 && !ledger->complaining)
        log_error("%s", why);
    ledger->complaining = error != 0;
    return error;
}
