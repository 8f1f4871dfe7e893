#include "engine_wall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct compartment *make_compartments(uint32_t count)
{
    struct compartment *compartments = calloc(count, sizeof *compartments);
    for (uint32_t i = 0; compartments != NULL && i < count; i++) {
        snprintf(compartments[i].id, sizeof compartments[i].id, "C%u", i);
        compartments[i].size = i < count / 2               ? SIZE_SMALL
                               : i < count / 2 + count / 3 ? SIZE_MEDIUM
                                                           : SIZE_LARGE;
    }
    return compartments;
}

/* As many digits as leave nine tenths of the codes unused. A station may be configured with fewer,
 * down to one half; but then every second draw is in vain (0.7 us a deposit at a million
 * compartments), and one guess in fifteen would open a door. */
static unsigned digits_for(const struct locker_shape *shape)
{
    unsigned digits = CODE_DIGITS_MIN;
    for (uint64_t codes = 1000000;
         codes < 10 * locker_codes_in_use_max(shape) && digits < CODE_DIGITS_MAX; codes *= 10)
        digits++;
    return digits;
}

static void measure_request_memory(struct engine_wall *wall)
{
    struct locker_shape without = wall->shape;
    without.remember_requests = 1;
    wall->request_bytes = wall->bytes - locker_memory_bytes(&without);
}

int engine_wall_make(struct engine_wall *wall, uint32_t compartments)
{
    *wall = (struct engine_wall){.now = {.now_ms = INT64_C(1700000000000)}, .random = 1};
    uint8_t key[STATION_KEY_SIZE];
    if (getrandom(key, sizeof key, 0) != sizeof key)
        return -EIO;
    station_keys_derive(key, &wall->keys);
    struct policy policy = POLICY_DEFAULT;
    struct compartment *built = make_compartments(compartments);
    wall->inside = calloc(compartments, sizeof wall->inside[0]);
    if (built != NULL && wall->inside != NULL) {
        wall->shape = locker_shape_for(built, compartments, policy.remember_requests);
        wall->digits = digits_for(&wall->shape);
        policy.code_digits = (uint8_t)wall->digits;
        wall->bytes = (locker_memory_bytes(&wall->shape) + 63) / 64 * 64;
        measure_request_memory(wall);
        wall->memory = aligned_alloc(64, wall->bytes);
    }
    if (wall->memory != NULL) {
        memset(wall->memory, 0, wall->bytes);
        locker_format(&wall->locker, wall->memory, &wall->shape, built, &policy);
    }
    free(built);
    if (wall->memory != NULL)
        return 0;
    engine_wall_free(wall);
    return -ENOMEM;
}

void engine_wall_free(struct engine_wall *wall)
{
    free(wall->memory);
    free(wall->inside);
    *wall = (struct engine_wall){0};
}

static void must_succeed(enum outcome outcome, const char *what)
{
    if (outcome == OUTCOME_OK)
        return;
    fprintf(stderr, "locker-bench: a %s that must succeed was refused: %s\n", what,
            outcome_name(outcome));
    abort();
}

/* The keys in the order in which a desk computes them (station/desk/change.c): before the codes and
 * after. */
static void begin(struct engine_wall *wall, const struct request *request, struct intent *intent)
{
    code_book_request_key(&wall->keys, request->id, intent->request_key);
    locker_expect_id(&wall->locker, intent);
}

static void complete(struct engine_wall *wall, const struct request *request, struct intent *intent)
{
    locker_expect_code(&wall->locker, intent);
    intent->request_fingerprint = code_book_fingerprint(&wall->keys, request);
    locker_expect_door(&wall->locker, intent);
}

static enum outcome perform(struct engine_wall *wall, const struct intent *intent,
                            struct answer *answer)
{
    wall->now.now_ms++;
    wall->now.elapsed_ms++;
    enum outcome outcome = locker_perform(&wall->locker, wall->now, intent, true, answer);
    locker_set_durable(&wall->locker, locker_sequence(&wall->locker));
    return outcome;
}

void engine_deposit(struct engine_wall *wall, enum parcel_size size, const uint8_t *id,
                    struct engine_parcel *parcel)
{
    struct request request = {
        .operation = OP_DEPOSIT, .has_id = true, .has_size = true, .size = size};
    memcpy(request.id, id, sizeof request.id);
    struct intent intent = {.operation = OP_DEPOSIT,
                            .role = ROLE_DRIVER,
                            .has_id = true,
                            .has_size = true,
                            .size = size,
                            .compartment = COMPARTMENT_NONE};
    begin(wall, &request, &intent);
    code_book_draw(&wall->keys, wall->digits, &intent.offer, parcel->code);
    complete(wall, &request, &intent);
    while (!locker_offer_is_fresh(&wall->locker, &intent.offer))
        code_book_draw(&wall->keys, wall->digits, &intent.offer, parcel->code);
    struct answer answer;
    must_succeed(perform(wall, &intent, &answer), "deposit");
    parcel->size = (uint8_t)size;
}

void engine_pickup(struct engine_wall *wall, const struct engine_parcel *parcel, const uint8_t *id)
{
    struct request request = {.operation = OP_PICKUP, .has_id = true};
    memcpy(request.id, id, sizeof request.id);
    memcpy(request.code, parcel->code, sizeof request.code);
    struct intent intent = {.operation = OP_PICKUP,
                            .role = ROLE_KEYPAD,
                            .has_id = true,
                            .compartment = COMPARTMENT_NONE};
    begin(wall, &request, &intent);
    intent.code_hash = code_book_hash(&wall->keys, request.code);
    complete(wall, &request, &intent);
    struct answer answer;
    must_succeed(perform(wall, &intent, &answer), "pickup");
}

void engine_hash_pair(struct engine_wall *wall, const uint8_t *deposit_id, const uint8_t *pickup_id)
{
    struct request deposit = {
        .operation = OP_DEPOSIT, .has_id = true, .has_size = true, .size = SIZE_SMALL};
    struct request pickup = {.operation = OP_PICKUP, .has_id = true};
    memcpy(deposit.id, deposit_id, sizeof deposit.id);
    memcpy(pickup.id, pickup_id, sizeof pickup.id);
    struct code_offer offer;
    uint64_t key[2];
    code_book_draw(&wall->keys, wall->digits, &offer, pickup.code);
    code_book_request_key(&wall->keys, deposit.id, key);
    wall->hashed ^= key[0] ^ code_book_fingerprint(&wall->keys, &deposit);
    code_book_request_key(&wall->keys, pickup.id, key);
    wall->hashed ^= key[0] ^ code_book_fingerprint(&wall->keys, &pickup) ^
                    code_book_hash(&wall->keys, pickup.code);
}

uint32_t engine_draw(struct engine_wall *wall, uint32_t bound)
{
    uint64_t x = wall->random; /* xorshift64* (Marsaglia, Vigna) */
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    wall->random = x;
    return (uint32_t)(((x * UINT64_C(2685821657736338717)) >> 32) * bound >> 32);
}

void engine_new_id(struct engine_wall *wall, uint8_t id[REQUEST_ID_SIZE])
{
    uint64_t halves[2] = {wall->random, wall->ids++};
    memcpy(id, halves, sizeof halves);
}
