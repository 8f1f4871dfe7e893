#include "flush.h"

#include "log.h"
#include "raw_clock.h"
#include "stage.h"
#include "wake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Events appended in one transaction at most. */
#define BATCH_MAX 1024

/* How often the disk is tried again after it failed. */
#define STORAGE_RETRY_MS 1000

void flush_tell_desks(struct flush *flush, uint64_t durable)
{
    for (unsigned role = 0; role < ROLE_COUNT; role++)
        if (sleeper_rouse(&flush->segment->header->desks[role].sleeper, durable)) {
            stage_rouse(role);
            wake_signal(flush->job->wake_fd[role]);
        }
    stage_end(STAGE_TELL);
}

/* The disk failed or is good: desks answer accordingly from now on. */
static void set_storage(struct flush *flush, int error)
{
    struct segment_header *header = flush->segment->header;
    const uint32_t state = error == 0 ? STORAGE_GOOD : STORAGE_UNAVAILABLE;
    flush->retry_at_ms = error == 0 ? 0 : raw_clock_read().elapsed_ms + STORAGE_RETRY_MS;
    if (atomic_exchange(&header->storage, state) == state)
        return;
    if (error == 0)
        log_notice("the ledger takes changes again");
    else
        log_error("the ledger in %s cannot take changes: %s; answering storage_unavailable and "
                  "trying again every second",
                  flush->job->data_dir, strerror(-error));
    flush_tell_desks(flush, SLEEPER_UNTIL_TOLD);
}

static int open_ledger(struct flush *flush)
{
    const struct locker *locker = &flush->segment->locker;
    const bool first = atomic_load(&flush->segment->header->storage) == STORAGE_GOOD;
    char why[LEDGER_WHY_SIZE];
    const struct ledger_options options = {
        .directory = flush->job->data_dir,
        .key = flush->job->keys.ledger,
        .station = flush->job->station,
        .boot_id = flush->job->boot_id,
        .wall = locker_compartment(locker, 0),
        .compartments = locker_compartment_count(locker),
        .existing = true,
    };
    int error = ledger_open(&flush->ledger, &options, why);
    if (error == 0 && ledger_holds(flush->ledger, &flush->segment->header->ledger) != 0) {
        snprintf(why, sizeof why, "%s is not the ledger that this station began with",
                 ledger_path(flush->ledger));
        ledger_close(flush->ledger);
        flush->ledger = NULL;
        error = -ESTALE;
    }
    if (error != 0 && first)
        log_error("%s", why);
    return error;
}

int flush_open(struct flush *flush, const struct job *job, struct segment *segment)
{
    *flush = (struct flush){.job = job, .segment = segment};
    flush->batch = calloc(BATCH_MAX, sizeof *flush->batch);
    if (!flush->batch)
        return -ENOMEM;
    if (!job->ephemeral)
        set_storage(flush, open_ledger(flush));
    /* A keeper before this one may have died between a flush and telling of it. */
    flush_tell_desks(flush, SLEEPER_UNTIL_TOLD);
    return 0;
}

void flush_close(struct flush *flush)
{
    if (flush->ledger)
        ledger_close(flush->ledger);
    free(flush->batch);
    *flush = (struct flush){0};
}

void flush_look(struct flush *flush)
{
    const int error = flush->ledger && flush->retry_at_ms == 0 ? ledger_look(flush->ledger) : 0;
    if (error != 0)
        set_storage(flush, error);
}

uint64_t flush_begins_at(const struct flush *flush)
{
    if (flush->job->ephemeral)
        return SLEEPER_UNTIL_TOLD;
    if (flush->retry_at_ms != 0)
        return raw_clock_read().elapsed_ms < flush->retry_at_ms ? SLEEPER_UNTIL_TOLD : 0;
    return locker_durable_sequence(&flush->segment->locker) + 1;
}

/* What is recorded and not durable, into flush->batch. */
static size_t gather(struct flush *flush)
{
    const struct locker *locker = &flush->segment->locker;
    const uint64_t durable = locker_durable_sequence(locker);
    const uint64_t last = locker_sequence(locker);
    size_t count = 0;
    while (count < BATCH_MAX && durable + count < last &&
           locker_read_event(locker, durable + count + 1, &flush->batch[count]) == 0)
        count++;
    return count;
}

size_t flush_batch(struct flush *flush)
{
    struct locker *locker = &flush->segment->locker;
    stage_end(STAGE_LOOK);
    const size_t count = gather(flush);
    stage_taken(flush->batch[0].sequence, count);
    int error = flush->ledger ? ledger_glance(flush->ledger) : open_ledger(flush);
    stage_end(STAGE_GATHER);
    if (error == 0 && count > 0)
        error = ledger_append(flush->ledger, flush->batch, count);
    if (error != 0 || flush->retry_at_ms != 0)
        set_storage(flush, error);
    if (error != 0 || count == 0)
        return 0;
    const uint64_t durable = flush->batch[count - 1].sequence;
    stage_stored(flush->batch[0].sequence, count);
    stage_end(STAGE_MARK);
    locker_set_durable(locker, durable);
    flush_tell_desks(flush, durable);
    ledger_tend(flush->ledger);
    return count;
}
