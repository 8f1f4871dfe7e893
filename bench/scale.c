#include "scale.h"

#include "interrupt.h"
#include "output.h"
#include "scale_report.h"
#include "scale_sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char scale_help[] =
    "  --walls LIST         compartments (100,10000,1000000; of all lists: 0: leave it out)\n"
    "  --clients LIST       REQ clients (1,2,4,8,16,32,64)\n"
    "  --tokens LIST        parcels inside while it is measured (100,10000,100000)\n"
    "  --ledger LIST        rows in the ledger (1000,10000,100000); start-up against them too\n"
    "  --ids LIST           request ids that the station remembers (1000,100000,1000000)\n"
    "  --inside LIST        parcels inside a station that is started "
    "(1000,10000,100000,1000000)\n"
    "  --load-clients N     REQ clients where they are not what is varied (8)\n"
    "  --rounds N           interleaved rounds; starts of each kind (5)\n"
    "  --seconds S          of each round of each station (0.5)\n"
    "  --station FILE       the program to start (locker-station beside this one)\n"
    "  --scratch DIR        where directories are made and removed ($TMPDIR, else "
    "/tmp)\n" OUTPUT_FORMS_HELP OUTPUT_PLOT_HELP OUTPUT_COMPARE_HELP QUIET_HELP "\n"
    "Stations that differ in one size run side by side with a bare echo. Ledgers, tokens and ids\n"
    "are there because so much was really deposited and picked up before. The sweep of the ledger\n"
    "is of durable stations, the others of ephemeral ones. Start-up is from the start until the\n"
    "station serves: after an orderly end, after kill -9, and after kill -9 with its shared "
    "memory\n"
    "lost, as when the power fails; with parcels inside also with the checkpoint lost besides, so\n"
    "that every row is read.\n"
    "\n"
    "Examples: locker-bench scale --plot scale.svg\n"
    "          locker-bench scale --walls 0 --clients 0 --tokens 0 --ids 0 --inside 0 \\\n"
    "            --ledger 1000,1000000\n";

/* What is varied: the sizes of scale_sweep.h, and one that only start-up is measured against. */
enum { INSIDE = SCALE_SIZES, LISTS };

struct scale_options {
    const char *lists[LISTS];
    struct scale_plan plan;
    uint64_t clients, rounds;
    struct output_options output;
};

static const struct {
    const char *option;
    uint64_t max;
} sizes[LISTS] = {
    [SCALE_WALL] = {"--walls", 5000000},    [SCALE_CLIENTS] = {"--clients", 1024},
    [SCALE_TOKENS] = {"--tokens", 1000000}, [SCALE_LEDGER] = {"--ledger", 100000000},
    [SCALE_IDS] = {"--ids", 10000000},      [INSIDE] = {"--inside", 10000000},
};

static bool read_option(void *context, int option)
{
    struct scale_options *chosen = context;
    if (option >= 0 && option < LISTS) {
        chosen->lists[option] = optarg;
        return true;
    }
    switch (option) {
    case 'l':
        return argument_count("--load-clients", optarg, 1, 1024, &chosen->clients);
    case 'r':
        return argument_count("--rounds", optarg, 1, STATISTICS_ROUNDS_MAX, &chosen->rounds);
    case 's':
        return argument_number("--seconds", optarg, 0.01, 3600, &chosen->plan.seconds);
    case 'P':
        chosen->plan.program = optarg;
        return true;
    case 'T':
        chosen->plan.scratch = optarg;
        return true;
    default:
        return output_option(&chosen->output, option);
    }
}

