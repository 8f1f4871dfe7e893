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
};

/* Above what any subcommand uses for its own options (letters). */
enum output_letter { OUTPUT_JSON = 0x100, OUTPUT_CSV, OUTPUT_HGRM };

/* clang-format off: it takes the last for a block */
#define OUTPUT_LONG_OPTIONS                                                                        \
    {"json", no_argument, NULL, OUTPUT_JSON}, {"csv", no_argument, NULL, OUTPUT_CSV},              \
    {                                                                                              \
        "hgrm", required_argument, NULL, OUTPUT_HGRM                                               \
    }
/* clang-format on */

#define OUTPUT_HELP                                                                                \
    "  --json               one JSON object instead of the table\n"                                \
    "  --csv                comma-separated values instead of the table\n"                         \
    "  --hgrm DIR           also write each cell's latency distribution there\n"

/* Take one option with its optarg; false when it is none of these, or wrong (after a message; for
 * those that are none of these getopt has given one). */
bool output_option(struct output_options *options, int option);

/* Give the table in every form asked for, on stdout and in files. An exit code; messages are on
 * stderr. A table without a completed round is a refusal. */
int output_table(const struct output_options *options, const struct load_table *table);

#endif
