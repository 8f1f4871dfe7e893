/*
 * Talking to a station over its real sockets: through the client library, and with bytes of the
 * test's own making.
 *
 * Every function fails the test when no answer comes, or when an answer has not the shape of one.
 */
#ifndef LOCKER_TEST_WIRE_H
#define LOCKER_TEST_WIRE_H

#include "message.h"
#include "station.h"

#include <stddef.h>
#include <stdint.h>

/* What a deposit, an exchange or a reissue gave. */
struct ticket {
    char compartment[COMPARTMENT_ID_SIZE];
    char size[8];
    char code[CODE_SIZE];
    int64_t expires_at_ms;
};

/* Checks that the reply is one ("ok"; on a refusal "error" and "message"), and says which. */
enum outcome wire_outcome(const struct value *reply);

#define EXPECT(wanted, got)                                                                        \
    do {                                                                                           \
        const enum outcome expect_wanted = (wanted);                                               \
        const enum outcome expect_got = (got);                                                     \
        ck_assert_msg(expect_wanted == expect_got, "%s: wanted %s, got %s", #got,                  \
                      outcome_name(expect_wanted), outcome_name(expect_got));                      \
    } while (0)

/* Ask at the endpoint of this role, through a client kept with the station. value_free() it. */
struct value *wire_ask(struct station *station, enum role role, const struct request *request);

/* The same, only for its outcome. */
enum outcome wire_try(struct station *station, enum role role, const struct request *request);

/* A client of its own at this endpoint; client_close() it. */
struct client *wire_client(const struct station *station, enum role role);

/* ---- single operations ------------------------------------------------------------------- */

enum outcome wire_deposit(struct station *station, enum parcel_size size, struct ticket *ticket);
enum outcome wire_pickup(struct station *station, const char *code);
/* A pickup that opens this compartment. */
void wire_expect_pickup(struct station *station, const struct ticket *ticket);
enum outcome wire_cancel(struct station *station, const char *code, enum cancel_reason reason);
/* An operation of the staff's whose only key is "compartment". */
enum outcome wire_staff(struct station *station, enum operation operation, const char *compartment);
enum outcome wire_service(struct station *station, const char *compartment, bool in_service,
                          const char *reason);

/* Read a ticket out of a reply that has one. */
void wire_ticket(const struct value *reply, struct ticket *ticket);

/* Free compartments of this size. */
int64_t wire_free(struct station *station, enum parcel_size size);

/* A number of status. */
int64_t wire_status(struct station *station, const char *key);

/* The state ("free", "occupied", "expired") of a compartment; reason may be NULL. */
void wire_expect_compartment(struct station *station, const char *compartment, const char *state,
                             bool in_service, const char *reason);

/* Numbers a random id derived from a test's own counter: the same number, the same id. */
void wire_set_id(struct request *request, uint64_t number);

/* ---- bytes of one's own ------------------------------------------------------------------ */

/* The msgpack encoding of a JSON object; a string "hex:00ff" becomes bin. Appended to buffer. */
void wire_pack_json(const char *json, struct buffer *buffer);

/* Send these bytes as one REQ request, on a socket of its own, and give the reply. */
struct value *wire_ask_bytes(const struct station *station, enum role role, const void *bytes,
                             size_t size);
struct value *wire_ask_json(const struct station *station, enum role role, const char *json);

/* Only the outcome. */
enum outcome wire_try_bytes(const struct station *station, enum role role, const void *bytes,
                            size_t size);
enum outcome wire_try_json(const struct station *station, enum role role, const char *json);

/* Deposit and pick up until storage takes no more; false when it always does. */
bool wire_work_until_full(struct station *station);

/* Ping at every endpoint is answered. */
void wire_expect_serving(struct station *station);

#endif