static bool read_options(struct scale_options *chosen, int argc, char **argv)
{
    static const struct option options[] = {{"walls", required_argument, NULL, SCALE_WALL},
                                            {"clients", required_argument, NULL, SCALE_CLIENTS},
                                            {"tokens", required_argument, NULL, SCALE_TOKENS},
                                            {"ledger", required_argument, NULL, SCALE_LEDGER},
                                            {"ids", required_argument, NULL, SCALE_IDS},
                                            {"inside", required_argument, NULL, INSIDE},
                                            {"load-clients", required_argument, NULL, 'l'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"station", required_argument, NULL, 'P'},
                                            {"scratch", required_argument, NULL, 'T'},
                                            OUTPUT_LONG_OPTIONS,
                                            {0}};
    if (!arguments_read(argc, argv, options, read_option, chosen))
        return false;
    chosen->plan.clients = (unsigned)chosen->clients;
    chosen->plan.rounds = (unsigned)chosen->rounds;
    return true;
}

struct scale_lists {
    uint64_t values[LISTS][SCALE_POINTS_MAX];
    unsigned counts[LISTS]; /* 0: left out */
};

static bool read_lists(const struct scale_options *chosen, struct scale_lists *lists)
{
    bool any = false;
    for (unsigned i = 0; i < LISTS; i++) {
        lists->counts[i] = 0;
        if (strcmp(chosen->lists[i], "0") == 0)
            continue;
        lists->counts[i] = argument_list(sizes[i].option, chosen->lists[i], 1, sizes[i].max,
                                         lists->values[i], SCALE_POINTS_MAX);
        if (lists->counts[i] == 0)
            return false;
        any = true;
    }
    if (!any)
        fputs("locker-bench: the lists are all 0, which leaves nothing to do\n", stderr);
    return any;
}

static int measure(const struct scale_options *chosen, const struct scale_lists *lists,
                   struct scale_results *results)
{
    int status = 0;
    results->clients = chosen->plan.clients;
    for (unsigned i = 0; i < SCALE_SIZES && status == 0 && !interrupted(); i++) {
        struct scale_curve *curve = &results->curves[results->curve_count];
        if (lists->counts[i] > 0)
            status = scale_sweep(&chosen->plan, (enum scale_size)i, lists->values[i],
                                 lists->counts[i], curve);
        results->curve_count += status == 0 && curve->rounds > 0;
    }
    for (unsigned i = 0; i < SCALE_STARTS && status == 0 && !interrupted(); i++) {
        const unsigned list = i == SCALE_START_ROWS ? SCALE_LEDGER : INSIDE;
        struct scale_curve *curve = &results->curves[results->curve_count];
        if (lists->counts[list] > 0)
            status = scale_startup(&chosen->plan, (enum scale_start)i, lists->values[list],
                                   lists->counts[list], curve);
        results->curve_count += status == 0 && curve->point_count > 0;
    }
    return status;
}

int scale_command(const struct subcommand *self, int argc, char **argv)
{
    struct scale_options chosen = {.output = {.without_hgrm = true},
                                   .lists = {[SCALE_WALL] = "100,10000,1000000",
                                             [SCALE_CLIENTS] = "1,2,4,8,16,32,64",
                                             [SCALE_TOKENS] = "100,10000,100000",
                                             [SCALE_LEDGER] = "1000,10000,100000",
                                             [SCALE_IDS] = "1000,100000,1000000",
                                             [INSIDE] = "1000,10000,100000,1000000"},
                                   .clients = 8,
                                   .rounds = 5,
                                   .plan = {.seconds = 0.5}};
    struct scale_lists lists;
    if (!read_options(&chosen, argc, argv) || !read_lists(&chosen, &lists))
        return subcommand_usage(self);
    interrupt_watch();
    struct scale_results *results = calloc(1, sizeof *results);
    int status = results == NULL ? -1 : measure(&chosen, &lists, results);
    int result = status == 0 ? EXIT_DONE : EXIT_UNREACHED;
    if (result == EXIT_DONE && results->curve_count == 0) {
        fputs("locker-bench: no round was completed\n", stderr);
        result = EXIT_REFUSED;
    } else if (result == EXIT_DONE) {
        struct output_source source = scale_output(results);
        result = output_give(&chosen.output, &source);
    }
    free(results);
    return result;
}
