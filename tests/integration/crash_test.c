/*
 * Random processes killed at random moments under load, again and again. What the clients were
 * told is kept in books of their own, and in the end the station is held to it.
 *
 * LOCKER_CRASH_ROUNDS: how many kills (default 8). LOCKER_CRASH_SEED: repeats a run's choices.
 */
#include "support/patience.h"
#include "support/wire.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKERS 4
#define HELD    4  /* parcels that a worker has in the station */
#define USED    64 /* latest codes that it has picked up with */

static const char *const kinds[] = {"driver desk", "keypad desk", "operator desk", "keeper"};

#define KINDS (sizeof kinds / sizeof kinds[0])

struct worker {
    pthread_t thread;
    struct client *driver;
    struct client *keypad;
    atomic_bool *over;
    struct ticket held[HELD];
    int held_count;
    char used[USED][CODE_SIZE];
    int used_count; /* ever */
    _Atomic int changes;
    _Atomic int failures;
    char complaint[256];
};

static void complain(struct worker *worker, const char *what, const struct value *reply, int error)
{
    const struct value *name = reply ? value_get(reply, "error") : NULL;
    snprintf(worker->complaint, sizeof worker->complaint, "%s: %s (%s)", what,
             name ? value_str(name) : "another answer than expected", strerror(-error));
    worker->failures++;
}

static bool ask(struct worker *worker, struct client *client, struct request *request,
                struct value **reply)
{
    client_new_id(request);
    const int error = client_call(client, request, reply);
    if (error == 0 && value_bool(value_get(*reply, "ok")))
        return true;
    complain(worker, operation_name(request->operation), error == 0 ? *reply : NULL, error);
    if (error == 0)
        value_free(*reply);
    return false;
}

static void deposit(struct worker *worker)
{
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_SMALL};
    struct value *reply;
    if (!ask(worker, worker->driver, &request, &reply))
        return;
    struct ticket *ticket = &worker->held[worker->held_count++];
    snprintf(ticket->compartment, sizeof ticket->compartment, "%s",
             value_str(value_get(reply, "compartment")));
    snprintf(ticket->code, sizeof ticket->code, "%s", value_str(value_get(reply, "code")));
    value_free(reply);
    worker->changes++;
}

static void pickup(struct worker *worker)
{
    struct request request = {.operation = OP_PICKUP};
    struct value *reply;
    const struct ticket ticket = worker->held[0];
    memmove(&worker->held[0], &worker->held[1], (HELD - 1) * sizeof worker->held[0]);
    worker->held_count--;
    memcpy(request.code, ticket.code, sizeof request.code);
    if (!ask(worker, worker->keypad, &request, &reply))
        return;
    if (strcmp(value_str(value_get(reply, "compartment")), ticket.compartment) != 0)
        complain(worker, "another door opened", reply, 0);
    value_free(reply);
    memcpy(worker->used[worker->used_count++ % USED], ticket.code, sizeof ticket.code);
    worker->changes++;
}

static void *work(void *context)
{
    struct worker *worker = context;
    while (!atomic_load(worker->over) && worker->failures == 0) {
        if (worker->held_count < HELD)
            deposit(worker);
        else
            pickup(worker);
    }
    return NULL;
}

static int changes_of(const struct worker workers[WORKERS])
{
    int sum = 0;
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_msg(workers[i].failures == 0, "%s", workers[i].complaint);
        sum += workers[i].changes;
    }
    return sum;
}

/* Let so many changes happen, so that the next kill comes in the middle of work. */
static void await_changes(const struct worker workers[WORKERS], int count)
{
    const int until = changes_of(workers) + count;
    AWAIT(changes_of(workers) >= until);
}

static void start_workers(struct station *station, struct worker workers[WORKERS],
                          atomic_bool *over)
{
    for (int i = 0; i < WORKERS; i++) {
        memset(&workers[i], 0, sizeof workers[i]);
        workers[i].over = over;
        workers[i].driver = wire_client(station, ROLE_DRIVER);
        workers[i].keypad = wire_client(station, ROLE_KEYPAD);
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
}

static void stop_workers(struct worker workers[WORKERS], atomic_bool *over)
{
    atomic_store(over, true);
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
        client_close(workers[i].driver);
        client_close(workers[i].keypad);
    }
    changes_of(workers); /* complains */
}

/* The station against the books: nothing forgotten, nothing too much. */
static void audit(struct station *station, const struct worker workers[WORKERS])
{
    int64_t held = 0;
    for (int i = 0; i < WORKERS; i++) {
        const int known = workers[i].used_count < USED ? workers[i].used_count : USED;
        held += workers[i].held_count;
        for (int k = 0; k < known; k++)
            EXPECT(OUTCOME_CODE_USED, wire_pickup(station, workers[i].used[k]));
    }
    ck_assert_int_eq(wire_status(station, "occupied"), held);
    ck_assert_int_eq(wire_status(station, "sequence"), changes_of(workers));
    for (int i = 0; i < WORKERS; i++)
        for (int k = 0; k < workers[i].held_count; k++)
            wire_expect_pickup(station, &workers[i].held[k]);
    ck_assert_int_eq(wire_status(station, "occupied"), 0);
}

static unsigned number_from_environment(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void kill_something(struct station *station, unsigned choice)
{
    if (choice < KINDS) {
        ck_assert_int_eq(kill(station_process(station, kinds[choice]), SIGKILL), 0);
    } else {
        station_kill(station);
        station_start(station);
    }
}

START_TEST(test_nothing_acknowledged_is_lost_whatever_is_killed_whenever)
{
    static struct worker workers[WORKERS];
    const unsigned rounds = number_from_environment("LOCKER_CRASH_ROUNDS", 8);
    unsigned seed = number_from_environment("LOCKER_CRASH_SEED", (unsigned)getpid());
    struct station station;
    atomic_bool over = false;
    printf("crash: LOCKER_CRASH_SEED=%u, %u rounds\n", seed, rounds);
    fflush(stdout);
    station_begin(&station, "--compartments", "small=30", NULL);
    start_workers(&station, workers, &over);
    for (unsigned round = 0; round < rounds; round++) {
        await_changes(workers, rand_r(&seed) % 40);
        kill_something(&station, (unsigned)rand_r(&seed) % (KINDS + 1));
    }
    await_changes(workers, 10);
    stop_workers(workers, &over);
    audit(&station, workers);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("crash", &tests);
    tcase_set_timeout(tests, 600);
    tcase_add_test(tests, test_nothing_acknowledged_is_lost_whatever_is_killed_whenever);
    return harness_run(suite);
}
