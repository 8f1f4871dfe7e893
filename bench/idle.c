#include "idle.h"

#include "bench_station.h"
#include "interrupt.h"
#include "measures.h"
#include "station_processes.h"
#include "stopwatch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char idle_help[] =
    "  --compartments LIST  the wall (small=50,medium=33,large=17)\n"
    "  --rounds N           how often one station is watched; their median is given (3)\n"
    "  --seconds S          of one round (10)\n"
    "  --ephemeral          without a ledger\n"
    "  --station FILE       the program to start (locker-station beside this one)\n"
    "  --scratch DIR        where directories are made and removed ($TMPDIR, else "
    "/tmp)\n" OUTPUT_FORMS_HELP OUTPUT_COMPARE_HELP QUIET_HELP "\n"
    "A station is started and left alone for four seconds, then watched. Wake-ups are the "
    "voluntary\n"
    "switches of all threads (/proc/PID/task/TID/status), CPU is their time on a processor\n"
    "(schedstat), memory is the proportional set size (smaps_rollup), in which shared pages count\n"
    "once over all processes.\n"
    "\n"
    "Examples: locker-bench idle\n"
    "          locker-bench idle --rounds 1 --seconds 60 --json\n";

/* The archivist writes a first checkpoint some two seconds after the start. */
#define SETTLE_MS 4000
#define LOOK_MS   100

struct idle_options {
    struct bench_station_plan plan;
    const char *scratch;
    uint64_t rounds;
    double seconds;
    struct output_options output;
};

static void rest(int64_t ms)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    for (; ms > 0 && !interrupted(); ms -= LOOK_MS)
        nanosleep(&pause, NULL);
}

static int add(struct measures *measures, const char *process, const char *what, double value)
{
    char name[SAMPLE_NAME_SIZE];
    snprintf(name, sizeof name, "%s: %s", process, what);
    return measures_add(measures, name, false, value);
}

static int add_usage(struct measures *measures, const char *process, double wakeups,
                     double cpu_percent, double pss_mib)
{
    int status = add(measures, process, "wake-ups a second", wakeups);
    if (status == 0)
        status = add(measures, process, "CPU, % of one", cpu_percent);
    if (status == 0 && pss_mib >= 0)
        status = add(measures, process, "PSS, MiB", pss_mib);
    return status;
}

static int measure_round(const struct idle_options *options, pid_t supervisor,
                         struct measures *measures)
{
    struct station_process processes[STATION_PROCESSES_MAX];
    struct process_usage before[STATION_PROCESSES_MAX];
    unsigned count = station_processes(supervisor, processes);
    int status = 0;
    for (unsigned i = 0; i < count && status == 0; i++)
        status = process_usage(processes[i].pid, &before[i]);
    uint64_t start_ns = stopwatch_now_ns();
    rest((int64_t)(options->seconds * 1000));
    double seconds = (double)(stopwatch_now_ns() - start_ns) / 1e9;
    double wakeups = 0, cpu_percent = 0, pss_mib = 0;
    for (unsigned i = 0; i < count && status == 0; i++) {
        struct process_usage after;
        if (process_usage(processes[i].pid, &after) != 0)
            continue; /* one that only came and went */
        double own_wakeups = (double)(after.wakeups - before[i].wakeups) / seconds;
        double own_percent = (double)(after.cpu_ns - before[i].cpu_ns) / 1e7 / seconds;
        double own_mib = (double)process_pss_kib(processes[i].pid) / 1024;
        status = add_usage(measures, processes[i].name, own_wakeups, own_percent, own_mib);
        wakeups += own_wakeups;
        cpu_percent += own_percent;
        pss_mib = own_mib < 0 || pss_mib < 0 ? -1 : pss_mib + own_mib;
    }
    return status == 0 ? add_usage(measures, "all of it", wakeups, cpu_percent, pss_mib) : status;
}

static int measure(const struct idle_options *options, struct measures *measures)
{
    struct scratch scratch = {.path = ""};
    struct bench_station station = {0};
    int status = scratch_make_or_say(&scratch, options->scratch);
    struct bench_station_plan plan = options->plan;
    plan.scratch = scratch.path;
    if (status == 0)
        status = bench_station_start(&station, &plan);
    if (status == 0)
        rest(SETTLE_MS);
    for (unsigned round = 0; round < options->rounds && status == 0 && !interrupted(); round++) {
        progress_show("round %u of %" PRIu64, round + 1, options->rounds);
        status = measure_round(options, station.child.pid, measures);
        if (status != 0)
            fprintf(stderr, "locker-bench: a process of the station cannot be watched: %s\n",
                    strerror(-status));
    }
    progress_show(NULL);
    int stopped = bench_station_stop(&station);
    scratch_remove(&scratch);
    return status == 0 ? stopped : status;
}

static bool read_option(void *context, int option)
{
    struct idle_options *chosen = context;
    uint32_t doors[SIZE_COUNT];
    switch (option) {
    case 'C':
        chosen->plan.compartments = optarg;
        return argument_doors("--compartments", optarg, doors);
    case 'r':
        return argument_count("--rounds", optarg, 1, STATISTICS_ROUNDS_MAX, &chosen->rounds);
    case 's':
        return argument_number("--seconds", optarg, 0.1, 3600, &chosen->seconds);
    case 'e':
        chosen->plan.ephemeral = true;
        return true;
    case 'P':
        chosen->plan.program = optarg;
        return true;
    case 'T':
        chosen->scratch = optarg;
        return true;
    default:
        return output_option(&chosen->output, option);
    }
}

int idle_command(const struct subcommand *self, int argc, char **argv)
{
    static const struct option options[] = {{"compartments", required_argument, NULL, 'C'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"ephemeral", no_argument, NULL, 'e'},
                                            {"station", required_argument, NULL, 'P'},
                                            {"scratch", required_argument, NULL, 'T'},
                                            OUTPUT_LONG_OPTIONS,
                                            {0}};
    static struct measures measures = {.heading = "A station that nobody uses"};
    struct idle_options chosen = {
        .plan = {.name = "idle", .compartments = "small=50,medium=33,large=17"},
        .rounds = 3,
        .seconds = 10,
        .output = {.without_hgrm = true, .without_plot = true}};
    if (!arguments_read(argc, argv, options, read_option, &chosen))
        return subcommand_usage(self);
    interrupt_watch();
    int result = measure(&chosen, &measures) == 0 ? EXIT_DONE : EXIT_UNREACHED;
    if (result == EXIT_DONE)
        result = measures_give(&chosen.output, &measures);
    measures_free(&measures);
    return result;
}
