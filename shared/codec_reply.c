#include "codec.h"

#include "pack.h"

#include <stdio.h>
#include <string.h>

/* ---- refusals ----------------------------------------------------------------------------- */

static void pack_message(struct pack *pack, const struct reply *reply)
{
    char message[256];
    const char *sentence = outcome_message(reply->outcome);
    if (reply->outcome == OUTCOME_NO_SPACE)
        snprintf(message, sizeof message, "%s%s", sentence, size_name(reply->asked_size));
    else if (reply->detail)
        snprintf(message, sizeof message, "%s: %s", sentence, reply->detail);
    else
        snprintf(message, sizeof message, "%s", sentence);
    pack_pair_str(pack, "message", message);
}

static void pack_refusal(struct pack *pack, const struct reply *reply)
{
    const bool later = reply->outcome == OUTCOME_TRY_LATER;
    pack_map(pack, later ? 4 : 3);
    pack_pair_bool(pack, "ok", false);
    pack_pair_str(pack, "error", outcome_name(reply->outcome));
    pack_message(pack, reply);
    if (later)
        pack_pair_int(pack, "retry_after_ms", reply->retry_after_ms);
}

/* ---- answers ------------------------------------------------------------------------------ */

/* Every answer is a map that begins so; pairs: of the operation's own. */
static void pack_ok(struct pack *pack, uint32_t pairs)
{
    pack_map(pack, 1 + pairs);
    pack_pair_bool(pack, "ok", true);
}

static void pack_by_size(struct pack *pack, const char *key, const uint32_t counts[SIZE_COUNT])
{
    pack_str(pack, key);
    pack_map(pack, SIZE_COUNT);
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        pack_pair_int(pack, size_name((enum parcel_size)size), counts[size]);
}

static void pack_str_or_nil(struct pack *pack, const char *key, const char *text)
{
    if (text && text[0] != '\0')
        pack_pair_str(pack, key, text);
    else
        pack_pair_nil(pack, key);
}

static void pack_int_or_nil(struct pack *pack, const char *key, int64_t number)
{
    if (number != 0)
        pack_pair_int(pack, key, number);
    else
        pack_pair_nil(pack, key);
}

static void pack_ping(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 3);
    pack_pair_str(pack, "station", reply->station);
    pack_pair_str(pack, "version", LOCKER_VERSION);
    pack_pair_str(pack, "role", role_name(reply->role));
}

static void pack_deposit(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, reply->exchanged ? 5 : 4);
    pack_pair_str(pack, "compartment", reply->compartment);
    pack_pair_str(pack, "size", size_name(reply->size));
    pack_pair_str(pack, "code", reply->code);
    pack_pair_int(pack, "expires_at_ms", reply->expires_at_ms);
    if (reply->exchanged)
        pack_pair_str(pack, "cancelled", reply->cancelled);
}

static void pack_compartment(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 1);
    pack_pair_str(pack, "compartment", reply->compartment);
}

static void pack_availability(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 2);
    pack_by_size(pack, "free", reply->free);
    pack_by_size(pack, "total", reply->total);
}

static void pack_expired(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 1);
    pack_str(pack, "compartments");
    pack_array(pack, reply->count);
    for (size_t i = 0; i < reply->count; i++) {
        pack_map(pack, 3);
        pack_pair_str(pack, "compartment", reply->lines[i].compartment);
        pack_pair_str(pack, "size", size_name(reply->lines[i].size));
        pack_pair_int(pack, "expired_at_ms", reply->lines[i].expires_at_ms);
    }
}

static const char *state_name(enum compartment_state state)
{
    static const char *const names[] = {
        [STATE_FREE] = "free", [STATE_OCCUPIED] = "occupied", [STATE_EXPIRED] = "expired"};
    return names[state];
}

static void pack_compartments(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 2);
    pack_str(pack, "compartments");
    pack_array(pack, reply->count);
    for (size_t i = 0; i < reply->count; i++) {
        const struct compartment_line *line = &reply->lines[i];
        pack_map(pack, 6);
        pack_pair_str(pack, "compartment", line->compartment);
        pack_pair_str(pack, "size", size_name(line->size));
        pack_pair_str(pack, "state", state_name(line->state));
        pack_pair_bool(pack, "in_service", line->in_service);
        pack_str_or_nil(pack, "reason", line->reason);
        pack_int_or_nil(pack, "expires_at_ms", line->expires_at_ms);
    }
    pack_pair_bool(pack, "more", reply->more);
}

static void pack_service(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 2);
    pack_pair_str(pack, "compartment", reply->compartment);
    pack_pair_bool(pack, "in_service", reply->in_service);
}

static void pack_reissue(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 3);
    pack_pair_str(pack, "compartment", reply->compartment);
    pack_pair_str(pack, "code", reply->code);
    pack_pair_int(pack, "expires_at_ms", reply->expires_at_ms);
}

static void pack_extend(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 2);
    pack_pair_str(pack, "compartment", reply->compartment);
    pack_pair_int(pack, "expires_at_ms", reply->expires_at_ms);
}

static void pack_clock_state(struct pack *pack, const struct reply *reply)
{
    pack_pair_int(pack, "now_ms", reply->now_ms);
    pack_pair_str(pack, "clock", reply->clock_suspect ? "suspect" : "ok");
}

/* ---- history and feed --------------------------------------------------------------------- */

static const char *amount_name(const struct history_line *line)
{
    return strcmp(line->event, "swept") == 0 ? "freed" : "by_ms";
}

