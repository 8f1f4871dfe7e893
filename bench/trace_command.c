#include "trace_command.h"

#include "duration.h"
#include "trace_recipe.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)

const char trace_help[] =
    "  --seed N             another seed, another month (1)\n"
    "  --days N             how many days, the first a Monday (30)\n"
    "  --compartments LIST  the wall, as in small=36,medium=28,large=12 (default); sizes are "
    "asked\n"
    "                       for in its proportions\n"
    "  --per-day N          parcels on an average weekday (160)\n"
    "\n"
    "The CSV goes to standard output. Same options, same bytes, on every machine.\n"
    "\n"
    "Example: locker-bench trace --seed 7 --days 30 > month.csv\n";

const char count_help[] =
    "  --compartments LIST  the wall, as in small=36,medium=28,large=12 (default)\n"
    "  --ttl DURATION       how long a code is valid (7d)\n"
    "  --json               one JSON object\n"
    "\n"
    "A plain simulation that knows nothing of the station: strict sizes, the door of a parcel "
    "that\n"
    "is not collected in time is free again at once. FILE \"-\" is standard input.\n"
    "\n"
    "Example: locker-bench count month.csv --ttl 3d\n";

static bool no_more(int argc, char **argv)
{
    if (optind >= argc)
        return true;
    fprintf(stderr, "locker-bench: \"%s\" is one argument too many\n", argv[optind]);
    return false;
}

static bool trace_options(struct trace_recipe *recipe, int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"days", required_argument, NULL, 'd'},
                                            {"compartments", required_argument, NULL, 'c'},
                                            {"per-day", required_argument, NULL, 'p'},
                                            {0}};
    uint64_t value;
    bool good = true;
    for (int option; good && (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            good = argument_count("--seed", optarg, 0, UINT64_MAX, &recipe->seed);
            break;
        case 'd':
            good = argument_count("--days", optarg, 1, 366, &value);
            recipe->days = (uint32_t)value;
            break;
        case 'c':
            good = argument_doors("--compartments", optarg, recipe->doors);
            break;
        case 'p':
            good = argument_count("--per-day", optarg, 1, 1000000, &value);
            recipe->parcels_a_day = (uint32_t)value;
            break;
        default:
            good = false;
        }
    }
    return good && no_more(argc, argv);
}

int trace_command(const struct subcommand *self, int argc, char **argv)
{
    struct trace_recipe recipe = DEMO_RECIPE;
    if (!trace_options(&recipe, argc, argv))
        return subcommand_usage(self);
    int status = trace_recipe_write(&recipe, stdout);
    if (status != -ENOMEM)
        return arguments_flush_stdout();
    fprintf(stderr, "locker-bench: %s\n", strerror(-status));
    return EXIT_REFUSED;
}

int trace_load(struct trace *trace, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "locker-bench: cannot read %s: %s\n", path, strerror(errno));
        return EXIT_USAGE;
    }
    int status = trace_read(trace, file, is_stdin ? "standard input" : path, stderr);
    if (!is_stdin)
        fclose(file);
    if (status == 0)
        return EXIT_DONE;
    if (status != -EINVAL)
        fprintf(stderr, "locker-bench: cannot read %s: %s\n", path, strerror(-status));
    return EXIT_USAGE;
}

struct count_options {
    uint32_t doors[SIZE_COUNT];
    int64_t ttl_ms;
    const char *path;
    bool json;
};

static bool count_options(struct count_options *chosen, int argc, char **argv)
{
    static const struct option options[] = {{"compartments", required_argument, NULL, 'c'},
                                            {"ttl", required_argument, NULL, 't'},
                                            {"json", no_argument, NULL, 'j'},
                                            {0}};
    bool good = true;
    for (int option; good && (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            good = argument_doors("--compartments", optarg, chosen->doors);
            break;
        case 't':
            good = argument_duration("--ttl", optarg, &chosen->ttl_ms);
            break;
        case 'j':
            chosen->json = true;
            break;
        default:
            good = false;
        }
    }
    if (good && optind == argc)
        fputs("locker-bench: name the trace to count\n", stderr);
    chosen->path = good && optind < argc ? argv[optind++] : NULL;
    return chosen->path != NULL && no_more(argc, argv);
}

static void print_count(const struct trace *trace, const struct trace_totals *totals)
{
    char end[24];
    printf("parcels         %zu\n", trace->count);
    printf("accepted        %" PRIu64 "\n", totals->deposits);
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        printf("refused %-7s %" PRIu64 "\n", size_name((enum parcel_size)size),
               totals->refused[size]);
    printf("picked up       %" PRIu64 "\n", totals->picked_up);
    printf("expired         %" PRIu64 "\n", totals->expired);
    printf("occupied, most  %" PRIu64 "\n", totals->occupied_max);
    printf("over after      %s\n", duration_format(totals->end_ms, end, sizeof end));
}

static void print_count_json(const struct trace *trace, const struct trace_totals *totals)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:{s:I, s:I, s:I}, s:I, s:I, s:I, s:I}", "parcels", (json_int_t)trace->count,
        "accepted", (json_int_t)totals->deposits, "refused", "small",
        (json_int_t)totals->refused[SIZE_SMALL], "medium", (json_int_t)totals->refused[SIZE_MEDIUM],
        "large", (json_int_t)totals->refused[SIZE_LARGE], "picked_up",
        (json_int_t)totals->picked_up, "expired", (json_int_t)totals->expired, "occupied_max",
        (json_int_t)totals->occupied_max, "end_ms", (json_int_t)totals->end_ms);
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(object);
}

int count_command(const struct subcommand *self, int argc, char **argv)
{
    struct count_options chosen = {.doors = {36, 28, 12}, .ttl_ms = WEEK_MS};
    if (!count_options(&chosen, argc, argv))
        return subcommand_usage(self);
    struct trace trace;
    int result = trace_load(&trace, chosen.path);
    if (result != EXIT_DONE)
        return result;
    struct trace_totals totals;
    int status = trace_count(&trace, chosen.doors, chosen.ttl_ms, &totals);
    if (status != 0) {
        fprintf(stderr, "locker-bench: %s\n", strerror(-status));
        result = EXIT_REFUSED;
    } else {
        (chosen.json ? print_count_json : print_count)(&trace, &totals);
        result = arguments_flush_stdout();
    }
    trace_free(&trace);
    return result;
}
