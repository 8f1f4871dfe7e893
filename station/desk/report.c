#include "report.h"

#include "history_view.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tokens expired under one hold of the lock before the expired are listed. */
#define TOUCH_SLICE 256

struct report_pages {
    struct status_report status;
    char ledger_path[CONFIG_PATH_MAX + 16];
    struct compartment_line lines[REPORT_EXPIRED_MAX];
    struct history_line events[PAGE_LIMIT_MAX];
};

struct report_pages *report_pages_create(void)
{
    return calloc(1, sizeof(struct report_pages));
}

void report_pages_destroy(struct report_pages *pages)
{
    free(pages);
}

int report_availability(struct dispatch *dispatch, struct reply *reply)
{
    struct moment now;
    struct occupancy occupancy;
    const int error = session_lock(dispatch->session, &now);
    if (error != 0)
        return error;
    locker_occupancy(&dispatch->session->segment.locker, &occupancy);
    session_unlock(dispatch->session);
    memcpy(reply->free, occupancy.free, sizeof reply->free);
    memcpy(reply->total, occupancy.total, sizeof reply->total);
    return 0;
}

int report_expired(struct dispatch *dispatch, struct reply *reply, struct verdict *verdict)
{
    struct segment *segment = &dispatch->session->segment;
    struct locker *locker = &segment->locker;
    struct compartment_line *lines = dispatch->pages->lines;
    struct moment now;
    const int error = session_lock(dispatch->session, &now);
    if (error != 0)
        return error;
    const bool storable = atomic_load(&segment->header->storage) == STORAGE_GOOD;
    if (storable && locker_expire(locker, now, TOUCH_SLICE) > 0 && segment->header->ephemeral)
        locker_set_durable(locker, locker_sequence(locker));
    uint32_t index = locker_next_spent(locker, 0);
    while (index != COMPARTMENT_NONE && reply->count < REPORT_EXPIRED_MAX) {
        locker_describe(locker, index, now.now_ms, &lines[reply->count++]);
        index = locker_next_spent(locker, index + 1);
    }
    verdict->sequence = locker_sequence(locker);
    session_unlock(dispatch->session);
    reply->lines = lines;
    return 0;
}

int report_compartments(struct dispatch *dispatch, const struct request *request,
                        struct reply *reply)
{
    const struct locker *locker = &dispatch->session->segment.locker;
    const uint32_t total = locker_compartment_count(locker);
    struct compartment_line *lines = dispatch->pages->lines;
    uint32_t index = 0;
    if (request->has_compartment) {
        index = locker_find_compartment(locker, request->compartment);
        if (index == COMPARTMENT_NONE) {
            reply->outcome = OUTCOME_UNKNOWN_COMPARTMENT;
            return 0;
        }
        index++;
    }
    struct moment now;
    const int error = session_lock(dispatch->session, &now);
    if (error != 0)
        return error;
    for (; index < total && reply->count < request->limit; index++)
        locker_describe(locker, index, now.now_ms, &lines[reply->count++]);
    session_unlock(dispatch->session);
    reply->lines = lines;
    reply->more = index < total;
    return 0;
}

static void status_take_policies(struct status_report *status, const struct policy *policy)
{
    status->ttl_ms = policy->ttl_ms;
    status->hold_expired = policy->hold_expired;
    status->fallback = policy->fallback;
    status->code_digits = policy->code_digits;
    status->remember_ms = policy->remember_ms;
    status->remember_requests = policy->remember_requests;
    status->wrong_codes = policy->wrong_codes;
    status->sweep_every_ms = policy->sweep_every_ms;
    status->credit_outages_ms = policy->credit_outages_ms;
}

static void status_take_counters(struct status_report *status, const struct segment_header *header)
{
    memset(status->operations, 0, sizeof status->operations);
    memset(status->errors, 0, sizeof status->errors);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        const struct desk_line *line = &header->desks[role];
        for (unsigned i = 0; i < OPERATION_COUNT; i++)
            status->operations[i] +=
                atomic_load_explicit(&line->operations[i], memory_order_relaxed);
        for (unsigned i = 0; i < OUTCOME_COUNT; i++)
            status->errors[i] += atomic_load_explicit(&line->errors[i], memory_order_relaxed);
    }
}

