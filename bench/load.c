#include "load.h"

#include "bench_station.h"
#include "echo.h"
#include "endpoint.h"
#include "interrupt.h"
#include "load_client.h"
#include "load_report.h"
#include "scratch.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

const char load_help[] =
    "  --clients LIST       REQ clients, closed loop (1,8,32; 0: none)\n"
    "  --windows LIST       requests out at a time of one pipelining DEALER (64,256; 0: none)\n"
    "  --rounds N           interleaved rounds (5)\n"
    "  --seconds S          of each round of each cell (0.5)\n"
    "  --stations LIST      which to start: ephemeral,durable (both)\n"
    "  --compartments LIST  their wall (medium=1024); all deposits ask for its first size\n"
    "  --run DIR            load the station that runs there instead\n"
    "  --station FILE       the program to start (locker-station beside this one)\n"
    "  --scratch DIR        where directories are made and removed ($TMPDIR, else /tmp); the\n"
    "                       durable station's ledger is written there: mind which disk it is\n"
    "  --hgrm DIR           also write each cell's latency distribution there\n"
    "  --plot               also draw the ratios\n"
    "  --json               one JSON object instead of the table\n"
    "\n"
    "The echo is a bare ROUTER in a process of its own, answering as many bytes to the same\n"
    "requests: what libzmq costs on this machine at this moment. Ctrl-C prints what there is.\n"
    "\n"
    "Examples: locker-bench load\n"
    "          locker-bench load --clients 32 --windows 0 --stations durable --rounds 9\n"
    "          locker-bench load --run /run/locker --json\n";

struct target {
    char run_dir[CHILD_PATH_SIZE];
    char driver_uri[ENDPOINT_URI_SIZE];
    char keypad_uri[ENDPOINT_URI_SIZE];
    struct bench_station station; /* when started here */
};

struct load {
    struct load_table table;
    struct target targets[LOAD_TARGETS_MAX];
    struct child echo;
    struct scratch scratch;
    uint32_t doors[SIZE_COUNT];
    enum parcel_size size;
    const char *compartments;
    const char *run_dir; /* --run */
    const char *program;
    const char *scratch_parent;
    const char *hgrm_dir;
    uint64_t rounds;
    bool ephemeral, durable;
    bool json, plot;
};

static bool read_shapes(struct load *load, const char *option, const char *text, bool windows)
{
    uint64_t values[LOAD_SHAPES_MAX / 2];
    unsigned count = strcmp(text, "0") == 0
                         ? 0
                         : argument_list(option, text, 1, 4096, values, LOAD_SHAPES_MAX / 2);
    if (count == 0 && strcmp(text, "0") != 0)
        return false;
    struct load_table *table = &load->table;
    for (unsigned i = 0; i < count; i++)
        table->shapes[table->shape_count++] =
            windows ? (struct load_shape){.clients = 1, .window = (unsigned)values[i]}
                    : (struct load_shape){.clients = (unsigned)values[i]};
    return true;
}

static bool read_stations(struct load *load, const char *text)
{
    load->ephemeral = strcmp(text, "durable") != 0;
    load->durable = strcmp(text, "ephemeral") != 0;
    if (!load->ephemeral || !load->durable || strcmp(text, "ephemeral,durable") == 0)
        return true;
    fprintf(stderr,
            "locker-bench: --stations \"%s\": give ephemeral, durable or ephemeral,durable\n",
            text);
    return false;
}

static bool read_option(struct load *load, int option, const char **clients, const char **windows)
{
    switch (option) {
    case 'c':
        *clients = optarg;
        return true;
    case 'w':
        *windows = optarg;
        return true;
    case 'r':
        return argument_count("--rounds", optarg, 1, LOAD_ROUNDS_MAX, &load->rounds);
    case 's':
        return argument_number("--seconds", optarg, 0.01, 3600, &load->table.seconds);
    case 'S':
        return read_stations(load, optarg);
    case 'C':
        load->compartments = optarg;
        return argument_doors("--compartments", optarg, load->doors);
    case 'R':
        load->run_dir = optarg;
        return true;
    case 'P':
        load->program = optarg;
        return true;
    case 'T':
        load->scratch_parent = optarg;
        return true;
    case 'h':
        load->hgrm_dir = optarg;
        return true;
    case 'p':
        load->plot = true;
        return true;
    case 'j':
        load->json = true;
        return true;
    default:
        return false;
    }
}

