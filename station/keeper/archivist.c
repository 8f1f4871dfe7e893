#include "archivist.h"

#include "ledger.h"
#include "log.h"
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A locker of our own, of the same shape as the station's. */
static void *archivist_format(const struct locker *station, struct locker *own)
{
    const struct compartment *wall = locker_compartment(station, 0);
    const struct policy *policy = locker_policy(station);
    const struct locker_shape shape =
        locker_shape_for(wall, locker_compartment_count(station), policy->remember_requests);
    const size_t size = (locker_memory_bytes(&shape) + 63) / 64 * 64;
    void *memory = aligned_alloc(64, size);
    if (!memory)
        return NULL;
    memset(memory, 0, size);
    locker_format(own, memory, &shape, wall, policy);
    return memory;
}

static int archivist_audit(struct ledger *ledger)
{
    char why[LEDGER_WHY_SIZE];
    uint64_t checked = 0;
    const int error = ledger_audit(ledger, &checked, why);
    if (error == -EBADMSG)
        log_error("the ledger is damaged: %s", why);
    else if (error != 0)
        log_warning("the ledger could not be audited: %s", why);
    else
        log_notice("audited the ledger, found no damage; changes in it: %" PRIu64, checked);
    return error;
}

static int archivist_checkpoint(struct session *session, struct ledger *ledger)
{
    char why[LEDGER_WHY_SIZE];
    struct locker own;
    void *memory = archivist_format(&session->segment.locker, &own);
    if (!memory) {
        log_warning("no memory to write a checkpoint");
        return -ENOMEM;
    }
    int error = ledger_load(ledger, &own, why);
    if (error == 0)
        error = ledger_checkpoint(ledger, &own, why);
    if (error == 0)
        atomic_store(&session->segment.header->checkpoint_sequence, locker_sequence(&own));
    else
        log_warning("no checkpoint was written: %s", why);
    free(memory);
    return error;
}

/* For the staff's questions only: nothing depends on it. */
static void archivist_index(struct ledger *ledger)
{
    char why[LEDGER_WHY_SIZE];
    if (ledger_index(ledger, why) != 0)
        log_warning("the history of one compartment will take long: %s", why);
}

int archivist_main(const struct job *job)
{
    struct session session;
    struct ledger *ledger = NULL;
    char why[LEDGER_WHY_SIZE];
    if (session_begin(&session, job) != 0)
        return SESSION_EXIT_SEGMENT_UNUSABLE;
    const struct ledger_options options = {
        .directory = job->data_dir,
        .key = job->keys.ledger,
        .station = job->station,
        .wall = locker_compartment(&session.segment.locker, 0),
        .compartments = locker_compartment_count(&session.segment.locker),
        .readonly = true,
    };
    int error = ledger_open(&ledger, &options, why);
    if (error != 0)
        log_warning("%s", why);
    if (error == 0 && job->audit)
        error = archivist_audit(ledger);
    if (error == 0)
        error = archivist_checkpoint(&session, ledger);
    if (error == 0)
        archivist_index(ledger);
    if (ledger)
        ledger_close(ledger);
    session_end(&session);
    return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