static void pack_line(struct pack *pack, const struct history_line *line)
{
    pack_map(pack, 4U + (line->cancelled[0] != '\0') + line->has_size + (line->expires_at_ms != 0) +
                       (line->reason[0] != '\0') + line->has_in_service + line->has_amount);
    pack_pair_int(pack, "sequence", (int64_t)line->sequence);
    pack_pair_int(pack, "at_ms", line->at_ms);
    pack_pair_str(pack, "event", line->event);
    pack_str_or_nil(pack, "compartment", line->compartment);
    if (line->cancelled[0] != '\0')
        pack_pair_str(pack, "cancelled", line->cancelled);
    if (line->has_size)
        pack_pair_str(pack, "size", size_name(line->size));
    if (line->expires_at_ms != 0)
        pack_pair_int(pack, "expires_at_ms", line->expires_at_ms);
    if (line->reason[0] != '\0')
        pack_pair_str(pack, "reason", line->reason);
    if (line->has_in_service)
        pack_pair_bool(pack, "in_service", line->in_service);
    if (line->has_amount)
        pack_pair_int(pack, amount_name(line), line->amount);
}

static void pack_history(struct pack *pack, const struct reply *reply)
{
    pack_ok(pack, 1);
    pack_str(pack, "events");
    pack_array(pack, reply->count);
    for (size_t i = 0; i < reply->count; i++)
        pack_line(pack, &reply->events[i]);
}

int codec_encode_feed(const struct history_line *line, struct buffer *buffer)
{
    struct pack pack;
    pack_begin(&pack, buffer);
    pack_line(&pack, line);
    return pack_end(&pack);
}

/* ---- status ------------------------------------------------------------------------------- */

static void pack_policies(struct pack *pack, const struct status_report *status)
{
    pack_str(pack, "policies");
    pack_map(pack, 8);
    pack_pair_str(pack, "on_expiry", status->hold_expired ? "hold" : "free");
    pack_pair_bool(pack, "fallback", status->fallback);
    pack_pair_int(pack, "code_digits", status->code_digits);
    pack_pair_int(pack, "remember_ms", status->remember_ms);
    pack_pair_int(pack, "remember_requests", status->remember_requests);
    pack_pair_int(pack, "wrong_codes", status->wrong_codes);
    pack_pair_int(pack, "sweep_every_ms", status->sweep_every_ms);
    pack_int_or_nil(pack, "credit_outages_ms", status->credit_outages_ms);
}

static void pack_counters(struct pack *pack, const struct status_report *status)
{
    pack_str(pack, "ops");
    pack_map(pack, OPERATION_COUNT);
    for (unsigned i = 0; i < OPERATION_COUNT; i++)
        pack_pair_int(pack, operation_name((enum operation)i), (int64_t)status->operations[i]);
    pack_str(pack, "errors");
    pack_map(pack, OUTCOME_COUNT - 1);
    for (unsigned i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        pack_pair_int(pack, outcome_name((enum outcome)i), (int64_t)status->errors[i]);
}

static void pack_status(struct pack *pack, const struct reply *reply)
{
    const struct status_report *status = reply->status;
    pack_ok(pack, 17);
    pack_pair_str(pack, "station", reply->station);
    pack_pair_str(pack, "version", LOCKER_VERSION);
    pack_clock_state(pack, reply);
    pack_pair_int(pack, "uptime_ms", status->uptime_ms);
    pack_by_size(pack, "free", status->free);
    pack_by_size(pack, "total", status->total);
    pack_pair_int(pack, "occupied", status->occupied);
    pack_pair_int(pack, "expired", status->expired);
    pack_pair_int(pack, "out_of_service", status->out_of_service);
    pack_pair_int(pack, "sequence", (int64_t)status->sequence);
    pack_pair_int(pack, "durable_sequence", (int64_t)status->durable_sequence);
    pack_str_or_nil(pack, "ledger", status->ledger);
    pack_pair_int(pack, "ttl_ms", status->ttl_ms);
    pack_policies(pack, status);
    pack_counters(pack, status);
}

/* ---- all ---------------------------------------------------------------------------------- */

static void pack_answer(struct pack *pack, const struct reply *reply)
{
    switch (reply->operation) {
    case OP_PING:
        pack_ping(pack, reply);
        break;
    case OP_DEPOSIT:
        pack_deposit(pack, reply);
        break;
    case OP_CANCEL:
        if (reply->exchanged)
            pack_deposit(pack, reply);
        else
            pack_compartment(pack, reply);
        break;
    case OP_PICKUP:
    case OP_COLLECT:
    case OP_RELEASE:
        pack_compartment(pack, reply);
        break;
    case OP_AVAILABILITY:
        pack_availability(pack, reply);
        break;
    case OP_EXPIRED:
        pack_expired(pack, reply);
        break;
    case OP_STATUS:
        pack_status(pack, reply);
        break;
    case OP_COMPARTMENTS:
        pack_compartments(pack, reply);
        break;
    case OP_SERVICE:
        pack_service(pack, reply);
        break;
    case OP_REISSUE:
        pack_reissue(pack, reply);
        break;
    case OP_EXTEND:
        pack_extend(pack, reply);
        break;
    case OP_HISTORY:
        pack_history(pack, reply);
        break;
    case OP_SWEEP:
        pack_ok(pack, 1);
        pack_pair_int(pack, "freed", reply->freed);
        break;
    case OP_CLOCK:
        pack_ok(pack, 2);
        pack_clock_state(pack, reply);
        break;
    }
}

int codec_encode_reply(const struct reply *reply, struct buffer *buffer)
{
    struct pack pack;
    pack_begin(&pack, buffer);
    if (reply->outcome == OUTCOME_OK)
        pack_answer(&pack, reply);
    else
        pack_refusal(&pack, reply);
    return pack_end(&pack);
}
