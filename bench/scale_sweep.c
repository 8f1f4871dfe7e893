#include "scale_sweep.h"

#include "interrupt.h"
#include "load_client.h"
#include "load_targets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_SIZE    24
#define OPTION_SIZE  40
#define WRITE_WINDOW 256

/* Doors beside what is varied: more than the load ever fills. */
#define DOORS 4096

struct sweep {
    const struct scale_plan *plan;
    enum scale_size size;
    struct load_targets targets;
    struct load_table table;
    char names[LOAD_TARGETS_MAX][NAME_SIZE];
};

static const struct {
    const char *name;
    const char *x_label;
} texts[SCALE_SIZES] = {
    [SCALE_WALL] = {"wall size", "compartments"},       [SCALE_CLIENTS] = {"clients", "clients"},
    [SCALE_TOKENS] = {"live tokens", "parcels inside"}, [SCALE_LEDGER] = {"ledger length", "rows"},
    [SCALE_IDS] = {"remembered ids", "request ids"},
};

static int start_station(struct sweep *sweep, uint64_t value)
{
    struct load_table *table = &sweep->table;
    unsigned at = table->target_count;
    char compartments[OPTION_SIZE];
    char ids[OPTION_SIZE];
    uint64_t doors = sweep->size == SCALE_WALL     ? value
                     : sweep->size == SCALE_TOKENS ? value + DOORS
                                                   : DOORS;
    const char *options[] = {"--code-digits", "9", "--remember-requests", ids, NULL};
    snprintf(compartments, sizeof compartments, "medium=%" PRIu64, doors);
    snprintf(ids, sizeof ids, "%" PRIu64, sweep->size == SCALE_IDS ? value : 262144);
    snprintf(sweep->names[at], NAME_SIZE, "s%" PRIu64, value);
    struct bench_station_plan plan = {.program = sweep->plan->program,
                                      .scratch = sweep->targets.scratch.path,
                                      .name = sweep->names[at],
                                      .compartments = compartments,
                                      .ephemeral = sweep->size != SCALE_LEDGER,
                                      .options = options};
    int status = bench_station_start(&sweep->targets.stations[at], &plan);
    if (status != 0)
        return status;
    table->targets[at] = sweep->names[at];
    table->target_count++;
    return load_server_of(&sweep->targets.servers[at], sweep->targets.stations[at].run_dir);
}

static int start_echo(struct sweep *sweep)
{
    char directory[BENCH_PATH_SIZE];
    snprintf(directory, sizeof directory, "%s/echo-run", sweep->targets.scratch.path);
    if (mkdir(directory, 0700) != 0)
        return -errno;
    int status = load_server_of(&sweep->targets.servers[0], directory);
    return status == 0 ? load_echo_start(&sweep->targets.echo, &sweep->targets.servers[0],
                                         &sweep->targets.servers[1], SIZE_MEDIUM, NULL)
                       : status;
}

/* Bring the station to the size that is varied, by really depositing. */
static int prepare(struct sweep *sweep, unsigned target, uint64_t value)
{
    const struct load_plan plan = {.driver_uri = sweep->targets.servers[target].driver_uri,
                                   .keypad_uri = sweep->targets.servers[target].keypad_uri,
                                   .size = SIZE_MEDIUM};
    progress_show("%s: preparing %" PRIu64, texts[sweep->size].name, value);
    int status = 0;
    if (sweep->size == SCALE_TOKENS)
        status = load_fill(&plan, (uint32_t)value);
    else if (sweep->size == SCALE_LEDGER || sweep->size == SCALE_IDS)
        status = scale_write_rows(sweep->targets.stations[target].run_dir, value);
    return status;
}

int scale_write_rows(const char *run_dir, uint64_t rows)
{
    static struct load_round round;
    struct load_server server;
    int status = load_server_of(&server, run_dir);
    struct load_plan plan = {.driver_uri = server.driver_uri,
                             .keypad_uri = server.keypad_uri,
                             .size = SIZE_MEDIUM,
                             .shape = {.clients = 1, .window = WRITE_WINDOW},
                             .seconds = 86400,
                             .answers = rows};
    if (status == 0)
        status = load_run(&plan, &round);
    if (status != 0)
        fprintf(stderr, "locker-bench: cannot write rows into the ledger of %s: %s\n", run_dir,
                strerror(-status));
    return status;
}

static int set_up(struct sweep *sweep, const uint64_t *values, unsigned count)
{
    bool by_clients = sweep->size == SCALE_CLIENTS;
    struct load_table *table = &sweep->table;
    int status = scratch_make_or_say(&sweep->targets.scratch, sweep->plan->scratch);
    table->targets[table->target_count++] = "echo";
    for (unsigned i = 0; i < (by_clients ? 1 : count) && status == 0; i++)
        status = start_station(sweep, values[i]);
    if (status == 0)
        status = start_echo(sweep);
    for (unsigned i = 1; i < table->target_count && status == 0 && !by_clients; i++)
        status = prepare(sweep, i, values[i - 1]);
    table->seconds = sweep->plan->seconds;
    for (unsigned i = 0; i < (by_clients ? count : 1); i++)
        table->shapes[table->shape_count++] =
            (struct load_shape){.clients = by_clients ? (unsigned)values[i] : sweep->plan->clients};
    return status;
}

static void take_results(const struct sweep *sweep, const uint64_t *values, unsigned count,
                         struct scale_curve *curve)
{
    bool by_clients = sweep->size == SCALE_CLIENTS;
    const struct load_table *table = &sweep->table;
    *curve = (struct scale_curve){.name = texts[sweep->size].name,
                                  .x_label = texts[sweep->size].x_label,
                                  .y_label = "cost of a request, in the echo's",
                                  .lines = {sweep->size == SCALE_LEDGER ? "durable" : "ephemeral"},
                                  .line_count = 1,
                                  .first_style = sweep->size == SCALE_LEDGER ? 2 : 1,
                                  .point_count = count,
                                  .rounds = table->rounds};
    for (unsigned i = 0; i < count; i++) {
        unsigned shape = by_clients ? i : 0;
        const struct load_cell *station = table->cells[by_clients ? 1 : i + 1][shape];
        curve->x[i] = (double)values[i];
        ratios_of(table->cells[0][shape]->per_second, station->per_second, table->rounds,
                  curve->y[0][i]);
    }
}

int scale_sweep(const struct scale_plan *plan, enum scale_size size, const uint64_t *values,
                unsigned count, struct scale_curve *curve)
{
    struct sweep sweep = {.plan = plan, .size = size};
    int status = set_up(&sweep, values, count);
    if (status == 0)
        status = load_measure(&sweep.table, sweep.targets.servers, SIZE_MEDIUM, plan->rounds);
    progress_show(NULL);
    if (status == 0 && sweep.table.rounds > 0)
        take_results(&sweep, values, count, curve);
    int stopped = load_targets_stop(&sweep.targets);
    load_table_free(&sweep.table);
    return status == 0 ? stopped : status;
}
