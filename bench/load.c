#include "load.h"

#include "interrupt.h"
#include "load_options.h"
#include "load_targets.h"
#include "output.h"

const char load_help[] = LOAD_HELP
    "  --stations LIST      which to start: ephemeral,durable (both)\n"
    "  --compartments LIST  their wall (medium=1024); all deposits ask for its first size\n"
    "  --run DIR            load the station that runs there instead\n"
    "  --station FILE       the program to start (locker-station beside this one)\n"
    "  --scratch DIR        where directories are made and removed ($TMPDIR, else /tmp); the\n"
    "                       durable station's ledger is written there: mind which disk it "
    "is\n" OUTPUT_HELP "\n"
    "The echo is a bare ROUTER in a process of its own, answering as many bytes to the same\n"
    "requests: what libzmq costs on this machine at this moment. Ctrl-C prints what there is.\n"
    "\n" LOAD_HELP_TIMES "\n"
    "Examples: locker-bench load\n"
    "          locker-bench load --clients 0 --windows 0 --rates 1000,10000,20000 --seconds 5\n"
    "          locker-bench load --clients 32 --windows 0 --stations durable --rounds 9\n"
    "          locker-bench load --run /run/locker --json\n";

struct load {
    struct load_table table;
    struct load_targets targets;
    struct load_targets_plan plan;
    struct output_options output;
    struct load_options how;
    uint32_t doors[SIZE_COUNT];
};

static bool read_option(void *context, int option)
{
    struct load *load = context;
    switch (option) {
    case 'S':
        return load_targets_choose(&load->plan, optarg);
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
        return load_option(&load->how, option) || output_option(&load->output, option);
    }
}

static bool read_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {LOAD_LONG_OPTIONS,
                                            {"stations", required_argument, NULL, 'S'},
                                            {"compartments", required_argument, NULL, 'C'},
                                            {"run", required_argument, NULL, 'R'},
                                            {"station", required_argument, NULL, 'P'},
                                            {"scratch", required_argument, NULL, 'T'},
                                            OUTPUT_LONG_OPTIONS,
                                            {0}};
    if (!arguments_read(argc, argv, options, read_option, load))
        return false;
    while (load->doors[load->plan.size] == 0)
        load->plan.size++;
    return load_options_apply(&load->how, &load->table);
}

int load_command(const struct subcommand *self, int argc, char **argv)
{
    struct load load = {.doors = {[SIZE_MEDIUM] = 1024},
                        .plan = {.compartments = "medium=1024", .ephemeral = true, .durable = true},
                        .how = LOAD_OPTIONS_DEFAULT};
    if (!read_options(&load, argc, argv))
        return subcommand_usage(self);
    interrupt_watch();
    int status = load_targets_start(&load.targets, &load.plan, &load.table);
    if (status == 0)
        status = load_measure(&load.table, load.targets.servers, load.plan.size,
                              (unsigned)load.how.rounds);
    int result = status != 0 ? EXIT_UNREACHED : output_table(&load.output, &load.table);
    if (load_targets_stop(&load.targets) != 0 && result == EXIT_DONE)
        result = EXIT_REFUSED;
    load_table_free(&load.table);
    return result;
}
