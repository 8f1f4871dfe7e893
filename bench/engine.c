#include "engine.h"

#include "engine_report.h"
#include "engine_wall.h"
#include "interrupt.h"
#include "output.h"
#include "perf_counter.h"
#include "stopwatch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char engine_help[] =
    "  --compartments LIST  walls to measure (100,10000,1000000)\n"
    "  --fill LIST          how full they are, per cent (10,70,99)\n"
    "  --rounds N           the median of so many is given (7)\n"
    "  --seconds S          of one round (0.5)\n" OUTPUT_HELP "\n"
    "A pair is one deposit and one pickup, of parcels in random order, as a desk does them: keyed\n"
    "hashes of ids, contents and codes, and drawing the code, included; codes have as many digits\n"
    "as leave nine tenths of them unused; expiry and request ids are on. The memories of used "
    "codes\n"
    "and of request ids are full before the first round. Each round also times the hashes and\n"
    "codes of a pair alone, the floor here. A round takes the median of its batches of 64 pairs, "
    "so\n"
    "other programs' turns do not count.\n"
    "Ten million compartments take 2 GiB, and minutes to fill and age.\n"
    "\n"
    "Examples: locker-bench engine --compartments 100,10000 --seconds 0.2\n"
    "          locker-bench engine --compartments 100,10000,1000000,10000000 --plot engine.svg\n";

/* Pairs between two looks at the clock. Who comes is chosen before, so that the choosing (and its
 * cache misses, which are the customers') is not timed. */
#define BATCH 64

#define BATCHES_TO_ONE_OF_HASHES 4

struct engine_options {
    uint64_t walls[ENGINE_WALLS_MAX];
    unsigned wall_count;
    uint64_t fills[ENGINE_FILLS_MAX];
    unsigned fill_count;
    uint64_t rounds;
    double seconds;
    struct output_options output;
};

/* Of a round, as many batches as are looked at: the latest. */
#define BATCHES_MAX 16384

/* What each pair of a batch took. The median of a round's batches is what the round took: whatever
 * else ran on this core falls into a few of them, and would fall into the mean. */
struct batch_times {
    double pair_ns[BATCHES_MAX];
    unsigned count;
};

struct counters {
    struct perf_counter misses;
    struct perf_counter instructions;
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

static uint64_t run_batch(struct engine_wall *wall, struct batch *batch, struct counters *counters)
{
    choose(wall, batch);
    perf_counter_resume(&counters->misses);
    perf_counter_resume(&counters->instructions);
    uint64_t start_ns = stopwatch_now_ns();
    for (unsigned i = 0; i < batch->count; i++) {
        engine_pickup(wall, &batch->leaving[i], batch->ids[2 * i]);
        engine_deposit(wall, (enum parcel_size)batch->leaving[i].size, batch->ids[2 * i + 1],
                       &batch->coming[i]);
    }
    uint64_t spent_ns = stopwatch_now_ns() - start_ns;
    perf_counter_pause(&counters->instructions);
    perf_counter_pause(&counters->misses);
    for (unsigned i = 0; i < batch->count; i++)
        wall->inside[wall->inside_count++] = batch->coming[i];
    return spent_ns;
}

static void fill(struct engine_wall *wall, uint64_t percent)
{
    uint8_t id[REQUEST_ID_SIZE];
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        uint64_t count = wall->shape.by_size[size] * percent / 100;
        for (; wall->inside_by_size[size] < count && !interrupted(); wall->inside_by_size[size]++) {
            engine_new_id(wall, id);
            engine_deposit(wall, (enum parcel_size)size, id, &wall->inside[wall->inside_count++]);
            if (wall->inside_count % 100000 == 0)
                progress_show("%u compartments: filling, %u inside", wall->shape.compartments,
                              wall->inside_count);
        }
    }
}

/* Until every memory that wraps round has been filled once. */
static void age(struct engine_wall *wall)
{
    uint32_t pairs = wall->shape.remember_codes;
    if (pairs < wall->shape.remember_requests)
        pairs = wall->shape.remember_requests;
    struct batch batch = {.count = 1};
    struct counters none = {{.fd = -1}, {.fd = -1}};
    for (uint32_t done = 0; done < pairs && !interrupted() && batch.count > 0;
         done += batch.count) {
        run_batch(wall, &batch, &none);
        if (done % (BATCH * 1000) == 0)
            progress_show("%u compartments: ageing, %.0f %%", wall->shape.compartments,
                          100.0 * done / pairs);
    }
}

static void note_time(struct batch_times *times, uint64_t spent_ns, unsigned pairs)
{
    times->pair_ns[times->count++ % BATCHES_MAX] = (double)spent_ns / pairs;
}

static double median_time(struct batch_times *times)
{
    unsigned count = times->count < BATCHES_MAX ? times->count : BATCHES_MAX;
    return median_of(times->pair_ns, count);
}

static uint64_t run_hashes(struct engine_wall *wall)
{
    uint8_t ids[2 * BATCH][REQUEST_ID_SIZE];
    for (unsigned i = 0; i < 2 * BATCH; i++)
        engine_new_id(wall, ids[i]);
    uint64_t start_ns = stopwatch_now_ns();
    for (unsigned i = 0; i < BATCH; i++)
        engine_hash_pair(wall, ids[2 * i], ids[2 * i + 1]);
    return stopwatch_now_ns() - start_ns;
}

