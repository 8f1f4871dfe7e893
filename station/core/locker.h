/*
 * Locker: the orchestrator, and the only public entry to the station's state.
 *
 * Every change is decided, recorded, applied:
 *   locker_decide()  pure, reads only: the event that would answer the intent, or a refusal
 *   locker_record()  puts the event into the event ring; one release store makes it real
 *   locker_apply()   makes the primary state say what the event says; idempotent
 * locker_perform() does the three for one intent, expiring first what the intent touches.
 * locker_recover() finishes after a death between any two instructions.
 *
 * The state lies in memory of the caller's (a shared segment, or malloc in tests and benchmarks)
 * and holds indices, never pointers. Nothing here reads a clock, takes a lock, allocates, or does
 * I/O. Every operation is O(1) or O(log n) in the number of compartments unless it says otherwise.
 *
 * Lock: whoever shares the memory holds its lock around every call that takes a non-const locker,
 * and around the const ones that do not say otherwise.
 */
#ifndef LOCKER_LOCKER_H
#define LOCKER_LOCKER_H

#include "access_token.h"
#include "compartment.h"
#include "event.h"
#include "guess_limit.h"
#include "locker_view.h"
#include "message.h"
#include "outcome.h"
#include "policy.h"
#include "trusted_clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- memory ---------------------------------------------------------------------------- */

/* What the amount of memory follows from. Fixed for the life of a segment. */
struct locker_shape {
    uint32_t compartments;
    uint32_t by_size[SIZE_COUNT];
    uint32_t remember_requests; /* capacity of the request memory, >= 1 */
    uint32_t remember_codes;    /* capacity of the memory of retired codes, >= 4 × compartments */
    uint32_t event_ring;        /* events that may await the disk, >= 64 */
};

/* The shape for this wall: codes for 30 days of three parcels a compartment a day, within
 * 4 × compartments at least and 65,536 (or 4 × compartments, if more) at most. */
struct locker_shape locker_shape_for(const struct compartment *wall, uint32_t compartments,
                                     uint32_t remember_requests);

/* How many codes can be taken at once (live and remembered): the code space must be at least
 * twice that, so that drawing an unused one stays cheap. */
uint64_t locker_codes_in_use_max(const struct locker_shape *shape);

struct locker; /* a view of the memory; locker_view.h has its fields, for this layer only */

/* A changed layout of anything in the memory must change this number. */
#define LOCKER_LAYOUT_VERSION 2

/* A number that differs when sizes or offsets of the layout differ (other compiler, other ABI). */
uint64_t locker_layout_fingerprint(void);

size_t locker_memory_bytes(const struct locker_shape *shape);

/* Make memory (64-byte aligned, zeroed, locker_memory_bytes() long) an empty station. */
void locker_format(struct locker *locker, void *memory, const struct locker_shape *shape,
                   const struct compartment *wall, const struct policy *policy);

/* Whether the memory found somewhere can be attached at all: its shape is possible and adds up to
 * exactly these bytes. 0 and *shape, or -EINVAL. */
int locker_examine(const void *memory, size_t bytes, struct locker_shape *shape)
    __attribute__((warn_unused_result));

/* View memory that was formatted before. The caller vouches for its size and layout version. */
void locker_attach(struct locker *locker, void *memory);

/* ---- changes --------------------------------------------------------------------------- */

struct moment {
    int64_t now_ms;     /* trusted time */
    int64_t elapsed_ms; /* CLOCK_BOOTTIME */
};

/* A code that may be issued: drawn outside the lock. */
struct code_offer {
    uint64_t nonce;
    uint64_t hash; /* never 0 */
    uint8_t digits;
};

