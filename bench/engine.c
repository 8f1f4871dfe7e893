#include "engine.h"

#include "engine_wall.h"
#include "interrupt.h"
#include "statistics.h"
#include "stopwatch.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

const char engine_help[] =
    "  --compartments LIST  walls to measure (100,10000,1000000)\n"
    "  --fill PCT           how full they are (70)\n"
    "  --rounds N           the median of so many is given (7)\n"
    "  --seconds S          of one round (0.5)\n"
    "  --json               one JSON object a wall\n"
    "\n"
    "A pair is one deposit and one pickup, of parcels in random order, as a desk does them: keyed\n"
    "hashes of ids, contents and codes, and drawing the code, included.\n"
    "The memories of used codes and of request ids are full before the first round.\n"
    "\n"
    "Example: locker-bench engine --compartments 100,10000 --seconds 0.2\n";

#define WALLS_MAX 8

/* Pairs between two looks at the clock. Who comes is chosen before, so that the choosing (and its
 * cache misses, which are the customers') is not timed. */
#define BATCH 64

struct engine_options {
    uint64_t walls[WALLS_MAX];
    unsigned wall_count;
    uint64_t fill_percent;
    uint64_t rounds;
    double seconds;
    bool json;
};

struct batch {
    struct engine_parcel leaving[BATCH];
    struct engine_parcel coming[BATCH];
    uint8_t ids[2 * BATCH][REQUEST_ID_SIZE];
    unsigned count;
};

static void choose(struct engine_wall *wall, struct batch *batch)
{
    batch->count = wall->inside_count < BATCH ? wall->inside_count : BATCH;
    for (unsigned i = 0; i < batch->count; i++) {
        uint32_t at = engine_draw(wall, wall->inside_count);
        batch->leaving[i] = wall->inside[at];
        wall->inside[at] = wall->inside[--wall->inside_count];
    }
    for (unsigned i = 0; i < 2 * batch->count; i++)
        engine_new_id(wall, batch->ids[i]);
}

static uint64_t run_batch(struct engine_wall *wall, struct batch *batch)
{
    choose(wall, batch);
    uint64_t start_ns = stopwatch_now_ns();
    for (unsigned i = 0; i < batch->count; i++) {
        engine_pickup(wall, &batch->leaving[i], batch->ids[2 * i]);
        engine_deposit(wall, (enum parcel_size)batch->leaving[i].size, batch->ids[2 * i + 1],
                       &batch->coming[i]);
    }
    uint64_t spent_ns = stopwatch_now_ns() - start_ns;
    for (unsigned i = 0; i < batch->count; i++)
        wall->inside[wall->inside_count++] = batch->coming[i];
    return spent_ns;
}

static void fill(struct engine_wall *wall, uint64_t percent)
{
    uint8_t id[REQUEST_ID_SIZE];
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        uint64_t count = wall->shape.by_size[size] * percent / 100;
        for (uint64_t i = 0; i < count; i++) {
            engine_new_id(wall, id);
            engine_deposit(wall, (enum parcel_size)size, id, &wall->inside[wall->inside_count++]);
        }
    }
}

/* Until every memory that wraps round has been filled once. */
static void age(struct engine_wall *wall)
{
    uint32_t pairs = wall->shape.remember_codes;
    if (pairs < wall->shape.remember_requests)
        pairs = wall->shape.remember_requests;
    struct batch batch;
    for (uint32_t done = 0; done < pairs && !interrupted(); done += batch.count)
        run_batch(wall, &batch);
}

static double run_round(struct engine_wall *wall, double seconds)
{
    struct batch batch;
    uint64_t pairs = 0;
    uint64_t spent_ns = 0;
    uint64_t end_ns = stopwatch_now_ns() + (uint64_t)(seconds * 1e9);
    while (stopwatch_now_ns() < end_ns) {
        spent_ns += run_batch(wall, &batch);
        pairs += batch.count;
    }
    return pairs > 0 ? (double)spent_ns / (double)pairs : 0;
}