/* One round of both, batches in turn, so that whatever else goes on meets both. The pairs done. */
static uint64_t run_round(struct engine_wall *wall, double seconds, struct counters *counters,
                          struct engine_row *row)
{
    static struct batch_times pair_times;
    static struct batch_times hash_times;
    struct batch batch;
    uint64_t pairs = 0;
    uint64_t end_ns = stopwatch_now_ns() + (uint64_t)(seconds * 1e9);
    pair_times.count = 0;
    hash_times.count = 0;
    do {
        note_time(&hash_times, run_hashes(wall), BATCH);
        for (unsigned i = 0; i < BATCHES_TO_ONE_OF_HASHES; i++) {
            uint64_t spent_ns = run_batch(wall, &batch, counters);
            note_time(&pair_times, spent_ns, batch.count);
            pairs += batch.count;
        }
    } while (stopwatch_now_ns() < end_ns);
    row->hash_ns[row->rounds] = median_time(&hash_times);
    row->pair_ns[row->rounds] = median_time(&pair_times);
    row->rounds++;
    return pairs;
}

static void measure_row(const struct engine_options *options, struct engine_wall *wall,
                        struct engine_row *row, int *counter_error)
{
    struct counters counters;
    uint64_t pairs = 0;
    perf_counter_open(&counters.misses, PERF_CACHE_MISSES);
    perf_counter_open(&counters.instructions, PERF_INSTRUCTIONS);
    *counter_error = counters.misses.error;
    while (row->rounds < options->rounds && !interrupted()) {
        progress_show("%u compartments, %u %% full: round %u of %" PRIu64, row->compartments,
                      row->fill_percent, row->rounds + 1, options->rounds);
        pairs += run_round(wall, options->seconds, &counters, row);
    }
    double misses = perf_counter_read(&counters.misses);
    double instructions = perf_counter_read(&counters.instructions);
    row->cache_misses = misses < 0 ? -1 : misses / (double)pairs;
    row->instructions = instructions < 0 ? -1 : instructions / (double)pairs;
    perf_counter_close(&counters.misses);
    perf_counter_close(&counters.instructions);
}

static int measure_wall(const struct engine_options *options, uint32_t compartments,
                        struct engine_results *results)
{
    struct engine_wall wall;
    progress_show("%u compartments: filling", compartments);
    if (engine_wall_make(&wall, compartments) != 0) {
        progress_show(NULL);
        fprintf(stderr, "locker-bench: no memory for %u compartments\n", compartments);
        return EXIT_REFUSED;
    }
    for (unsigned i = 0; i < options->fill_count && !interrupted(); i++) {
        fill(&wall, options->fills[i]);
        if (i == 0)
            age(&wall);
        struct engine_row *row = &results->rows[results->row_count];
        *row = (struct engine_row){.compartments = compartments,
                                   .fill_percent = (unsigned)options->fills[i],
                                   .inside = wall.inside_count,
                                   .code_digits = wall.digits,
                                   .bytes = wall.bytes,
                                   .request_bytes = wall.request_bytes};
        measure_row(options, &wall, row, &results->counter_error);
        if (row->rounds > 0)
            results->row_count++;
    }
    progress_show(NULL);
    engine_wall_free(&wall);
    return EXIT_DONE;
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static bool read_option(void *context, int option)
{
    struct engine_options *chosen = context;
    switch (option) {
    case 'c':
        chosen->wall_count =
            argument_list("--compartments", optarg, 10, 10000000, chosen->walls, ENGINE_WALLS_MAX);
        return chosen->wall_count > 0;
    case 'f':
        chosen->fill_count =
            argument_list("--fill", optarg, 10, 99, chosen->fills, ENGINE_FILLS_MAX);
        /* A wall is only ever filled further. */
        qsort(chosen->fills, chosen->fill_count, sizeof chosen->fills[0], by_number);
        return chosen->fill_count > 0;
    case 'r':
        return argument_count("--rounds", optarg, 1, STATISTICS_ROUNDS_MAX, &chosen->rounds);
    case 's':
        return argument_number("--seconds", optarg, 0.01, 3600, &chosen->seconds);
    default:
        return output_option(&chosen->output, option);
    }
}

int engine_command(const struct subcommand *self, int argc, char **argv)
{
    static const struct option options[] = {{"compartments", required_argument, NULL, 'c'},
                                            {"fill", required_argument, NULL, 'f'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            OUTPUT_LONG_OPTIONS,
                                            {0}};
    struct engine_options chosen = {.walls = {100, 10000, 1000000},
                                    .wall_count = 3,
                                    .fills = {10, 70, 99},
                                    .fill_count = 3,
                                    .rounds = 7,
                                    .seconds = 0.5};
    if (!arguments_read(argc, argv, options, read_option, &chosen))
        return subcommand_usage(self);
    interrupt_watch();
    struct engine_results *results = calloc(1, sizeof *results);
    int result = results == NULL ? EXIT_REFUSED : EXIT_DONE;
    for (unsigned i = 0; i < chosen.wall_count && result == EXIT_DONE && !interrupted(); i++)
        result = measure_wall(&chosen, (uint32_t)chosen.walls[i], results);
    if (result == EXIT_DONE && results->row_count == 0) {
        fputs("locker-bench: no round was completed\n", stderr);
        result = EXIT_REFUSED;
    } else if (result == EXIT_DONE) {
        struct output_source source = engine_output(results);
        result = output_give(&chosen.output, &source);
    }
    free(results);
    return result;
}
