#include "ledger_handle.h"
#include "log.h"
#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the end of the rows ----------------------------------------------------------------- */

int ledger_find_end(struct ledger *ledger, struct ledger_place *end, char *why)
{
    struct ledger_place before = {0};
    uint64_t last;
    int error = store_last_sequence(&ledger->store, &last);
    if (error < 0)
        return why_say(why, error, "%s: its last row cannot be read (%s): " WHY_RESTORE,
                       ledger->path, strerror(-error));
    ledger_row_seed(ledger->key, ledger->identity, before.chain);
    if (last > 1) {
        struct ledger_row row;
        before.sequence = last - 1;
        error = store_get_row(&ledger->store, last - 1, &row, before.chain);
        if (error < 0)
            return why_say(why, error == -ENOENT ? -EBADMSG : error,
                           "%s: row %" PRIu64 " is damaged or missing: " WHY_RESTORE, ledger->path,
                           last - 1);
    }
    error = ledger_walk(ledger, &before, last, NULL, why);
    if (error == 0)
        *end = before;
    return error;
}

int ledger_check_mark(struct ledger *ledger, uint64_t last_sequence, char *why)
{
    const struct mark_state *state = &ledger->mark.state;
    if (!ledger->mark.believed)
        return 0;
    if (memcmp(state->identity, ledger->identity, sizeof state->identity) != 0)
        return why_say(why, -EBADMSG,
                       "%s/mark belongs to another ledger than ledger.db beside it: " WHY_RESTORE,
                       ledger->directory);
    if (state->sequence > last_sequence)
        return why_say(why, -EBADMSG,
                       "%s ends at change %" PRIu64 ", but change %" PRIu64
                       " was acknowledged: %" PRIu64 " changes are missing: " WHY_RESTORE,
                       ledger->path, last_sequence, state->sequence,
                       state->sequence - last_sequence);
    if (state->sequence == 0)
        return 0;
    struct ledger_row row;
    uint8_t chain[LEDGER_CHAIN_SIZE];
    const int error = store_get_row(&ledger->store, state->sequence, &row, chain);
    if (error < 0 || memcmp(chain, state->chain, sizeof chain) != 0)
        return why_say(why, error < 0 && error != -ENOENT ? error : -EBADMSG,
                       "%s: row %" PRIu64 " is not the one that was acknowledged: " WHY_RESTORE,
                       ledger->path, state->sequence);
    return 0;
}

/* ---- open and close ---------------------------------------------------------------------- */

static bool file_has_bytes(const struct ledger *ledger, const char *name)
{
    char path[PATH_MAX + 32];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", ledger->directory, name);
    return stat(path, &status) == 0 && status.st_size > 0;
}

