#include "wire.h"

#include "endpoint.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* The client retries by itself all this time; tests kill what it talks to. */
#define CALL_TIMEOUT_MS 30000

/* ---- replies ----------------------------------------------------------------------------- */

static const struct value *key_of(const struct value *reply, const char *key, enum value_kind kind)
{
    const struct value *value = value_get(reply, key);
    ck_assert_msg(value != NULL, "the reply has no \"%s\"", key);
    ck_assert_msg(value_kind(value) == kind, "\"%s\" is of another type", key);
    return value;
}

enum outcome wire_outcome(const struct value *reply)
{
    ck_assert_int_eq(value_kind(reply), VALUE_MAP);
    if (value_bool(key_of(reply, "ok", VALUE_BOOL))) {
        ck_assert_ptr_null(value_get(reply, "error"));
        return OUTCOME_OK;
    }
    const char *name = value_str(key_of(reply, "error", VALUE_STR));
    const char *message = value_str(key_of(reply, "message", VALUE_STR));
    for (int i = 1; i < OUTCOME_COUNT; i++) {
        const enum outcome outcome = (enum outcome)i;
        const char *sentence = outcome_message(outcome);
        if (strcmp(name, outcome_name(outcome)) != 0)
            continue;
        ck_assert_msg(strncmp(message, sentence, strlen(sentence)) == 0, "%s says \"%s\"", name,
                      message);
        if (outcome == OUTCOME_TRY_LATER)
            ck_assert_int_gt(value_int(key_of(reply, "retry_after_ms", VALUE_INT)), 0);
        return outcome;
    }
    ck_abort_msg("there is no error \"%s\"", name);
    return OUTCOME_OK;
}

static enum outcome outcome_of(struct value *reply)
{
    const enum outcome outcome = wire_outcome(reply);
    value_free(reply);
    return outcome;
}

static void copy_text(const struct value *reply, const char *key, char *text, size_t size)
{
    const char *from = value_str(key_of(reply, key, VALUE_STR));
    ck_assert_uint_lt(strlen(from), size);
    memcpy(text, from, strlen(from) + 1);
}

void wire_ticket(const struct value *reply, struct ticket *ticket)
{
    *ticket =
        (struct ticket){.expires_at_ms = value_int(key_of(reply, "expires_at_ms", VALUE_INT))};
    copy_text(reply, "compartment", ticket->compartment, sizeof ticket->compartment);
    copy_text(reply, "code", ticket->code, sizeof ticket->code);
    ck_assert_uint_eq(strspn(ticket->code, "0123456789"), strlen(ticket->code));
    ck_assert_uint_ge(strlen(ticket->code), CODE_DIGITS_MIN);
    if (value_get(reply, "size"))
        copy_text(reply, "size", ticket->size, sizeof ticket->size);
}

/* ---- asking ------------------------------------------------------------------------------ */

struct client *wire_client(const struct station *station, enum role role)
{
    char uri[ENDPOINT_URI_SIZE];
    struct client *client = NULL;
    ck_assert_int_eq(endpoint_uri(station->run, role, uri), 0);
    const struct client_options options = {.endpoint = uri, .timeout_ms = CALL_TIMEOUT_MS};
    ck_assert_int_eq(client_open(&client, &options), 0);
    return client;
}

struct value *wire_ask(struct station *station, enum role role, const struct request *request)
{
    struct value *reply = NULL;
    if (!station->clients[role])
        station->clients[role] = wire_client(station, role);
    const int error = client_call(station->clients[role], request, &reply);
    ck_assert_msg(error == 0, "%s at the %s endpoint: %s", operation_name(request->operation),
                  role_name(role), strerror(-error));
    return reply;
}

enum outcome wire_try(struct station *station, enum role role, const struct request *request)
{
    return outcome_of(wire_ask(station, role, request));
}

void wire_set_id(struct request *request, uint64_t number)
{
    memset(request->id, 0x5a, sizeof request->id);
    memcpy(request->id, &number, sizeof number);
    request->has_id = true;
}

/* ---- single operations ------------------------------------------------------------------- */

enum outcome wire_deposit(struct station *station, enum parcel_size size, struct ticket *ticket)
{
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = size};
    client_new_id(&request);
    struct value *reply = wire_ask(station, ROLE_DRIVER, &request);
    if (wire_outcome(reply) == OUTCOME_OK && ticket)
        wire_ticket(reply, ticket);
    return outcome_of(reply);
}

static void set_code(struct request *request, const char *code)
{
    ck_assert_uint_lt(strlen(code), sizeof request->code);
    snprintf(request->code, sizeof request->code, "%s", code);
}

