#include "load.h"

#include "interrupt.h"
#include "load_targets.h"
#include "output.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

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
    "                       durable station's ledger is written there: mind which disk it "
    "is\n" OUTPUT_HELP "\n"
    "The echo is a bare ROUTER in a process of its own, answering as many bytes to the same\n"
    "requests: what libzmq costs on this machine at this moment. Ctrl-C prints what there is.\n"
    "\n"
    "Examples: locker-bench load\n"
    "          locker-bench load --clients 32 --windows 0 --stations durable --rounds 9\n"
    "          locker-bench load --run /run/locker --json\n";

struct load {
    struct load_table table;
    struct load_targets targets;
    struct load_targets_plan plan;
    struct output_options output;
    uint32_t doors[SIZE_COUNT];
    uint64_t rounds;
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
    load->plan.ephemeral = strcmp(text, "durable") != 0;
    load->plan.durable = strcmp(text, "ephemeral") != 0;
    if (!load->plan.ephemeral || !load->plan.durable || strcmp(text, "ephemeral,durable") == 0)
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
        load->plan.compartments = optarg;
        return argument_doors("--compartments", optarg, load->doors);
    case 'R':
        load->plan.run_dir = optarg;
        return true;
    case 'P':
        load->plan.program = optarg;
        return true;
    case 'T':
        load->plan.scratch = optarg;
        return true;
    default:
        return output_option(&load->output, option);
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
                                            OUTPUT_LONG_OPTIONS,
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
    while (load->doors[load->plan.size] == 0)
        load->plan.size++;
    return load->table.shape_count > 0;
}

int load_command(const struct subcommand *self, int argc, char **argv)
{
    struct load load = {.doors = {[SIZE_MEDIUM] = 1024},
                        .plan = {.compartments = "medium=1024", .ephemeral = true, .durable = true},
                        .rounds = 5,
                        .table = {.seconds = 0.5}};
    if (!read_options(&load, argc, argv))
        return subcommand_usage(self);
    interrupt_watch();
    int status = load_targets_start(&load.targets, &load.plan, &load.table);
    if (status == 0)
        status =
            load_measure(&load.table, load.targets.servers, load.plan.size, (unsigned)load.rounds);
    int result = status != 0 ? EXIT_UNREACHED : output_table(&load.output, &load.table);
    if (load_targets_stop(&load.targets) != 0 && result == EXIT_DONE)
        result = EXIT_REFUSED;
    load_table_free(&load.table);
    return result;
}