static void print_wall(const struct engine_options *options, const struct engine_wall *wall,
                       struct spread ns)
{
    double compartments = wall->shape.compartments;
    double each = (double)(wall->bytes - wall->request_bytes) / compartments;
    if (options->json) {
        json_t *object = json_pack(
            "{s:I, s:I, s:I, s:o, s:I, s:I, s:f}", "compartments",
            (json_int_t)wall->shape.compartments, "inside", (json_int_t)wall->inside_count,
            "code_digits", (json_int_t)wall->digits, "pair_ns",
            json_pack("{s:f, s:f, s:f}", "median", ns.median, "min", ns.min, "max", ns.max),
            "bytes", (json_int_t)wall->bytes, "request_memory_bytes",
            (json_int_t)wall->request_bytes, "bytes_per_compartment", each);
        json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(object);
    } else {
        printf("%12u %9u %7u %9.0f  (%.0f to %.0f)%*s %8.1f %13.0f\n", wall->shape.compartments,
               wall->inside_count, wall->digits, ns.median, ns.min, ns.max,
               14 - snprintf(NULL, 0, "(%.0f to %.0f)", ns.min, ns.max), "",
               (double)wall->bytes / 1048576, each);
    }
    fflush(stdout);
}

static int measure_wall(const struct engine_options *options, uint32_t compartments)
{
    struct engine_wall wall;
    progress_show("%u compartments: filling", compartments);
    if (engine_wall_make(&wall, compartments) != 0) {
        progress_show(NULL);
        fprintf(stderr, "locker-bench: no memory for %u compartments\n", compartments);
        return EXIT_REFUSED;
    }
    fill(&wall, options->fill_percent);
    age(&wall);
    double rounds[STATISTICS_ROUNDS_MAX];
    unsigned count = 0;
    while (count < options->rounds && !interrupted()) {
        progress_show("%u compartments: round %u of %" PRIu64, compartments, count + 1,
                      options->rounds);
        rounds[count++] = run_round(&wall, options->seconds);
    }
    progress_show(NULL);
    if (count > 0)
        print_wall(options, &wall, spread_of(rounds, count));
    engine_wall_free(&wall);
    return EXIT_DONE;
}

static bool read_option(struct engine_options *chosen, int option)
{
    switch (option) {
    case 'c':
        chosen->wall_count =
            argument_list("--compartments", optarg, 10, 10000000, chosen->walls, WALLS_MAX);
        return chosen->wall_count > 0;
    case 'f':
        return argument_count("--fill", optarg, 10, 95, &chosen->fill_percent);
    case 'r':
        return argument_count("--rounds", optarg, 1, STATISTICS_ROUNDS_MAX, &chosen->rounds);
    case 's':
        return argument_number("--seconds", optarg, 0.01, 3600, &chosen->seconds);
    case 'j':
        chosen->json = true;
        return true;
    default:
        return false;
    }
}

int engine_command(const struct subcommand *self, int argc, char **argv)
{
    static const struct option options[] = {{"compartments", required_argument, NULL, 'c'},
                                            {"fill", required_argument, NULL, 'f'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"json", no_argument, NULL, 'j'},
                                            {0}};
    struct engine_options chosen = {.walls = {100, 10000, 1000000},
                                    .wall_count = 3,
                                    .fill_percent = 70,
                                    .rounds = 7,
                                    .seconds = 0.5};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!read_option(&chosen, option))
            return subcommand_usage(self);
    if (optind < argc) {
        fprintf(stderr, "locker-bench: \"%s\" is one argument too many\n", argv[optind]);
        return subcommand_usage(self);
    }
    interrupt_watch();
    if (!chosen.json)
        printf("%12s %9s %7s %9s  %-14s %8s %13s\n", "compartments", "inside", "digits", "ns/pair",
               "", "MiB", "B/compartment");
    int result = EXIT_DONE;
    for (unsigned i = 0; i < chosen.wall_count && result == EXIT_DONE && !interrupted(); i++)
        result = measure_wall(&chosen, (uint32_t)chosen.walls[i]);
    if (!chosen.json && result == EXIT_DONE)
        printf("\nB/compartment: everything but the memory of request ids, by compartments.\n");
    return result == EXIT_DONE ? arguments_flush_stdout() : result;
}
