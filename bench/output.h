/*
 * The forms in which every measuring subcommand gives its results, and the options that ask for
 * them: shared, so that what one subcommand can, all can.
 *
 *     static const struct option options[] = {…, OUTPUT_LONG_OPTIONS, {0}};
 *     const char x_help[] = "…" OUTPUT_HELP "…";
 *     default: return output_option(&chosen.output, option);
 *     … result = output_table(&chosen.output, &table);
 */
#ifndef LOCKER_OUTPUT_H
#define LOCKER_OUTPUT_H

#include "load_table.h"
#include "samples.h"

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>

struct output_options {
    bool json;
    bool csv;
    const char *hgrm_dir;
    const char *plot_path;
    struct samples earlier; /* --compare */
    bool without_hgrm;      /* this subcommand has no distributions to write, */
    bool without_plot;      /* and nothing to draw: its help does not offer it */
};

/* Above what any subcommand uses for its own options (letters). */
enum output_letter {
    OUTPUT_JSON = 0x100,
    OUTPUT_CSV,
    OUTPUT_HGRM,
    OUTPUT_PLOT,
    OUTPUT_COMPARE,
    OUTPUT_QUIET
};

/* clang-format takes the last for a block. */
/* clang-format off */
#define OUTPUT_LONG_OPTIONS                                                                        \
    {"json", no_argument, NULL, OUTPUT_JSON},                                                      \
    {"csv", no_argument, NULL, OUTPUT_CSV},                                                        \
    {"hgrm", required_argument, NULL, OUTPUT_HGRM},                                                \
    {"plot", required_argument, NULL, OUTPUT_PLOT},                                                \
    {"compare", required_argument, NULL, OUTPUT_COMPARE},                                          \
    {"quiet", no_argument, NULL, OUTPUT_QUIET}
/* clang-format on */

/* Of every subcommand that shows progress or starts stations. */
#define QUIET_HELP "  --quiet              no progress and no notices on stderr, errors alone\n"

#define OUTPUT_FORMS_HELP                                                                          \
    "  --json               one JSON object instead of the table\n"                                \
    "  --csv                comma-separated values instead of the table\n"
#define OUTPUT_HGRM_HELP                                                                           \
    "  --hgrm DIR           also write each cell's latency distribution there\n"
#define OUTPUT_PLOT_HELP "  --plot FILE.svg      also draw it\n"
#define OUTPUT_COMPARE_HELP                                                                        \
    "  --compare OLD.json   also say what changed against an earlier run's --json output, and\n"   \
    "                       whether that is more than noise\n"

#define OUTPUT_HELP                                                                                \
    OUTPUT_FORMS_HELP OUTPUT_HGRM_HELP OUTPUT_PLOT_HELP OUTPUT_COMPARE_HELP QUIET_HELP

/* Take one option with its optarg, whose file is looked at now rather than after a long run; false
 * when it is none of these, or wrong (after a message; for
 * those that are none of these getopt has given one). */
bool output_option(struct output_options *options, int option);

/* Results of one kind, and how they are given. */
struct output_source {
    const void *results;
    void (*print)(const void *results, FILE *file);
    void (*print_csv)(const void *results, FILE *file);
    json_t *(*json)(const void *results); /* a new reference, NULL: no memory */
    int (*samples)(const void *results, struct samples *samples); /* 0, -ENOMEM */
    int (*plot)(const void *results, FILE *file); /* 0, -errno; NULL: nothing to draw */
    int (*distributions)(const void *results, const char *directory); /* the same; NULL: none */
};

/* Give results in every form asked for, on stdout and in files. An exit code; messages are on
 * stderr. The options hold nothing afterwards. */
int output_give(struct output_options *options, const struct output_source *source);

/* The same for a load's table. One without a completed round is a refusal. */
int output_table(struct output_options *options, const struct load_table *table);

#endif
