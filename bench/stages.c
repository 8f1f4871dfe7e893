#include "stages.h"

#include "interrupt.h"
#include "load_client.h"
#include "load_options.h"
#include "load_targets.h"
#include "load_zmq.h"
#include "stages_table.h"
#include "station_processes.h"
#include "timed_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

const char stages_help[] =
    "  --stations LIST      which to start: ephemeral,durable (both)\n"
    "  --clients LIST       REQ clients, closed loop (1,8,32; 0: none)\n"
    "  --windows LIST       requests out at a time of one pipelining DEALER (256; 0: none)\n"
    "  --rounds N           each with stations of its own; medians are given (3)\n"
    "  --seconds S          of each round of each cell (1)\n"
    "  --station FILE       the program to start (locker-station beside this one)\n"
    "  --scratch DIR        where directories are made and removed ($TMPDIR, else "
    "/tmp)\n" OUTPUT_FORMS_HELP OUTPUT_COMPARE_HELP QUIET_HELP "\n"
    "The station has to be a traced build, which counts the time of each stage; this one is when\n"
    "it was built so, by `make traced`, or where the packages are:\n"
    "    cmake --preset traced && cmake --build --preset traced\n"
    "    build/traced/bin/locker-bench stages\n"
    "Clients deposit and pick up in turn. Transport is what the round trip of a deposit takes\n"
    "besides the time between its receipt and its answer at the desk: libzmq at both ends, the\n"
    "kernel, and the waits of its threads and of the client for a processor.\n"
    "\n"
    "Examples: locker-bench stages\n"
    "          locker-bench stages --stations durable --clients 1 --windows 0 --seconds 5\n"
    "          locker-bench stages --station build/traced/bin/locker-station --json\n";

/* The load is given by load_options; a wall as wide as locker-bench load's. */
#define WALL "medium=1024"

struct stages_options {
    struct load_targets_plan plan;
    struct load_options how;
    struct load_table shapes; /* of it only the shapes and the seconds */
    struct output_options output;
};

/* ---- one round of one cell ----------------------------------------------------------------- */

static FILE *open_accounts(const struct bench_station *station)
{
    char path[BENCH_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/stages.csv", station->run_dir);
    return fopen(path, "re");
}

/* Load a server, and take the time of its deposits. 0 or -errno. */
static int run_trip(const struct stages_options *options, const struct load_server *server,
                    const struct load_shape *shape, struct stages_trip *trip)
{
    static struct load_round round;
    static struct timed_server timed;
    struct load_zmq_server inner = {.context = zmq_ctx_new(),
                                    .driver_uri = server->driver_uri,
                                    .keypad_uri = server->keypad_uri};
    if (inner.context == NULL)
        return -errno;
    timed_server_begin(&timed, &load_zmq, &inner);
    const struct load_plan plan = {.protocol = &timed_link,
                                   .server = &timed,
                                   .size = options->plan.size,
                                   .shape = *shape,
                                   .seconds = options->shapes.seconds};
    int status = load_run(&plan, &round);
    zmq_ctx_term(inner.context);
    if (status == 0 && timed.deposits.count == 0)
        status = -ENODATA;
    if (status == 0)
        *trip = (struct stages_trip){
            .per_second = (double)round.answered / round.seconds,
            .mean_ns = (double)timed.sum_ns / (double)timed.deposits.count,
            .p50_ns = (double)histogram_percentile(&timed.deposits, 50),
            .p99_ns = (double)histogram_percentile(&timed.deposits, 99),
        };
    timed_server_end(&timed);
    return status;
}

/* The station has ended, and given its accounts. */
static int read_accounts(const struct bench_station *station, struct stages_cell *cell)
{
    FILE *file = open_accounts(station);
    int status = file == NULL ? -errno : stages_read(cell, file);
    if (file != NULL)
        fclose(file);
    if (status != 0)
        fprintf(stderr, "locker-bench: the accounts of the traced station cannot be read: %s\n",
                strerror(-status));
    return status;
}

/* Ours: the client's, with those of its threads that have ended. */
static double own_processor_ns(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec * 1e9 + (double)spent.tv_nsec;
}

/* Processor time so far of the processes that stages_processes names, ns. 0 or -errno. */
static int processors_now(const struct bench_station *station, double now_ns[STAGES_PROCESSES])
{
    int status = 0;
    now_ns[STAGES_CLIENT] = own_processor_ns();
    for (unsigned process = 0; process < STAGES_CLIENT && status == 0; process++) {
        struct process_usage usage = {.cpu_ns = 0};
        const pid_t pid = station_process(station->child.pid, stages_processes[process]);
        status = pid == 0 ? -ESRCH : process_usage(pid, &usage);
        now_ns[process] = (double)usage.cpu_ns;
    }
    return status;
}

static int measure_station(const struct stages_options *options, struct load_targets *targets,
                           struct stages_cell *cell)
{
    struct stages_trip *trip = &cell->trips[cell->rounds];
    double before_ns[STAGES_PROCESSES];
    double after_ns[STAGES_PROCESSES];
    int status = processors_now(&targets->stations[1], before_ns);
    if (status == 0)
        status = run_trip(options, &targets->servers[1], &cell->shape, trip);
    if (status == 0)
        status = processors_now(&targets->stations[1], after_ns);
    for (unsigned process = 0; process < STAGES_PROCESSES && status == 0; process++)
        cell->processor_ns[process][cell->rounds] =
            (after_ns[process] - before_ns[process]) / (trip->per_second * options->shapes.seconds);
    return status;
}

/* The echo when the station is gone: its sleep meanwhile would stand in its accounts. */
static int measure_trips(const struct stages_options *options, struct load_targets *targets,
                         struct stages_cell *cell)
{
    int status = measure_station(options, targets, cell);
    const int stopped = bench_station_stop(&targets->stations[1]);
    if (status == 0)
        status = run_trip(options, &targets->servers[0], &cell->shape, &cell->echo[cell->rounds]);
    if (status != 0)
        fprintf(stderr, "locker-bench: the load gave no proper answer: %s\n", strerror(-status));
    return status == 0 ? stopped : status;
}

/* -ENOTSUP, after a message: the station is no traced build. */
static int ensure_traced(const struct bench_station *station)
{
    FILE *file = open_accounts(station);
    if (file != NULL)
        return fclose(file) == 0 ? 0 : -errno;
    fputs("locker-bench: this station does not count its stages; build one that does:\n"
          "    cmake --preset traced && cmake --build --preset traced\n"
          "and run build/traced/bin/locker-bench stages, or name it with --station\n",
          stderr);
    return -ENOTSUP;
}

static int measure_round(const struct stages_options *options, struct stages_cell *cell)
{
    struct load_table table = {.target_count = 0};
    struct load_targets targets = {.echo = {.pid = 0}};
    struct load_targets_plan plan = options->plan;
    plan.durable = strcmp(cell->station, "durable") == 0;
    plan.ephemeral = !plan.durable;
    int status = load_targets_start(&targets, &plan, &table);
    if (status == 0)
        status = ensure_traced(&targets.stations[1]);
    if (status == 0)
        status = measure_trips(options, &targets, cell);
    if (status == 0 && !interrupted())
        status = read_accounts(&targets.stations[1], cell);
    int stopped = load_targets_stop(&targets);
    if (status == 0 && !interrupted())
        cell->rounds++;
    return status == 0 ? stopped : status;
}

/* ---- all of them --------------------------------------------------------------------------- */

static int make_cells(const struct stages_options *options, struct stages_table *table)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        if (kind == 0 ? !options->plan.ephemeral : !options->plan.durable)
            continue;
        for (unsigned shape = 0; shape < options->shapes.shape_count; shape++) {
            struct stages_cell *cell = stages_table_add(table);
            if (cell == NULL)
                return -ENOMEM;
            cell->station = kind == 0 ? "ephemeral" : "durable";
            cell->shape = options->shapes.shapes[shape];
        }
    }
    return 0;
}

