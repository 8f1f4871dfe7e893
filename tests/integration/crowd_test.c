/*
 * Many clients at once: no compartment is given twice, no code is given twice, and the totals are
 * right.
 */
#include "support/wire.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS 16
#define ROUNDS  25

/* Who is in which compartment, as the clients see it: an independent count. */
struct crowd {
    struct station *station;
    _Atomic int occupants[3][100];
    _Atomic int given_twice;
    _Atomic int failures;
    _Atomic int no_space;
    pthread_barrier_t start;
};

struct member {
    struct crowd *crowd;
    struct client *driver;
    struct client *keypad;
    pthread_t thread;
    int number;
    struct ticket tickets[ROUNDS];
    int count;
};

static _Atomic int *occupants_of(struct crowd *crowd, const char *compartment)
{
    const char *sizes = "SML";
    const long size = strchr(sizes, compartment[0]) - sizes;
    return &crowd->occupants[size][strtol(compartment + 1, NULL, 10)];
}

/* The text of a reply's key, "" without: in a thread nothing may assert, so failures are counted,
 * and the test looks at the counts. */
static const char *text_of(const struct value *reply, const char *key)
{
    const struct value *value = reply ? value_get(reply, key) : NULL;
    return value ? value_str(value) : "";
}

static struct value *ask(struct member *member, struct client *client, struct request *request)
{
    struct value *reply = NULL;
    client_new_id(request);
    if (client_call(client, request, &reply) != 0)
        member->crowd->failures++;
    return reply;
}

static bool deposit(struct member *member, enum parcel_size size)
{
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = size};
    struct value *reply = ask(member, member->driver, &request);
    const bool given = reply && value_bool(value_get(reply, "ok"));
    if (given) {
        struct ticket *ticket = &member->tickets[member->count++];
        snprintf(ticket->compartment, sizeof ticket->compartment, "%s",
                 value_str(value_get(reply, "compartment")));
        snprintf(ticket->code, sizeof ticket->code, "%s", value_str(value_get(reply, "code")));
        if (atomic_fetch_add(occupants_of(member->crowd, ticket->compartment), 1) != 0)
            member->crowd->given_twice++;
    } else if (strcmp(text_of(reply, "error"), "no_space") == 0) {
        member->crowd->no_space++;
    } else {
        member->crowd->failures++;
    }
    if (reply)
        value_free(reply);
    return given;
}

static void pickup(struct member *member, const struct ticket *ticket)
{
    struct request request = {.operation = OP_PICKUP};
    snprintf(request.code, sizeof request.code, "%s", ticket->code);
    atomic_fetch_sub(occupants_of(member->crowd, ticket->compartment), 1);
    struct value *reply = ask(member, member->keypad, &request);
    if (strcmp(text_of(reply, "compartment"), ticket->compartment) != 0)
        member->crowd->failures++;
    if (reply)
        value_free(reply);
}

/* Deposit again and again, and pick up every other parcel at once. */
static void *live(void *context)
{
    struct member *member = context;
    pthread_barrier_wait(&member->crowd->start);
    for (int round = 0; round < ROUNDS; round++) {
        const enum parcel_size size = (enum parcel_size)((round + member->number) % SIZE_COUNT);
        if (deposit(member, size) && round % 2 == 0)
            pickup(member, &member->tickets[--member->count]);
    }
    return NULL;
}

static void run_crowd(struct crowd *crowd, struct member members[CLIENTS])
{
    ck_assert_int_eq(pthread_barrier_init(&crowd->start, NULL, CLIENTS), 0);
    for (int i = 0; i < CLIENTS; i++) {
        members[i] = (struct member){
            .crowd = crowd,
            .driver = wire_client(crowd->station, ROLE_DRIVER),
            .keypad = wire_client(crowd->station, ROLE_KEYPAD),
            .number = i,
        };
    }
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&members[i].thread, NULL, live, &members[i]), 0);
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert_int_eq(pthread_join(members[i].thread, NULL), 0);
        client_close(members[i].driver);
        client_close(members[i].keypad);
    }
    pthread_barrier_destroy(&crowd->start);
}