/* A request with everything resolved that needs a key or a look-up of names. */
struct intent {
    enum operation operation; /* deposit pickup cancel collect service release reissue extend
                                 sweep (completed) clock (accept) */
    enum role role;
    bool has_id;
    uint64_t request_key[2];      /* keyed hash of the id, not 0, 0 */
    uint64_t request_fingerprint; /* keyed hash of the contents */
    bool has_size;
    enum parcel_size size;
    uint64_t code_hash; /* 0: what was typed can be no code */
    enum cancel_reason reason;
    uint32_t compartment; /* COMPARTMENT_NONE: no such compartment */
    bool in_service;
    char service_reason[SERVICE_REASON_SIZE];
    int64_t by_ms;
    uint32_t freed;          /* sweep: what locker_expire() has freed */
    int64_t wall_ms;         /* clock: what the wall clock shows, to be believed from now on */
    struct code_offer offer; /* deposit, cancel with size, reissue */
};

/* What a successful change is answered with: the same the first time and every repeat. */
struct answer {
    bool repeated;     /* the id was known: nothing was changed */
    uint64_t sequence; /* of the event: the reply may leave when this is durable */
    uint8_t kind;      /* enum event_kind */
    uint8_t code_digits;
    bool in_service;
    uint32_t compartment;
    uint32_t given_up;
    uint64_t code_nonce;
    int64_t expires_at_ms;
    int64_t amount;
    int64_t at_ms;
    int64_t retry_after_ms; /* with OUTCOME_TRY_LATER */
};

/* Whether the offered code is neither live nor remembered. One that is not must be drawn again:
 * an intent with a stale offer is a broken invariant. */
bool locker_offer_is_fresh(const struct locker *locker, const struct code_offer *offer);

/* Hints: an intent will be performed soon. Starts to fetch into the cache what its keys will be
 * looked up in, while something else takes its time: another keyed hash, or the lock. In this
 * order: expect_id() with the key of the id, which is had soonest and its place the coldest;
 * expect_code() with the hashes of codes; expect_door() when there is nothing left to compute.
 * Together they save 0.5 us a pair of deposit and pickup at a million compartments. They change
 * nothing, and what they read may change meanwhile. Lock: none. */
void locker_expect_id(const struct locker *locker, const struct intent *intent);
void locker_expect_code(const struct locker *locker, const struct intent *intent);
void locker_expect_door(const struct locker *locker, const struct intent *intent);

/*
 * Decide, record and apply one intent.
 *
 * OUTCOME_OK: *answer says what became true, or what had become true when the id came first.
 * Any refusal: nothing of the intent was changed (expired tokens that it touched may have been
 * expired, each an event of its own; a wrong code at the keypad spends one guess).
 * OUTCOME_TRY_LATER: too many wrong codes (pickup), or no room in the event ring; then
 * answer->retry_after_ms is set.
 *
 * storable: whether the disk takes changes now. When it does not, nothing is recorded, and what
 * would change something (or might, once what is due had expired) is refused with
 * OUTCOME_STORAGE_UNAVAILABLE. All else is as ever: a repeat gets its answer, a wrong code spends
 * a guess, too many are told to wait.
 */
enum outcome locker_perform(struct locker *locker, struct moment now, const struct intent *intent,
                            bool storable, struct answer *answer);

/* Whether the intent's id is known. Then *outcome is what it is answered with: OUTCOME_OK and the
 * first *answer, or OUTCOME_ID_REUSED. Changes nothing. */
bool locker_find_repeat(const struct locker *locker, const struct intent *intent,
                        enum outcome *outcome, struct answer *answer);

/* The three steps, for tests and recovery. decide changes nothing. */
enum outcome locker_decide(const struct locker *locker, struct moment now,
                           const struct intent *intent, struct event *event);
/* Gives the event its places in the rings: what is applied is the event as it stands in the ring.
 */
void locker_record(struct locker *locker, const struct event *event);
void locker_apply(struct locker *locker, const struct event *event);

/* An event out of the ledger: recorded and applied as it stands, durable already. Its sequence
 * must be the next one. -EINVAL when the event does not fit the state (the ledger is wrong). */
int locker_replay(struct locker *locker, const struct event *event)
    __attribute__((warn_unused_result));

/* A hint: that event will be replayed soon, if it proves to be right. As those above. */
void locker_expect_replay(const struct locker *locker, const struct event *event);

/* Expire up to limit tokens that are due, earliest first; returns how many. Stops early when the
 * event ring has no room but for one change. O(limit log n). */
