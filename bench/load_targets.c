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

bool load_targets_choose(struct load_targets_plan *plan, const char *text)
{
    plan->ephemeral = strcmp(text, "durable") != 0;
    plan->durable = strcmp(text, "ephemeral") != 0;
    if (!plan->ephemeral || !plan->durable || strcmp(text, "ephemeral,durable") == 0)
        return true;
    fprintf(stderr,
            "locker-bench: --stations \"%s\": give ephemeral, durable or ephemeral,durable\n",
            text);
    return false;
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

int load_echo_start(struct child *echo, const struct load_server *at,
                    const struct load_server *model, enum parcel_size size, const char *flush)
{
    struct load_plan plan = {
        .driver_uri = model->driver_uri, .keypad_uri = model->keypad_uri, .size = size};
    struct load_sample sample;
    int status = load_take_sample(&plan, &sample);
    if (status != 0) {
        fprintf(stderr, "locker-bench: %s does not deposit and pick up a %s parcel: %s\n",
                model->driver_uri, size_name(size),
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
    const char *arguments[] = {program,
                               "echo",
                               "--bind",
                               at->driver_uri,
                               "--bind",
                               at->keypad_uri,
                               "--reply",
                               deposit,
                               "--reply",
                               pickup,
                               flush != NULL ? "--flush" : NULL,
                               flush,
                               NULL};
    if (status == 0)
        status = child_start(echo, arguments, NULL, 5000);
    if (status != 0)
        fprintf(stderr, "locker-bench: the echo server did not start: %s\n", strerror(-status));
    return status;
}

static int add_echo(struct load_targets *targets, struct load_table *table, const char *name,
                    const char *note)
{
    char directory[BENCH_PATH_SIZE];
    const int length =
        snprintf(directory, sizeof directory, "%s/%s-run", targets->scratch.path, name);
    if (length < 0 || (size_t)length >= sizeof directory)
        return -ENAMETOOLONG;
    return mkdir(directory, 0700) != 0 ? -errno : add_target(targets, table, name, note, directory);
}

static int add_flushing_echo(struct load_targets *targets, const struct load_targets_plan *plan,
                             struct load_table *table)
{
    const unsigned at = table->target_count;
    char path[BENCH_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/flushed", targets->scratch.path);
    const int status = add_echo(targets, table, "echo+flush", "one bare flush before the reply");
    return status == 0 ? load_echo_start(&targets->flushing_echo, &targets->servers[at],
                                         &targets->servers[1], plan->size, path)
                       : status;
}

int load_targets_start(struct load_targets *targets, const struct load_targets_plan *plan,
                       struct load_table *table)
{
    int status = plan->run_dir != NULL ? bench_station_find(plan->run_dir) : 0;
    if (status == 0)
        status = scratch_make_or_say(&targets->scratch, plan->scratch);
    if (status == 0)
        status = add_echo(targets, table, "echo", "none: the bare transport");
    if (status == 0 && plan->run_dir != NULL)
        status = add_target(targets, table, "station", NULL, plan->run_dir);
    if (status == 0 && plan->run_dir == NULL && plan->ephemeral)
        status = add_station(targets, plan, table, true);
    if (status == 0 && plan->run_dir == NULL && plan->durable)
        status = add_station(targets, plan, table, false);
    if (status == 0)
        status = load_echo_start(&targets->echo, &targets->servers[0], &targets->servers[1],
                                 plan->size, NULL);
    return status == 0 && plan->flushing_echo ? add_flushing_echo(targets, plan, table) : status;
}

int load_targets_stop(struct load_targets *targets)
{
    int status = child_stop(&targets->echo);
    if (child_stop(&targets->flushing_echo) != 0)
        status = -ECHILD;
    for (unsigned i = 0; i < LOAD_TARGETS_MAX; i++) {
        int one = bench_station_stop(&targets->stations[i]);
        if (one != 0)
            status = one;
    }
    scratch_remove(&targets->scratch);
    return status;
}
