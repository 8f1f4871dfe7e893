/*
 * locker-bench: measures stations, and replays traces through them.
 */
#include "arguments.h"
#include "compare.h"
#include "echo.h"
#include "engine.h"
#include "idle.h"
#include "load.h"
#include "replay.h"
#include "scale.h"
#include "stages.h"
#include "streams.h"
#include "tail.h"
#include "trace_command.h"

#include <stdio.h>
#include <string.h>

static const struct subcommand subcommands[] = {
    {"engine", "[OPTIONS]", "The core alone in one process: ns a deposit and pickup, bytes",
     engine_help, engine_command},
    {"load", "[OPTIONS]", "Stations beside a bare echo: ratios and latencies under load", load_help,
     load_command},
    {"compare", "[OPTIONS]", "Stations beside what else does the job: Redis, PostgreSQL, SQLite",
     compare_help, compare_command},
    {"scale", "[OPTIONS]", "Cost against walls, clients, tokens, ledgers, ids; start-up",
     scale_help, scale_command},
    {"tail", "[OPTIONS]", "The slowest requests: checkpoints, mass expiry, a killed desk",
     tail_help, tail_command},
    {"stages", "[OPTIONS]", "Where the time of one deposit goes, in a traced build", stages_help,
     stages_command},
    {"idle", "[OPTIONS]", "A station that nobody uses: wake-ups, CPU, memory", idle_help,
     idle_command},
    {"replay", "FILE [OPTIONS]", "A trace through real clients, checked against its count",
     replay_help, replay_command},
    {"trace", "[OPTIONS]", "Make the trace of a busy lobby", trace_help, trace_command},
    {"count", "FILE [OPTIONS]", "What a trace must come to, counted plainly", count_help,
     count_command},
    {"echo", "--bind URI [OPTIONS]", "A bare ROUTER echo server, the floor of the transport",
     echo_help, echo_command},
};

#define SUBCOMMAND_COUNT (sizeof subcommands / sizeof subcommands[0])

static void print_help(FILE *file)
{
    fputs("Usage: locker-bench SUBCOMMAND …\n\nMeasure a parcel locker station.\n\n", file);
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        fprintf(file, "  %-8s %-22s %s\n", subcommands[i].name, subcommands[i].synopsis,
                subcommands[i].summary);
    fputs("\nlocker-bench SUBCOMMAND --help says more. --version prints the version.\n"
          "Exit codes: 0 done; 1 something disagreed or was refused; 2 wrong usage; 3 no station.\n"
          "\nExamples: locker-bench load --plot load.svg\n"
          "          locker-bench load --json > old.json; locker-bench load --compare old.json\n"
          "          locker-bench tail --rounds 1\n"
          "          locker-bench replay demo/month.csv --speed-up 129600\n",
          file);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

static char program_name[] = "locker-bench";

int main(int argc, char **argv)
{
    streams_occupy();
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return arguments_flush_stdout();
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("locker-bench " LOCKER_VERSION);
        return arguments_flush_stdout();
    }
    for (size_t i = 0; i < SUBCOMMAND_COUNT && argc > 1; i++) {
        if (strcmp(argv[1], subcommands[i].name) != 0)
            continue;
        argv[1] = program_name; /* what getopt's own messages begin with */
        return asks_for_help(argc - 1, argv + 1)
                   ? subcommand_help(&subcommands[i])
                   : subcommands[i].run(&subcommands[i], argc - 1, argv + 1);
    }
    if (argc > 1)
        fprintf(stderr, "locker-bench: there is no subcommand \"%s\"\n\n", argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}
