#include "tail.h"

#include "interrupt.h"
#include "tail_experiments.h"

#include <stdio.h>
#include <string.h>

const char tail_help[] =
    "  --only LIST          of checkpoints,expiry,desk (all)\n"
    "  --clients N          of the checkpoints and of the desk that is killed (8)\n"
    "  --seconds S          under load while checkpoints are written (60)\n"
    "  --tokens N           that expire at one moment (100000)\n"
    "  --rounds N           of each experiment (3)\n"
    "  --station FILE       the program to start (locker-station beside this one)\n"
    "  --scratch DIR        where directories are made and removed ($TMPDIR, else "
    "/tmp)\n" OUTPUT_HELP "\n"
    "checkpoints: the clients deposit and pick up in a closed loop while the ledger grows and its\n"
    "  checkpoints are written; p99.9 as a ratio to p50; and that of the echo, and of one that\n"
    "  flushes before it answers: what the machine and its disk do.\n"
    "expiry: tokens expire all at once (the keeper is stopped until the last is due); the "
    "response\n"
    "  times of another client, 1000 requests a second due, as a ratio to a quiet stretch before.\n"
    "desk: kill -9 of the driver desk; how long its clients wait, which ask again as soon as the\n"
    "  connection is lost.\n"
    "All stations are durable. Ctrl-C prints what there is.\n"
    "\n"
    "Examples: locker-bench tail --rounds 1\n"
    "          locker-bench tail --only expiry,desk --plot tail.svg\n";

typedef int experiment(const struct tail_plan *plan, struct measures *measures);

static const struct {
    const char *name;
    experiment *run;
} experiments[] = {
    {"checkpoints", tail_checkpoints}, {"expiry", tail_expiry}, {"desk", tail_killed_desk}};

#define EXPERIMENT_COUNT (sizeof experiments / sizeof experiments[0])

struct tail_options {
    bool chosen[EXPERIMENT_COUNT];
    struct tail_plan plan;
    uint64_t clients, tokens, rounds;
    struct output_options output;
};

static bool read_only(struct tail_options *options, const char *text)
{
    for (size_t i = 0; i < EXPERIMENT_COUNT; i++)
        options->chosen[i] = false;
    for (const char *p = text; *p != '\0'; p += *p == ',') {
        size_t length = strcspn(p, ",");
        size_t i = 0;
        while (i < EXPERIMENT_COUNT && (strlen(experiments[i].name) != length ||
                                        strncmp(p, experiments[i].name, length) != 0))
            i++;
        if (i == EXPERIMENT_COUNT) {
            fprintf(stderr, "locker-bench: --only \"%s\": give some of checkpoints,expiry,desk\n",
                    text);
            return false;
        }
        options->chosen[i] = true;
        p += length;
    }
    return true;
}

static bool read_option(void *context, int option)
{
    struct tail_options *options = context;
    switch (option) {
    case 'o':
        return read_only(options, optarg);
    case 'c':
        return argument_count("--clients", optarg, 1, 1024, &options->clients);
    case 's':
        return argument_number("--seconds", optarg, 0.1, 86400, &options->plan.seconds);
    case 't':
        return argument_count("--tokens", optarg, 1, 1000000, &options->tokens);
    case 'r':
        return argument_count("--rounds", optarg, 1, STATISTICS_ROUNDS_MAX, &options->rounds);
    case 'P':
        options->plan.program = optarg;
        return true;
    case 'T':
        options->plan.scratch = optarg;
        return true;
    default:
        return output_option(&options->output, option);
    }
}

static int measure(const struct tail_options *options, struct measures *measures)
{
    int status = 0;
    for (unsigned round = 0; round < options->rounds; round++)
        for (size_t i = 0; i < EXPERIMENT_COUNT && status == 0 && !interrupted(); i++)
            if (options->chosen[i])
                status = experiments[i].run(&options->plan, measures);
    return status;
}

int tail_command(const struct subcommand *self, int argc, char **argv)
{
    static const struct option long_options[] = {{"only", required_argument, NULL, 'o'},
                                                 {"clients", required_argument, NULL, 'c'},
                                                 {"seconds", required_argument, NULL, 's'},
                                                 {"tokens", required_argument, NULL, 't'},
                                                 {"rounds", required_argument, NULL, 'r'},
                                                 {"station", required_argument, NULL, 'P'},
                                                 {"scratch", required_argument, NULL, 'T'},
                                                 OUTPUT_LONG_OPTIONS,
                                                 {0}};
    static struct measures measures = {.heading = "What the slowest requests wait for"};
    struct tail_options options = {.chosen = {true, true, true},
                                   .plan = {.seconds = 60},
                                   .clients = 8,
                                   .tokens = 100000,
                                   .rounds = 3};
    if (!arguments_read(argc, argv, long_options, read_option, &options))
        return subcommand_usage(self);
    options.plan.clients = (unsigned)options.clients;
    options.plan.tokens = (uint32_t)options.tokens;
    interrupt_watch();
    int result = measure(&options, &measures) == 0 ? EXIT_DONE : EXIT_UNREACHED;
    if (result == EXIT_DONE)
        result = measures_give(&options.output, &measures);
    measures_free(&measures);
    return result;
}