static int measure(const struct stages_options *options, struct stages_table *table)
{
    int status = make_cells(options, table);
    for (unsigned round = 0; round < options->how.rounds && status == 0; round++) {
        for (unsigned i = 0; i < table->cell_count && status == 0 && !interrupted(); i++) {
            char shape[LOAD_SHAPE_TEXT_SIZE];
            load_shape_text(&table->cells[i]->shape, shape);
            progress_show("round %u of %u: %s, %s", round + 1, (unsigned)options->how.rounds,
                          table->cells[i]->station, shape);
            status = measure_round(options, table->cells[i]);
        }
    }
    progress_show(NULL);
    return status;
}

/* ---- options ------------------------------------------------------------------------------- */

static bool read_option(void *context, int option)
{
    struct stages_options *options = context;
    switch (option) {
    case 'S':
        return load_targets_choose(&options->plan, optarg);
    case 'P':
        options->plan.program = optarg;
        return true;
    case 'T':
        options->plan.scratch = optarg;
        return true;
    default:
        return load_option(&options->how, option) || output_option(&options->output, option);
    }
}

static bool read_options(struct stages_options *options, int argc, char **argv)
{
    static const struct option long_options[] = {{"stations", required_argument, NULL, 'S'},
                                                 {"clients", required_argument, NULL, LOAD_CLIENTS},
                                                 {"windows", required_argument, NULL, LOAD_WINDOWS},
                                                 {"rounds", required_argument, NULL, LOAD_ROUNDS},
                                                 {"seconds", required_argument, NULL, LOAD_SECONDS},
                                                 {"station", required_argument, NULL, 'P'},
                                                 {"scratch", required_argument, NULL, 'T'},
                                                 OUTPUT_LONG_OPTIONS,
                                                 {0}};
    if (!arguments_read(argc, argv, long_options, read_option, options))
        return false;
    if (options->how.rounds > STAGES_ROUNDS_MAX) {
        fprintf(stderr, "locker-bench: --rounds: give at most %d\n", STAGES_ROUNDS_MAX);
        return false;
    }
    return load_options_apply(&options->how, &options->shapes);
}

static void drop_empty_cells(struct stages_table *table)
{
    while (table->cell_count > 0 && table->cells[table->cell_count - 1]->rounds == 0) {
        struct stages_table last = {.cell_count = 1, .cells = {table->cells[--table->cell_count]}};
        stages_table_free(&last);
    }
}

int stages_command(const struct subcommand *self, int argc, char **argv)
{
    struct stages_options options = {
        .plan = {.compartments = WALL, .ephemeral = true, .durable = true, .size = SIZE_MEDIUM},
        .how = {.clients = "1,8,32", .windows = "256", .rates = "0", .rounds = 3, .seconds = 1},
        .output = {.without_hgrm = true, .without_plot = true}};
    struct stages_table table = {.cell_count = 0};
    if (!read_options(&options, argc, argv))
        return subcommand_usage(self);
    interrupt_watch();
    const int status = measure(&options, &table);
    drop_empty_cells(&table);
    int result = status == 0 ? EXIT_DONE : status == -ENOTSUP ? EXIT_USAGE : EXIT_UNREACHED;
    if (result == EXIT_DONE && table.cell_count == 0) {
        fputs("locker-bench: no round was completed\n", stderr);
        result = EXIT_REFUSED;
    }
    if (result == EXIT_DONE) {
        const struct output_source source = stages_output(&table);
        result = output_give(&options.output, &source);
    }
    stages_table_free(&table);
    return result;
}
