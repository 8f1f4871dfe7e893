#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_with_ring(struct fixture *fixture, const char *sizes, struct policy policy,
                           uint32_t event_ring)
{
    *fixture = (struct fixture){.now_ms = T0};
    fixture->compartments = (uint32_t)strlen(sizes);
    fixture->wall = calloc(fixture->compartments, sizeof *fixture->wall);
    for (uint32_t i = 0; i < fixture->compartments; i++) {
        snprintf(fixture->wall[i].id, sizeof fixture->wall[i].id, "C%u", i);
        fixture->wall[i].size = sizes[i] == 'S'   ? SIZE_SMALL
                                : sizes[i] == 'M' ? SIZE_MEDIUM
                                                  : SIZE_LARGE;
    }
    struct locker_shape shape =
        locker_shape_for(fixture->wall, fixture->compartments, policy.remember_requests);
    if (event_ring != 0)
        shape.event_ring = event_ring;
    fixture->bytes = locker_memory_bytes(&shape);
    fixture->memory = aligned_alloc(64, fixture->bytes);
    memset(fixture->memory, 0, fixture->bytes);
    locker_format(&fixture->locker, fixture->memory, &shape, fixture->wall, &policy);
    fixture_check(fixture);
}

void fixture_open(struct fixture *fixture, const char *sizes, struct policy policy)
{
    open_with_ring(fixture, sizes, policy, 0);
}

void fixture_open_short_ring(struct fixture *fixture, const char *sizes, struct policy policy)
{
    open_with_ring(fixture, sizes, policy, 64);
}

void fixture_close(struct fixture *fixture)
{
    free(fixture->memory);
    free(fixture->wall);
}

struct moment fixture_now(const struct fixture *fixture)
{
    return (struct moment){.now_ms = fixture->now_ms, .elapsed_ms = fixture->now_ms / 2};
}

struct intent fixture_intent(struct fixture *fixture, enum operation operation)
{
    fixture->codes++;
    return (struct intent){
        .operation = operation,
        .compartment = COMPARTMENT_NONE,
        /* Any odd multiplier spreads the numbers over all bits. */
        .offer = {.nonce = fixture->codes,
                  .hash = fixture->codes * UINT64_C(0x9e3779b97f4a7c15),
                  .digits = 6},
    };
}

void fixture_check(const struct fixture *fixture)
{
    char why[160];
    ck_assert_msg(locker_check(&fixture->locker, why, sizeof why), "%s", why);
}

enum outcome fixture_perform_behind(struct fixture *fixture, const struct intent *intent)
{
    const enum outcome outcome =
        locker_perform(&fixture->locker, fixture_now(fixture), intent, true, &fixture->answer);
    fixture_check(fixture);
    return outcome;
}

enum outcome fixture_perform_unstorable(struct fixture *fixture, const struct intent *intent)
{
    const uint64_t sequence = locker_sequence(&fixture->locker);
    const enum outcome outcome =
        locker_perform(&fixture->locker, fixture_now(fixture), intent, false, &fixture->answer);
    ck_assert_uint_eq(locker_sequence(&fixture->locker), sequence);
    fixture_check(fixture);
    return outcome;
}

enum outcome fixture_perform(struct fixture *fixture, const struct intent *intent)
{
    const enum outcome outcome = fixture_perform_behind(fixture, intent);
    locker_set_durable(&fixture->locker, locker_sequence(&fixture->locker));
    return outcome;
}

uint64_t fixture_deposit(struct fixture *fixture, enum parcel_size size, enum outcome *refusal)
{
    struct intent intent = fixture_intent(fixture, OP_DEPOSIT);
    intent.has_size = true;
    intent.size = size;
    const enum outcome outcome = fixture_perform(fixture, &intent);
    if (refusal)
        *refusal = outcome;
    else
        ck_assert_int_eq(outcome, OUTCOME_OK);
    return outcome == OUTCOME_OK ? intent.offer.hash : 0;
}

enum outcome fixture_pickup(struct fixture *fixture, uint64_t code_hash)
{
    struct intent intent = fixture_intent(fixture, OP_PICKUP);
    intent.code_hash = code_hash;
    return fixture_perform(fixture, &intent);
}

enum outcome fixture_cancel(struct fixture *fixture, uint64_t code_hash, enum cancel_reason reason)
{
    struct intent intent = fixture_intent(fixture, OP_CANCEL);
    intent.code_hash = code_hash;
    intent.reason = reason;
    return fixture_perform(fixture, &intent);
}

enum outcome fixture_staff(struct fixture *fixture, enum operation operation, uint32_t compartment)
{
    struct intent intent = fixture_intent(fixture, operation);
    intent.compartment = compartment;
    intent.by_ms = DAY_MS;
    intent.in_service = true;
    return fixture_perform(fixture, &intent);
}

enum outcome fixture_service(struct fixture *fixture, uint32_t compartment, bool in_service,
                             const char *reason)
{
    struct intent intent = fixture_intent(fixture, OP_SERVICE);
    intent.compartment = compartment;
    intent.in_service = in_service;
    snprintf(intent.service_reason, sizeof intent.service_reason, "%s", reason);
    return fixture_perform(fixture, &intent);
}

uint32_t fixture_free(const struct fixture *fixture, enum parcel_size size)
{
    struct occupancy occupancy;
    locker_occupancy(&fixture->locker, &occupancy);
    return occupancy.free[size];
}
