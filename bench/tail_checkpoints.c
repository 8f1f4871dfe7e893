#include "tail_experiments.h"

#include "interrupt.h"
#include "load_client.h"
#include "load_targets.h"
#include "percentiles.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LOOK_MS 20

/* The echoes show what the machine itself and its disk do to the tail; it needs no minute for that.
 */
#define ECHO_SHARE 0.2

/* As load_targets_start() adds them when only the durable station is started. */
enum { ECHO, DURABLE, FLUSHING_ECHO };

/* Counts how often a file is replaced. */
struct watch {
    pthread_t thread;
    char path[BENCH_PATH_SIZE + 32];
    atomic_bool ending;
    unsigned replaced;
};

static void *watch_main(void *argument)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    struct watch *watch = argument;
    struct stat status;
    ino_t last = stat(watch->path, &status) == 0 ? status.st_ino : 0;
    while (!atomic_load(&watch->ending)) {
        nanosleep(&pause, NULL);
        if (stat(watch->path, &status) != 0 || status.st_ino == last)
            continue;
        last = status.st_ino;
        watch->replaced++;
    }
    return NULL;
}

/* Of a stretch that was interrupted before its first answer there is nothing to tell. */
static int add_results(struct measures *measures, const char *server,
                       const struct load_round *round)
{
    if (round->service.count == 0)
        return 0;
    struct histogram *curve = measures_curve(measures, server);
    histogram_merge(curve, &round->service);
    double p50 = (double)histogram_percentile(&round->service, 50) / 1000;
    double p999 = (double)histogram_percentile(&round->service, 99.9) / 1000;
    char name[SAMPLE_NAME_SIZE];
    snprintf(name, sizeof name, "%s: p50, us", server);
    int status = measures_add(measures, name, false, p50);
    snprintf(name, sizeof name, "%s: p99.9, us", server);
    if (status == 0)
        status = measures_add(measures, name, false, p999);
    snprintf(name, sizeof name, "%s: p99.9 to p50", server);
    return status == 0 ? measures_add(measures, name, false, p999 / p50) : status;
}

static int run(const struct tail_plan *plan, const struct load_server *server, double seconds,
               struct load_round *round)
{
    const struct load_plan load = {.driver_uri = server->driver_uri,
                                   .keypad_uri = server->keypad_uri,
                                   .size = SIZE_MEDIUM,
                                   .shape = {.clients = plan->clients},
                                   .seconds = seconds};
    return load_run(&load, round);
}

static int measure_echo(const struct tail_plan *plan, const struct load_server *server,
                        const char *name, struct measures *measures)
{
    static struct load_round round;
    progress_show("checkpoints: the %s", name);
    const int status = run(plan, server, plan->seconds * ECHO_SHARE, &round);
    return status == 0 ? add_results(measures, name, &round) : status;
}

static int measure(const struct tail_plan *plan, const struct load_targets *targets,
                   struct measures *measures)
{
    static struct load_round round;
    struct watch watch = {.replaced = 0};
    snprintf(watch.path, sizeof watch.path, "%s/durable-data/checkpoint", targets->scratch.path);
    int status = measure_echo(plan, &targets->servers[ECHO], "echo", measures);
    if (status == 0)
        status = measure_echo(plan, &targets->servers[FLUSHING_ECHO], "echo+flush", measures);
    if (status != 0)
        return status;
    progress_show("checkpoints: %g s of load", plan->seconds);
    status = -pthread_create(&watch.thread, NULL, watch_main, &watch);
    if (status != 0)
        return status;
    status = run(plan, &targets->servers[DURABLE], plan->seconds, &round);
    atomic_store(&watch.ending, true);
    pthread_join(watch.thread, NULL);
    if (status == 0)
        status = add_results(measures, "checkpoints", &round);
    if (status == 0 && !interrupted())
        status =
            measures_add_count(measures, "checkpoints written meanwhile", false, watch.replaced);
    return status;
}

int tail_checkpoints(const struct tail_plan *plan, struct measures *measures)
{
    struct load_table table = {.target_count = 0};
    struct load_targets targets = {.echo = {.pid = 0}};
    const struct load_targets_plan targets_plan = {.durable = true,
                                                   .flushing_echo = true,
                                                   .compartments = "medium=1024",
                                                   .program = plan->program,
                                                   .scratch = plan->scratch,
                                                   .size = SIZE_MEDIUM};
    int status = load_targets_start(&targets, &targets_plan, &table);
    if (status == 0) {
        status = measure(plan, &targets, measures);
        progress_show(NULL);
        if (status != 0)
            fprintf(stderr, "locker-bench: the load gave no proper answer: %s\n",
                    strerror(-status));
    }
    int stopped = load_targets_stop(&targets);
    return status == 0 ? stopped : status;
}