enum outcome wire_pickup(struct station *station, const char *code)
{
    struct request request = {.operation = OP_PICKUP};
    client_new_id(&request);
    set_code(&request, code);
    return wire_try(station, ROLE_KEYPAD, &request);
}

void wire_expect_pickup(struct station *station, const struct ticket *ticket)
{
    struct request request = {.operation = OP_PICKUP};
    client_new_id(&request);
    set_code(&request, ticket->code);
    struct value *reply = wire_ask(station, ROLE_KEYPAD, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    ck_assert_str_eq(value_str(key_of(reply, "compartment", VALUE_STR)), ticket->compartment);
    value_free(reply);
}

enum outcome wire_cancel(struct station *station, const char *code, enum cancel_reason reason)
{
    struct request request = {.operation = OP_CANCEL, .reason = reason};
    client_new_id(&request);
    set_code(&request, code);
    return wire_try(station, ROLE_DRIVER, &request);
}

static void set_compartment(struct request *request, const char *compartment)
{
    request->has_compartment = true;
    snprintf(request->compartment, sizeof request->compartment, "%s", compartment);
}

enum outcome wire_staff(struct station *station, enum operation operation, const char *compartment)
{
    struct request request = {.operation = operation};
    client_new_id(&request);
    set_compartment(&request, compartment);
    return wire_try(station, ROLE_OPERATOR, &request);
}

enum outcome wire_service(struct station *station, const char *compartment, bool in_service,
                          const char *reason)
{
    struct request request = {.operation = OP_SERVICE, .in_service = in_service};
    client_new_id(&request);
    set_compartment(&request, compartment);
    if (reason) {
        request.has_service_reason = true;
        snprintf(request.service_reason, sizeof request.service_reason, "%s", reason);
    }
    return wire_try(station, ROLE_OPERATOR, &request);
}

int64_t wire_free(struct station *station, enum parcel_size size)
{
    const struct request request = {.operation = OP_AVAILABILITY};
    struct value *reply = wire_ask(station, ROLE_DRIVER, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const struct value *map = key_of(reply, "free", VALUE_MAP);
    const int64_t free = value_int(key_of(map, size_name(size), VALUE_INT));
    value_free(reply);
    return free;
}

int64_t wire_status(struct station *station, const char *key)
{
    const struct request request = {.operation = OP_STATUS};
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const int64_t number = value_int(key_of(reply, key, VALUE_INT));
    value_free(reply);
    return number;
}

static const struct value *find_line(const struct value *lines, const char *compartment)
{
    for (size_t i = 0; i < value_count(lines); i++) {
        const struct value *line = value_at(lines, i);
        if (strcmp(value_str(key_of(line, "compartment", VALUE_STR)), compartment) == 0)
            return line;
    }
    ck_abort_msg("%s is not listed", compartment);
    return NULL;
}

void wire_expect_compartment(struct station *station, const char *compartment, const char *state,
                             bool in_service, const char *reason)
{
    const struct request request = {.operation = OP_COMPARTMENTS, .limit = PAGE_LIMIT_DEFAULT};
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &request);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    const struct value *line = find_line(key_of(reply, "compartments", VALUE_ARRAY), compartment);
    ck_assert_str_eq(value_str(key_of(line, "state", VALUE_STR)), state);
    ck_assert_int_eq(value_bool(key_of(line, "in_service", VALUE_BOOL)), in_service);
    if (reason)
        ck_assert_str_eq(value_str(key_of(line, "reason", VALUE_STR)), reason);
    else
        key_of(line, "reason", VALUE_NIL);
    key_of(line, "expires_at_ms", strcmp(state, "free") == 0 ? VALUE_NIL : VALUE_INT);
    value_free(reply);
}

void wire_expect_serving(struct station *station)
{
    const struct request request = {.operation = OP_PING};
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct value *reply = wire_ask(station, (enum role)role, &request);
        EXPECT(OUTCOME_OK, wire_outcome(reply));
        ck_assert_str_eq(value_str(key_of(reply, "role", VALUE_STR)), role_name((enum role)role));
        ck_assert_str_eq(value_str(key_of(reply, "station", VALUE_STR)), station->name);
        value_free(reply);
    }
}

/* More changes than any full disk of a test takes. */
#define MANY 400

bool wire_work_until_full(struct station *station)
{
    struct ticket ticket;
    for (int i = 0; i < MANY; i++) {
        enum outcome outcome = wire_deposit(station, SIZE_SMALL, &ticket);
        if (outcome == OUTCOME_OK)
            outcome = wire_pickup(station, ticket.code);
        if (outcome == OUTCOME_STORAGE_UNAVAILABLE)
            return true;
        EXPECT(OUTCOME_OK, outcome);
    }
    return false;
}