uint32_t locker_expire(struct locker *locker, struct moment now, uint32_t limit);

/* When the earliest live token expires; INT64_MAX when there is none. */
int64_t locker_next_expiry_ms(const struct locker *locker);

/* The station was down for by_ms: add it to every live token's expiry, one event. O(n), and not
 * to be interrupted: only while nobody else sees the memory (a death in the middle means building
 * again from the ledger). 0, or -ENOSPC with nothing changed: no room in the event ring. */
int locker_credit_outage(struct locker *locker, struct moment now, int64_t by_ms)
    __attribute__((warn_unused_result));

void locker_set_policy(struct locker *locker, const struct policy *policy);

/* ---- recovery -------------------------------------------------------------------------- */

/* After a death in the middle of anything above but locker_credit_outage(): apply again the event
 * that was recorded but perhaps not wholly applied, and derive every index anew. May itself die
 * and be called again. O(n). */
void locker_recover(struct locker *locker);

/* Derive every index from the primary state. O(n). */
void locker_rebuild(struct locker *locker);

/* Every invariant, indexes against primary state. True when all hold; else why (at least 160
 * bytes) says which does not. Reads outside the given memory never, whatever the memory holds: it
 * is what decides whether a segment found at start can be trusted. O(n). */
bool locker_check(const struct locker *locker, char *why, size_t why_size);

/* ---- reading --------------------------------------------------------------------------- */

uint32_t locker_compartment_count(const struct locker *locker);
/* Compartments lie one behind the other: the one of index 0 is the start of the whole wall. */
const struct compartment *locker_compartment(const struct locker *locker, uint32_t index);
/* The index of a name, or COMPARTMENT_NONE. O(log n). Lock: none (the wall never changes). */
uint32_t locker_find_compartment(const struct locker *locker, const char *id);

const struct policy *locker_policy(const struct locker *locker);
struct trusted_clock *locker_clock(struct locker *locker);
struct guess_limit *locker_guess_limit(struct locker *locker);

struct occupancy {
    uint32_t free[SIZE_COUNT]; /* empty and in service */
    uint32_t total[SIZE_COUNT];
    uint32_t occupied; /* live tokens */
    uint32_t expired;  /* spent tokens, awaiting collection */
    uint32_t out_of_service;
};

void locker_occupancy(const struct locker *locker, struct occupancy *occupancy); /* O(1) */

/* One compartment as seen from outside at now_ms. Lock: held, or a copy checked by the reader's
 * sequence (see locker_read_begin()). */
void locker_describe(const struct locker *locker, uint32_t index, int64_t now_ms,
                     struct compartment_line *line);

/* The next spent token at or after index from, or COMPARTMENT_NONE. O(log n) amortised over a
 * whole walk. */
uint32_t locker_next_spent(const struct locker *locker, uint32_t from);

/* The last event recorded, and the last one that is on disk (or needs none). Lock: none; each is
 * one acquire load. */
uint64_t locker_sequence(const struct locker *locker);
uint64_t locker_durable_sequence(const struct locker *locker);

/* The keeper's: one release store. sequence never goes back. Lock: none. */
void locker_set_durable(struct locker *locker, uint64_t sequence);

/* Whether at least `events` more fit into the ring before the disk must catch up, with every one
 * that awaits the disk still to be read. Lock: none. */
bool locker_has_room(const struct locker *locker, uint32_t events);

/* Copy the event of that sequence out of the ring: 0, or -ENOENT when it is not (any longer, or
 * yet) there. Lock: none; a slot overwritten meanwhile is noticed. */
int locker_read_event(const struct locker *locker, uint64_t sequence, struct event *event)
    __attribute__((warn_unused_result));

/*
 * Readers without the lock: read_begin() gives a ticket, read_valid() says whether nothing
 * changed since (then what was copied in between is consistent). begin returns 0 while a change
 * is under way: try again.
 */
uint64_t locker_read_begin(const struct locker *locker);
bool locker_read_valid(const struct locker *locker, uint64_t ticket);

#endif