static bool read_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {{"clients", required_argument, NULL, 'c'},
                                            {"windows", required_argument, NULL, 'w'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"stations", required_argument, NULL, 'S'},
                                            {"compartments", required_argument, NULL, 'C'},
                                            {"run", required_argument, NULL, 'R'},
                                            {"station", required_argument, NULL, 'P'},
                                            {"scratch", required_argument, NULL, 'T'},
                                            {"hgrm", required_argument, NULL, 'h'},
                                            {"plot", no_argument, NULL, 'p'},
                                            {"json", no_argument, NULL, 'j'},
                                            {0}};
    const char *clients = "1,8,32";
    const char *windows = "64,256";
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!read_option(load, option, &clients, &windows))
            return false;
    if (optind < argc) {
        fprintf(stderr, "locker-bench: \"%s\" is one argument too many\n", argv[optind]);
        return false;
    }
    if (!read_shapes(load, "--clients", clients, false) ||
        !read_shapes(load, "--windows", windows, true))
        return false;
    if (load->table.shape_count == 0)
        fputs("locker-bench: --clients 0 and --windows 0 leave nothing to do\n", stderr);
    while (load->doors[load->size] == 0)
        load->size++;
    return load->table.shape_count > 0;
}

/* ---- targets --------------------------------------------------------------------------- */

static int set_endpoints(struct target *target)
{
    int status = endpoint_uri(target->run_dir, ROLE_DRIVER, target->driver_uri);
    return status == 0 ? endpoint_uri(target->run_dir, ROLE_KEYPAD, target->keypad_uri) : status;
}

static int add_target(struct load *load, const char *name, const char *run_dir)
{
    struct target *target = &load->targets[load->table.target_count];
    load->table.targets[load->table.target_count++] = name;
    snprintf(target->run_dir, sizeof target->run_dir, "%s", run_dir);
    int status = set_endpoints(target);
    if (status != 0)
        fprintf(stderr, "locker-bench: %s: %s\n", run_dir, strerror(-status));
    return status;
}

static int add_station(struct load *load, const char *name, bool ephemeral)
{
    struct bench_station_plan plan = {.program = load->program,
                                      .scratch = load->scratch.path,
                                      .name = name,
                                      .compartments = load->compartments,
                                      .ephemeral = ephemeral};
    struct bench_station *station = &load->targets[load->table.target_count].station;
    int status = bench_station_start(station, &plan);
    return status == 0 ? add_target(load, name, station->run_dir) : status;
}

static struct load_plan plan_for(const struct load *load, unsigned target)
{
    return (struct load_plan){.driver_uri = load->targets[target].driver_uri,
                              .keypad_uri = load->targets[target].keypad_uri,
                              .size = load->size,
                              .seconds = load->table.seconds};
}

/* The echo answers what the first station has answered to the same requests. */
static int start_echo(struct load *load)
{
    struct load_plan plan = plan_for(load, 1);
    struct load_sample sample;
    int status = load_take_sample(&plan, &sample);
    if (status != 0) {
        fprintf(stderr, "locker-bench: %s does not deposit and pick up a %s parcel: %s\n",
                load->targets[1].run_dir, size_name(load->size),
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
                               "--bind",  load->targets[0].driver_uri,
                               "--bind",  load->targets[0].keypad_uri,
                               "--reply", deposit,
                               "--reply", pickup,
                               NULL};
    if (status == 0)
        status = child_start(&load->echo, arguments, 5000);
    if (status != 0)
        fprintf(stderr, "locker-bench: the echo server did not start: %s\n", strerror(-status));
    return status;
}

static int start_targets(struct load *load)
{
    int status = scratch_make(&load->scratch, load->scratch_parent);
    if (status != 0) {
        fprintf(stderr,
                "locker-bench: cannot make a directory: %s (name a writable place with a short "
                "path with --scratch)\n",
                strerror(-status));
        return status;
    }
    char echo_dir[BENCH_PATH_SIZE];
    snprintf(echo_dir, sizeof echo_dir, "%s/echo-run", load->scratch.path);
    status = mkdir(echo_dir, 0700) != 0 ? -errno : add_target(load, "echo", echo_dir);
    if (status == 0 && load->run_dir != NULL)
        status = add_target(load, "station", load->run_dir);
    if (status == 0 && load->run_dir == NULL && load->ephemeral)
        status = add_station(load, "ephemeral", true);
    if (status == 0 && load->run_dir == NULL && load->durable)
        status = add_station(load, "durable", false);
    return status == 0 ? start_echo(load) : status;
}

static int stop_targets(struct load *load)
{
    int status = child_stop(&load->echo);
    for (unsigned i = 0; i < LOAD_TARGETS_MAX; i++) {
        int one = bench_station_stop(&load->targets[i].station);
        if (one != 0)
            status = one;
    }
    scratch_remove(&load->scratch);
    return status;
}

/* ---- measuring ------------------------------------------------------------------------- */

static int make_cells(struct load_table *table)
{
    for (unsigned target = 0; target < table->target_count; target++) {
        for (unsigned shape = 0; shape < table->shape_count; shape++) {
            struct load_cell *cell = calloc(1, sizeof *cell);
            if (cell == NULL)
                return -ENOMEM;
            histogram_clear(&cell->latency);
            table->cells[target][shape] = cell;
        }
    }
    return 0;
}

static int measure_cell(struct load *load, unsigned target, unsigned shape, unsigned round)
{
    struct load_table *table = &load->table;
    struct load_cell *cell = table->cells[target][shape];
    struct load_plan plan = plan_for(load, target);
    plan.clients = table->shapes[shape].clients;
    plan.window = table->shapes[shape].window;
    progress_show("round %u of %u: %s, %u %s", round + 1, (unsigned)load->rounds,
                  table->targets[target], plan.window > 0 ? plan.window : plan.clients,
                  plan.window > 0     ? "pipelined"
                  : plan.clients == 1 ? "client"
                                      : "clients");
    struct load_result result = {.latency = &cell->latency};
    int status = load_run(&plan, &result);
    if (status != 0) {
        progress_show(NULL);
        fprintf(stderr, "locker-bench: the %s gave no proper answer: %s\n", table->targets[target],
                strerror(-status));
    }
    cell->per_second[round] = (double)result.answered / result.seconds;
    cell->refused += result.refused;
    return status;
}

static int measure_round(struct load *load, unsigned round)
{
    struct load_table *table = &load->table;
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        for (unsigned i = 0; i < table->target_count; i++) {
            /* Nobody is always the first: what one leaves behind (heat, dirty pages) is shared. */
            int status = measure_cell(load, (i + round) % table->target_count, shape, round);
            if (status != 0)
                return status;
            if (interrupted())
                return 0;
        }
    }
    table->rounds++;
    return 0;
}