static int create_file(const struct ledger *ledger, char *why)
{
    const int fd = open(ledger->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return why_say(why, -errno, "%s cannot be made: %s", ledger->path, strerror(errno));
    close(fd);
    const int directory = open(ledger->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return why_say(why, -errno, "%s: %s", ledger->directory, strerror(errno));
    const int rc = fsync(directory) < 0 ? -errno : 0;
    close(directory);
    return rc == 0 ? 0 : why_say(why, rc, "%s: fsync: %s", ledger->directory, strerror(-rc));
}

/* Before SQLite sees the file: it would take an empty one for a new database, and delete the WAL
 * beside it. *fresh: a ledger may be begun here, nothing speaks of an older one. */
static int look_at_files(struct ledger *ledger, bool *fresh, char *why)
{
    *fresh = !ledger->existing && !(ledger->mark.believed && ledger->mark.state.sequence > 0) &&
             !file_has_bytes(ledger, "checkpoint");
    if (file_has_bytes(ledger, "ledger.db"))
        return 0;
    if (ledger->readonly)
        return why_say(why, -ENOENT, "%s: there is no ledger yet", ledger->path);
    if (!*fresh || file_has_bytes(ledger, "ledger.db-wal"))
        return why_say(why, -EBADMSG,
                       "%s is missing or empty, but there was a ledger here: " WHY_RESTORE
                       ", or move them away to begin a new ledger",
                       ledger->path);
    return create_file(ledger, why);
}

/* What the WAL holds may never have been flushed, if its writer died in between. */
static int make_durable(struct ledger *ledger, char *why)
{
    const int error = store_settle(&ledger->store);
    if (error != -EBUSY)
        return error == 0 ? 0
                          : why_say(why, error, "%s cannot be flushed: %s", ledger->path,
                                    strerror(-error));
    log_warning("%s is being read by another program, which keeps its WAL from being emptied",
                ledger->path);
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s-wal", ledger->path);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    const int rc = fd < 0 || fdatasync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return rc == 0 ? 0 : why_say(why, rc, "%s cannot be flushed: %s", path, strerror(-rc));
}

/* Whether it says already where the rows end: then there is nothing to write, nor to flush. */
static bool mark_says(const struct mark *mark, const struct ledger *ledger)
{
    const struct mark_state *state = &mark->state;
    return mark->believed && state->epoch == ledger->epoch &&
           state->sequence == ledger->end.sequence &&
           memcmp(state->identity, ledger->identity, sizeof ledger->identity) == 0 &&
           memcmp(state->chain, ledger->end.chain, sizeof ledger->end.chain) == 0;
}

static int settle_mark(struct ledger *ledger, char *why)
{
    struct mark *mark = &ledger->mark;
    if (!mark->believed && ledger->end.sequence > 0)
        log_warning("%s/mark is %s: the ledger is taken as it stands, up to change %" PRIu64,
                    ledger->directory, mark->fd < 0 ? "missing" : "damaged", ledger->end.sequence);
    int rc = mark_create(mark, ledger->directory);
    if (rc == 0 && !mark_says(mark, ledger)) {
        memcpy(mark->state.identity, ledger->identity, sizeof ledger->identity);
        memcpy(mark->state.chain, ledger->end.chain, sizeof ledger->end.chain);
        mark->state.epoch = ledger->epoch;
        mark->state.sequence = ledger->end.sequence;
        mark->believed = true;
        rc = mark_write(mark);
    }
    return rc == 0 ? 0
                   : why_say(why, rc, "%s/mark cannot be written: %s", ledger->directory,
                             strerror(-rc));
}

static int open_writer(struct ledger *ledger, char *why)
{
    bool fresh;
    uint64_t last = 0;
    int rc = look_at_files(ledger, &fresh, why);
    if (rc == 0)
        rc = store_open(&ledger->store, ledger->path, false, fresh, why);
    if (rc == 0 && fresh && store_last_sequence(&ledger->store, &last) == 0 && last == 0 &&
        !ledger->mark.believed && ledger_origin_read(ledger, false, NULL) < 0)
        rc = ledger_origin_create(ledger, why);
    if (rc == 0)
        rc = ledger_origin_read(ledger, true, why);
    if (rc == 0)
        rc = ledger_find_end(ledger, &ledger->end, why);
    if (rc == 0)
        rc = ledger_check_mark(ledger, ledger->end.sequence, why);
    if (rc == 0)
        rc = make_durable(ledger, why);
    ledger->attempted = ledger->end;
    return rc == 0 ? settle_mark(ledger, why) : rc;
}

static int open_reader(struct ledger *ledger, char *why)
{
    bool fresh;
    int rc = look_at_files(ledger, &fresh, why);
    if (rc == 0)
        rc = store_open(&ledger->store, ledger->path, true, false, why);
    /* Without the key (history only) nothing can be verified: that is for load and audit. */
    return rc == 0 ? ledger_origin_read(ledger, false, why) : rc;
}

static int take_options(struct ledger *ledger, const struct ledger_options *options, char *why)
{
    const int length =
        snprintf(ledger->directory, sizeof ledger->directory, "%s", options->directory);
    if (length < 0 || (size_t)length + 32 > sizeof ledger->path)
        return why_say(why, -ENAMETOOLONG, "the data directory's path is too long");
    memcpy(ledger->path, ledger->directory, (size_t)length);
    memcpy(ledger->path + length, "/ledger.db", sizeof "/ledger.db");
    if (options->station != NULL)
        snprintf(ledger->station, sizeof ledger->station, "%s", options->station);
    if (options->key != NULL)
        memcpy(ledger->key, options->key, sizeof ledger->key);
    if (options->boot_id != NULL)
        memcpy(ledger->boot_id, options->boot_id, sizeof ledger->boot_id);
    ledger->wall = options->wall;
    ledger->compartments = options->compartments;
    ledger->readonly = options->readonly;
    ledger->existing = options->existing;
    return 0;
}

int ledger_open(struct ledger **ledger, const struct ledger_options *options, char *why)
{
    *ledger = NULL;
    struct ledger *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return why_say(why, -ENOMEM, "no memory to open the ledger");
    opened->mark.fd = -1;
    opened->watch.fd = -1;
    int rc = take_options(opened, options, why);
    if (rc == 0) {
        rc = mark_open(&opened->mark, opened->directory, opened->key, opened->readonly);
        if (rc < 0)
            why_say(why, rc, "%s/mark cannot be opened: %s", opened->directory,
                    rc == -EBADMSG ? "it is no file; move it away" : strerror(-rc));
    }
    if (rc == 0)
        rc = opened->readonly ? open_reader(opened, why) : open_writer(opened, why);
    if (rc < 0) {
        store_close(&opened->store, false);
        ledger_close(opened);
        return rc;
    }
    *ledger = opened;
    return 0;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    store_close(&ledger->store, !ledger->readonly);
    const int error = !ledger->readonly && ledger->mark.unflushed ? mark_flush(&ledger->mark) : 0;
    if (error < 0)
        log_warning("%s/mark: cannot be flushed: %s", ledger->directory, strerror(-error));
    mark_close(&ledger->mark);
    dir_watch_close(&ledger->watch);
    explicit_bzero(ledger->key, sizeof ledger->key);
    free(ledger);
}

const char *ledger_path(const struct ledger *ledger)
{
    return ledger->path;
}

/* ---- after a failure --------------------------------------------------------------------- */

static bool same_place(const struct ledger_place *a, const struct ledger_place *b)
{
    return a->sequence == b->sequence && memcmp(a->chain, b->chain, sizeof a->chain) == 0;
}

/*
 * The failed batch may be in the file all the same: whole, or not at all, nothing else can be. Its
 * pages may have been lost by the flush that failed, and a second flush would not notice; so the
 * rows are believed only after store_settle() has written them anew, elsewhere, and flushed that.
 */
static int open_again(struct ledger *ledger, char *why)
{
    uint8_t identity[LEDGER_IDENTITY_SIZE];
    struct ledger_place end;
    memcpy(identity, ledger->identity, sizeof identity);
    int rc = store_open(&ledger->store, ledger->path, ledger->readonly, false, why);
    if (rc == 0)
        rc = ledger_origin_read(ledger, !ledger->readonly, why);
    if (rc < 0 || ledger->readonly)
        return rc;
    rc = ledger_find_end(ledger, &end, why);
    if (rc < 0)
        return rc;
    if (memcmp(identity, ledger->identity, sizeof identity) != 0 ||
        (!same_place(&end, &ledger->end) && !same_place(&end, &ledger->attempted)))
        return why_say(why, -EBADMSG,
                       "%s ends at change %" PRIu64 " with other contents than this station wrote, "
                       "up to change %" PRIu64 ": " WHY_RESTORE,
                       ledger->path, end.sequence, ledger->end.sequence);
    rc = store_settle(&ledger->store);
    if (rc < 0)
        return why_say(why, rc, "%s cannot be flushed: %s", ledger->path, strerror(-rc));
    ledger->end = end;
    ledger->attempted = end;
    ledger->boot_is_written = false;
    return 0;
}

int ledger_ensure_open(struct ledger *ledger, char *why)
{
    if (ledger->store.db != NULL)
        return 0;
    const int rc = open_again(ledger, why);
    if (rc < 0)
        store_close(&ledger->store, false);
    return rc;
}
