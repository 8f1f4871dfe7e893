#include "chores.h"

#include "wake.h"

#include <limits.h>

/* Tokens expired under one hold of the lock: desks get in between. */
#define EXPIRY_SLICE 32

/* Between two slices, so that the disk stays free for whoever waits for a reply: when 100,000
 * tokens expire at once, another client's p99 is twice as high for six seconds; without a pause
 * it was 4 times, for half a second. A code of theirs is refused from its moment on all the same,
 * and a deposit in need frees a compartment. */
#define SLICE_PAUSE_MS 2

/* However busy the disk is, tokens expire and the mark is written this often. */
#define CHORES_EVERY_MS 50

/* How often the mark notes that the station is alive: outages are measured to within this. */
#define ALIVE_EVERY_MS 10000

/* How often that is flushed, too: the floor of time that a power loss leaves. */
#define MARK_FLUSH_EVERY_MS 600000

/* Rows after the checkpoint that call for an archivist, but not more often than this: its reading
 * and writing hold up the flushes, for a second or two under load. Unless there are so many that
 * the next start would have to read for more than a second. */
#define ARCHIVE_AFTER_ROWS   100000
#define ARCHIVE_EVERY_MS     30000
#define ARCHIVE_AT_ONCE_ROWS 2000000

static struct locker *chores_locker(const struct chores *chores)
{
    return &chores->session->segment.locker;
}

static struct segment_header *chores_header(const struct chores *chores)
{
    return chores->session->segment.header;
}

bool chores_are_due(struct chores *chores)
{
    return raw_clock_read().elapsed_ms >= chores->due_at_ms ||
           atomic_load_explicit(&chores_header(chores)->chores_wanted, memory_order_relaxed) != 0;
}

/* Expire so many of what is due at most, and take down the time; how many it were, or -errno. */
static int expire(struct chores *chores, uint32_t slice, struct ledger_time *time)
{
    struct locker *locker = chores_locker(chores);
    struct moment now;
    const int error = session_lock(chores->session, &now);
    if (error != 0)
        return error;
    const uint32_t expired = slice > 0 ? locker_expire(locker, now, slice) : 0;
    if (chores->job->ephemeral)
        locker_set_durable(locker, locker_sequence(locker));
    *time = (struct ledger_time){
        .now_ms = now.now_ms,
        .elapsed_ms = now.elapsed_ms,
        .origin_ms = trusted_clock_origin(locker_clock(locker)),
        .guess_full_at_ms = locker_guess_limit(locker)->full_at_ms,
    };
    session_unlock(chores->session);
    return (int)expired;
}

int chores_mark_time(struct chores *chores, struct ledger *ledger)
{
    struct ledger_time time;
    const int error = expire(chores, 0, &time);
    if (error == 0)
        ledger_mark_time(ledger, chores->job->boot_id, &time, true);
    return error;
}

static void ask_for_archivist(struct chores *chores, int64_t now_ms)
{
    const uint64_t durable = locker_durable_sequence(chores_locker(chores));
    const uint64_t checkpoint = atomic_load(&chores_header(chores)->checkpoint_sequence);
    const uint64_t base =
        checkpoint > chores->archive_asked_at ? checkpoint : chores->archive_asked_at;
    if (durable < base + ARCHIVE_AFTER_ROWS ||
        (durable < base + ARCHIVE_AT_ONCE_ROWS &&
         now_ms < chores->archive_asked_at_ms + ARCHIVE_EVERY_MS))
        return;
    chores->archive_asked_at = durable;
    chores->archive_asked_at_ms = now_ms;
    wake_signal(chores->job->archive_fd);
}

int chores_do(struct chores *chores, struct ledger *ledger, bool storable)
{
    const int64_t now_ms = raw_clock_read().elapsed_ms;
    const bool flush = now_ms >= chores->mark_flushed_at_ms + MARK_FLUSH_EVERY_MS;
    atomic_store(&chores_header(chores)->chores_wanted, 0); /* first: what comes now is not lost */
    if (flush)
        chores->mark_flushed_at_ms = now_ms;
    struct ledger_time time;
    const int expired = expire(chores, storable ? EXPIRY_SLICE : 0, &time);
    if (expired < 0)
        return expired;
    chores->more = expired == EXPIRY_SLICE;
    chores->due_at_ms = now_ms + (chores->more ? SLICE_PAUSE_MS : CHORES_EVERY_MS);
    if (ledger) {
        ledger_mark_time(ledger, chores->job->boot_id, &time, flush);
        ask_for_archivist(chores, now_ms);
    }
    return 0;
}

int chores_patience_ms(struct chores *chores, int *patience_ms)
{
    const struct locker *locker = chores_locker(chores);
    struct moment now;
    const int error = session_lock(chores->session, &now);
    if (error != 0)
        return error;
    const int64_t next_ms = locker_next_expiry_ms(locker);
    const int64_t latest_ms = now.now_ms + locker_policy(locker)->sweep_every_ms;
    const int64_t timer_ms = next_ms < latest_ms ? next_ms : latest_ms;
    atomic_store(&chores_header(chores)->timer_ms, timer_ms);
    session_unlock(chores->session);
    int64_t patience = chores->more ? chores->due_at_ms - now.elapsed_ms : timer_ms - now.now_ms;
    if (!chores->job->ephemeral && patience > ALIVE_EVERY_MS)
        patience = ALIVE_EVERY_MS;
    *patience_ms = patience < 0 ? 0 : patience > INT_MAX ? INT_MAX : (int)patience;
    return 0;
}