static int measure(struct load *load)
{
    int status = make_cells(&load->table);
    for (unsigned round = 0; round < load->rounds && status == 0 && !interrupted(); round++)
        status = measure_round(load, round);
    progress_show(NULL);
    return status;
}

/* ---- results --------------------------------------------------------------------------- */

static int write_distributions(const struct load *load)
{
    const struct load_table *table = &load->table;
    for (unsigned target = 0; target < table->target_count; target++) {
        for (unsigned shape = 0; shape < table->shape_count; shape++) {
            char path[CHILD_PATH_SIZE];
            const struct load_shape *how = &table->shapes[shape];
            snprintf(path, sizeof path, "%s/%s-%s-%u.hgrm", load->hgrm_dir, table->targets[target],
                     how->window > 0 ? "window" : "clients",
                     how->window > 0 ? how->window : how->clients);
            FILE *file = fopen(path, "we");
            int status = file == NULL ? -errno
                                      : histogram_write_hgrm(&table->cells[target][shape]->latency,
                                                             1000, file);
            if (file != NULL && fclose(file) != 0)
                status = -errno;
            if (status != 0) {
                fprintf(stderr, "locker-bench: cannot write %s: %s\n", path, strerror(-status));
                return status;
            }
        }
    }
    return 0;
}

static int report(const struct load *load)
{
    if (load->table.rounds == 0) {
        fputs("locker-bench: no round was completed\n", stderr);
        return EXIT_REFUSED;
    }
    if (load->json && load_print_json(&load->table, stdout) != 0)
        return arguments_flush_stdout();
    if (!load->json)
        load_print(&load->table, stdout);
    if (!load->json && load->plot)
        load_plot(&load->table, stdout);
    int result = arguments_flush_stdout();
    if (load->hgrm_dir != NULL && write_distributions(load) != 0)
        result = EXIT_REFUSED;
    return result;
}

int load_command(const struct subcommand *self, int argc, char **argv)
{
    struct load load = {.doors = {[SIZE_MEDIUM] = 1024},
                        .compartments = "medium=1024",
                        .rounds = 5,
                        .ephemeral = true,
                        .durable = true,
                        .table = {.seconds = 0.5}};
    if (!read_options(&load, argc, argv))
        return subcommand_usage(self);
    interrupt_watch();
    int status = start_targets(&load);
    if (status == 0)
        status = measure(&load);
    int result = status != 0 ? EXIT_UNREACHED : EXIT_DONE;
    if (status == 0)
        result = report(&load);
    if (stop_targets(&load) != 0 && result == EXIT_DONE)
        result = EXIT_REFUSED;
    for (unsigned target = 0; target < LOAD_TARGETS_MAX; target++)
        for (unsigned shape = 0; shape < LOAD_SHAPES_MAX; shape++)
            free(load.table.cells[target][shape]);
    return result;
}
