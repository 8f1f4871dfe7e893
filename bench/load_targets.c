#include "load_targets.h"

#include "echo.h"
#include "load_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int load_server_of(struct load_server *server, const char *run_dir)
{
    int status = endpoint_uri(run_dir, ROLE_DRIVER, server->driver_uri);
    return status == 0 ? endpoint_uri(run_dir, ROLE_KEYPAD, server->keypad_uri) : status;
}

static int add_target(struct load_targets *targets, struct load_table *table, const char *name,
                      const char *note, const char *run_dir)
{
    unsigned at = table->target_count++;
    table->targets[at] = name;
    table->notes[at] = note;
    int status = load_server_of(&targets->servers[at], run_dir);
    if (status != 0)
        fprintf(stderr, "locker-bench: %s: %s\n", run_dir, strerror(-status));
    return status;
}

static int add_station(struct load_targets *targets, const struct load_targets_plan *plan,
                       struct load_table *table, bool ephemeral)
{
    /* With six, a wall of the default size would be warned that its codes can be guessed. */
    static const char *const options[] = {"--code-digits", "7", NULL};
    struct bench_station_plan station = {.program = plan->program,
                                         .scratch = targets->scratch.path,
                                         .name = ephemeral ? "ephemeral" : "durable",
                                         .compartments = plan->compartments,
                                         .options = plan->options != NULL ? plan->options : options,
                                         .ephemeral = ephemeral};
    struct bench_station *started = &targets->stations[table->target_count];
    int status = bench_station_start(started, &station);
    return status == 0 ? add_target(targets, table, station.name,
                                    ephemeral ? "exactly once, survives kill -9"
                                              : "exactly once, on disk before the reply",
                                    started->run_dir)
                       : status;
}

int load_echo_start(struct child *echo, const struct load_server servers[2], enum parcel_size size)
{
    struct load_plan plan = {
        .driver_uri = servers[1].driver_uri, .keypad_uri = servers[1].keypad_uri, .size = size};
    struct load_sample sample;
    int status = load_take_sample(&plan, &sample);
    if (status != 0) {
        fprintf(stderr, "locker-bench: %s does not deposit and pick up a %s parcel: %s\n",
                servers[1].driver_uri, size_name(size),
                status == -EPROTO ? "refused" : strerror(-status));
        return status;
    }
    char program[CHILD_PATH_SIZE];
    char deposit[2 * ECHO_REPLY_MAX + 16];
    char pickup[2 * ECHO_REPLY_MAX + 16];
    echo_reply_text(sample.deposit_size, sample.deposit_reply, sample.deposit_reply_size, deposit,
                    sizeof deposit);
    echo_reply_text(sample.pickup_size, sample.pickup_reply, sample.pickup_reply_size, pickup,
                    sizeof pickup);
    status = child_sibling("locker-bench", program, sizeof program);
    const char *arguments[] = {program,   "echo",
                               "--bind",  servers[0].driver_uri,
                               "--bind",  servers[0].keypad_uri,
                               "--reply", deposit,
                               "--reply", pickup,
                               NULL};
    if (status == 0)
        status = child_start(echo, arguments, NULL, 5000);
    if (status != 0)
        fprintf(stderr, "locker-bench: the echo server did not start: %s\n", strerror(-status));
    return status;
}

int load_targets_start(struct load_targets *targets, const struct load_targets_plan *plan,
                       struct load_table *table)
{
    int status = scratch_make_or_say(&targets->scratch, plan->scratch);
    if (status != 0)
        return status;
    char echo_dir[BENCH_PATH_SIZE];
    snprintf(echo_dir, sizeof echo_dir, "%s/echo-run", targets->scratch.path);
    status = mkdir(echo_dir, 0700) != 0
                 ? -errno
                 : add_target(targets, table, "echo", "none: the bare transport", echo_dir);
    if (status == 0 && plan->run_dir != NULL)
        status = add_target(targets, table, "station", NULL, plan->run_dir);
    if (status == 0 && plan->run_dir == NULL && plan->ephemeral)
        status = add_station(targets, plan, table, true);
    if (status == 0 && plan->run_dir == NULL && plan->durable)
        status = add_station(targets, plan, table, false);
    return status == 0 ? load_echo_start(&targets->echo, targets->servers, plan->size) : status;
}

int load_targets_stop(struct load_targets *targets)
{
    int status = child_stop(&targets->echo);
    for (unsigned i = 0; i < LOAD_TARGETS_MAX; i++) {
        int one = bench_station_stop(&targets->stations[i]);
        if (one != 0)
            status = one;
    }
    scratch_remove(&targets->scratch);
    return status;
}
