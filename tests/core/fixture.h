/*
 * A locker in memory of the test's own, with a clock that the test sets.
 */
#ifndef TEST_CORE_FIXTURE_H
#define TEST_CORE_FIXTURE_H

#include "locker.h"

#include <check.h>

#define DAY_MS INT64_C(86400000)
#define T0     INT64_C(1795514400000) /* some moment; a fixture begins then */

struct fixture {
    struct locker locker;
    void *memory;
    size_t bytes;
    struct compartment *wall;
    uint32_t compartments;
    int64_t now_ms;
    uint64_t codes; /* issued so far: the next code's hash and nonce follow from it */
    struct answer answer;
};

/* sizes: a letter a compartment, "SML" gives a small, a medium and a large one named C0, C1, C2. */
void fixture_open(struct fixture *fixture, const char *sizes, struct policy policy);
/* The same with an event ring as short as can be. */
void fixture_open_short_ring(struct fixture *fixture, const char *sizes, struct policy policy);
void fixture_close(struct fixture *fixture);

/* A fresh intent of this operation with an unused code on offer. */
struct intent fixture_intent(struct fixture *fixture, enum operation operation);

/* Perform, declare durable, and check every invariant. The answer is in fixture->answer. */
enum outcome fixture_perform(struct fixture *fixture, const struct intent *intent);
/* The same while the disk is behind: nothing more becomes durable. */
enum outcome fixture_perform_behind(struct fixture *fixture, const struct intent *intent);
/* The same while the disk takes no changes. */
enum outcome fixture_perform_unstorable(struct fixture *fixture, const struct intent *intent);

/* Shorthands. deposit gives the code's hash, or 0 when refused (the outcome is in *refusal). */
uint64_t fixture_deposit(struct fixture *fixture, enum parcel_size size, enum outcome *refusal);
enum outcome fixture_pickup(struct fixture *fixture, uint64_t code_hash);
enum outcome fixture_cancel(struct fixture *fixture, uint64_t code_hash, enum cancel_reason reason);
/* collect, release, reissue, extend (by a day), service on */
enum outcome fixture_staff(struct fixture *fixture, enum operation operation, uint32_t compartment);
enum outcome fixture_service(struct fixture *fixture, uint32_t compartment, bool in_service,
                             const char *reason);

struct moment fixture_now(const struct fixture *fixture);
uint32_t fixture_free(const struct fixture *fixture, enum parcel_size size);
void fixture_check(const struct fixture *fixture);

#endif
