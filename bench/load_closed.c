#include "load_closed.h"

#include "interrupt.h"
#include "stopwatch.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* Pairs before the clock starts: connections made, caches warm. */
#define WARM_UP_PAIRS 20

struct start_line {
    pthread_barrier_t ready;
    pthread_barrier_t go;
    uint64_t deadline_ns; /* set between the two */
};

struct client {
    pthread_t thread;
    const struct load_plan *plan;
    struct start_line *start_line;
    void *link;
    uint64_t answered;
    uint64_t refused;
    int status;
    struct histogram latency;
};

/* One request. The time it was answered, 0 when the client must give up. */
static uint64_t ask(struct client *client, enum load_operation operation, const char *code,
                    struct load_answer *answer)
{
    uint64_t sent_ns = stopwatch_now_ns();
    client->status = client->plan->protocol->ask(client->link, operation, code, answer);
    if (client->status != 0)
        return 0;
    uint64_t now_ns = stopwatch_now_ns();
    bool in_time = now_ns <= client->start_line->deadline_ns;
    if (answer->outcome != OUTCOME_OK) {
        client->refused += in_time;
        return now_ns;
    }
    client->answered += in_time;
    /* Whoever is still waiting at the end may have been waiting all the time. */
    if (sent_ns <= client->start_line->deadline_ns)
        histogram_record(&client->latency, now_ns - sent_ns);
    return now_ns;
}

/* Deposit and pick up. The time then, 0 when the client must give up. */
static uint64_t do_pair(struct client *client)
{
    struct load_answer deposited;
    struct load_answer picked_up;
    uint64_t now_ns = ask(client, LOAD_DEPOSIT, NULL, &deposited);
    if (now_ns == 0 || deposited.outcome != OUTCOME_OK)
        return now_ns;
    return ask(client, LOAD_PICKUP, deposited.code, &picked_up);
}

static void prepare(struct client *client)
{
    const struct load_plan *plan = client->plan;
    client->status = plan->protocol->open(plan->server, plan->size, 0, &client->link);
    for (unsigned i = 0; i < WARM_UP_PAIRS && client->status == 0; i++)
        do_pair(client);
    client->answered = 0;
    client->refused = 0;
    histogram_clear(&client->latency);
}

static void *client_main(void *argument)
{
    struct client *client = argument;
    prepare(client);
    pthread_barrier_wait(&client->start_line->ready);
    pthread_barrier_wait(&client->start_line->go);
    uint64_t now_ns = client->status == 0 ? 1 : 0;
    while (now_ns != 0 && now_ns < client->start_line->deadline_ns && !interrupted())
        now_ns = do_pair(client);
    if (client->link != NULL)
        client->plan->protocol->close(client->link);
    return NULL;
}

static void start_clients(struct client *clients, struct start_line *start_line,
                          const struct load_plan *plan)
{
    for (unsigned i = 0; i < plan->shape.clients; i++) {
        clients[i].plan = plan;
        clients[i].start_line = start_line;
        /* The others would wait for this one for ever: nothing to save here. */
        if (pthread_create(&clients[i].thread, NULL, client_main, &clients[i]) != 0)
            abort();
    }
}

int load_run_closed(const struct load_plan *plan, struct load_round *round)
{
    struct client *clients = calloc(plan->shape.clients, sizeof *clients);
    if (clients == NULL)
        return -ENOMEM;
    struct start_line start_line = {.deadline_ns = UINT64_MAX};
    pthread_barrier_init(&start_line.ready, NULL, plan->shape.clients + 1);
    pthread_barrier_init(&start_line.go, NULL, plan->shape.clients + 1);
    int status = 0;
    start_clients(clients, &start_line, plan);
    pthread_barrier_wait(&start_line.ready);
    uint64_t start_ns = stopwatch_now_ns();
    start_line.deadline_ns = start_ns + (uint64_t)(plan->seconds * 1e9);
    pthread_barrier_wait(&start_line.go);
    for (unsigned i = 0; i < plan->shape.clients; i++) {
        pthread_join(clients[i].thread, NULL);
        round->answered += clients[i].answered;
        round->refused += clients[i].refused;
        histogram_merge(&round->service, &clients[i].latency);
        if (clients[i].status != 0)
            status = clients[i].status;
    }
    pthread_barrier_destroy(&start_line.ready);
    pthread_barrier_destroy(&start_line.go);
    free(clients);
    return status;
}