int report_status(struct dispatch *dispatch, struct reply *reply)
{
    struct session *session = dispatch->session;
    struct locker *locker = &session->segment.locker;
    const struct segment_header *header = session->segment.header;
    struct report_pages *pages = dispatch->pages;
    struct status_report *status = &pages->status;
    struct occupancy occupancy;
    struct moment now;
    const int error = session_lock(session, &now);
    if (error != 0)
        return error;
    locker_occupancy(locker, &occupancy);
    status_take_policies(status, locker_policy(locker));
    status->sequence = locker_sequence(locker);
    status->durable_sequence = locker_durable_sequence(locker);
    reply->clock_suspect = locker_clock(locker)->suspect;
    session_unlock(session);

    reply->now_ms = now.now_ms;
    reply->station = dispatch->job->station;
    memcpy(status->free, occupancy.free, sizeof status->free);
    memcpy(status->total, occupancy.total, sizeof status->total);
    status->occupied = occupancy.occupied;
    status->expired = occupancy.expired;
    status->out_of_service = occupancy.out_of_service;
    status->uptime_ms = now.elapsed_ms - header->started_elapsed_ms;
    status->ledger = NULL;
    if (!header->ephemeral) {
        snprintf(pages->ledger_path, sizeof pages->ledger_path, "%s/ledger.db",
                 dispatch->job->data_dir);
        status->ledger = pages->ledger_path;
    }
    status_take_counters(status, header);
    reply->status = status;
    return 0;
}

/* Without a ledger the history is as long as the event ring. */
static size_t history_of_ring(const struct locker *locker, uint32_t compartment, uint32_t limit,
                              struct history_line *lines)
{
    size_t count = 0;
    struct event event;
    for (uint64_t sequence = locker_sequence(locker); sequence > 0 && count < limit; sequence--) {
        if (locker_read_event(locker, sequence, &event) != 0)
            break;
        if (compartment == COMPARTMENT_NONE || event.compartment == compartment ||
            event.given_up == compartment)
            history_view_of_event(locker, &event, &lines[count++]);
    }
    return count;
}

static int history_of_ledger(struct dispatch *dispatch, const char *compartment, uint32_t limit,
                             struct history_line *lines)
{
    if (!dispatch->history) {
        const struct locker *locker = &dispatch->session->segment.locker;
        const struct ledger_options options = {
            .directory = dispatch->job->data_dir,
            .station = dispatch->job->station,
            .wall = locker_compartment(locker, 0),
            .compartments = locker_compartment_count(locker),
            .readonly = true,
        };
        char why[LEDGER_WHY_SIZE];
        const int error = ledger_open(&dispatch->history, &options, why);
        if (error != 0) {
            log_warning("cannot read the history: %s", why);
            dispatch->history = NULL;
            return error;
        }
    }
    return ledger_history(dispatch->history, compartment, limit, lines);
}

int report_history(struct dispatch *dispatch, const struct request *request, struct reply *reply)
{
    const struct locker *locker = &dispatch->session->segment.locker;
    struct history_line *lines = dispatch->pages->events;
    uint32_t compartment = COMPARTMENT_NONE;
    if (request->has_compartment) {
        compartment = locker_find_compartment(locker, request->compartment);
        if (compartment == COMPARTMENT_NONE) {
            reply->outcome = OUTCOME_UNKNOWN_COMPARTMENT;
            return 0;
        }
    }
    reply->events = lines;
    if (dispatch->session->segment.header->ephemeral) {
        reply->count = history_of_ring(locker, compartment, request->limit, lines);
        return 0;
    }
    const int count = history_of_ledger(
        dispatch, request->has_compartment ? request->compartment : NULL, request->limit, lines);
    if (count < 0) {
        reply->outcome = OUTCOME_STORAGE_UNAVAILABLE;
        reply->detail = "the history cannot be read";
        return 0;
    }
    reply->count = (size_t)count;
    return 0;
}

int report_clock(struct dispatch *dispatch, struct reply *reply)
{
    struct moment now;
    const int error = session_lock(dispatch->session, &now);
    if (error != 0)
        return error;
    reply->now_ms = now.now_ms;
    reply->clock_suspect = locker_clock(&dispatch->session->segment.locker)->suspect;
    session_unlock(dispatch->session);
    return 0;
}