static int compare_codes(const void *a, const void *b)
{
    return strcmp(((const struct ticket *)a)->code, ((const struct ticket *)b)->code);
}

static void expect_distinct_codes(struct ticket *tickets, size_t count)
{
    qsort(tickets, count, sizeof *tickets, compare_codes);
    for (size_t i = 1; i < count; i++)
        ck_assert_str_ne(tickets[i - 1].code, tickets[i].code);
}

static void crowd_on(const char *compartments, bool ephemeral, bool expect_full)
{
    static struct member members[CLIENTS];
    static struct ticket left[CLIENTS * ROUNDS];
    struct crowd crowd = {0};
    struct station station;
    size_t count = 0;
    station_begin(&station, "--compartments", compartments, ephemeral ? "--ephemeral" : NULL, NULL);
    crowd.station = &station;
    run_crowd(&crowd, members);
    ck_assert_int_eq(crowd.failures, 0);
    ck_assert_int_eq(crowd.given_twice, 0);
    ck_assert_int_eq(crowd.no_space > 0, expect_full);
    for (int i = 0; i < CLIENTS; i++)
        for (int k = 0; k < members[i].count; k++)
            left[count++] = members[i].tickets[k];
    expect_distinct_codes(left, count);
    ck_assert_int_eq(wire_status(&station, "occupied"), (int64_t)count);
    for (size_t i = 0; i < count; i++)
        wire_expect_pickup(&station, &left[i]);
    ck_assert_int_eq(wire_status(&station, "occupied"), 0);
    station_end(&station);
}

START_TEST(test_crowd_at_a_durable_station_shares_no_compartment)
{
    crowd_on("small=90,medium=90,large=90", false, false);
}
END_TEST

START_TEST(test_crowd_at_a_full_station_shares_no_compartment)
{
    crowd_on("small=9,medium=6,large=3", false, true);
}
END_TEST

START_TEST(test_crowd_at_an_ephemeral_station_shares_no_compartment)
{
    crowd_on("small=9,medium=6,large=3", true, true);
}
END_TEST

/* ---- one code, many keypads -------------------------------------------------------------- */

struct race {
    struct station *station;
    const char *code;
    pthread_barrier_t start;
    _Atomic int opened;
    _Atomic int used;
};

struct racer {
    struct race *race;
    struct client *keypad;
    pthread_t thread;
};

static void *type_code(void *context)
{
    const struct racer *racer = context;
    struct race *race = racer->race;
    struct request request = {.operation = OP_PICKUP};
    struct value *reply = NULL;
    client_new_id(&request);
    snprintf(request.code, sizeof request.code, "%s", race->code);
    pthread_barrier_wait(&race->start);
    if (client_call(racer->keypad, &request, &reply) == 0) {
        race->opened += value_bool(value_get(reply, "ok"));
        race->used += strcmp(text_of(reply, "error"), "code_used") == 0;
        value_free(reply);
    }
    return NULL;
}

START_TEST(test_one_code_typed_by_many_opens_once)
{
    struct station station;
    struct ticket ticket;
    struct racer racers[CLIENTS];
    station_begin(&station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    struct race race = {.station = &station, .code = ticket.code};
    ck_assert_int_eq(pthread_barrier_init(&race.start, NULL, CLIENTS), 0);
    for (int i = 0; i < CLIENTS; i++)
        racers[i] = (struct racer){.race = &race, .keypad = wire_client(&station, ROLE_KEYPAD)};
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, type_code, &racers[i]), 0);
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert_int_eq(pthread_join(racers[i].thread, NULL), 0);
        client_close(racers[i].keypad);
    }
    pthread_barrier_destroy(&race.start);
    ck_assert_int_eq(race.opened, 1);
    ck_assert_int_eq(race.used, CLIENTS - 1);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("crowd", &tests);
    tcase_add_test(tests, test_crowd_at_a_durable_station_shares_no_compartment);
    tcase_add_test(tests, test_crowd_at_a_full_station_shares_no_compartment);
    tcase_add_test(tests, test_crowd_at_an_ephemeral_station_shares_no_compartment);
    tcase_add_test(tests, test_one_code_typed_by_many_opens_once);
    return harness_run(suite);
}
