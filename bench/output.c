#include "output.h"

#include "arguments.h"
#include "comparison.h"
#include "interrupt.h"
#include "load_chart.h"
#include "load_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_PATH_SIZE 4096

static bool can_write(const char *option, const char *path, bool can)
{
    if (!can)
        fprintf(stderr, "locker-bench: %s %s: %s\n", option, path, strerror(errno));
    return can;
}

/* Without a trace: what is drawn in the end is one thing, an empty file of a run that failed is
 * another. */
static bool touch(const char *path)
{
    const bool is_new = access(path, F_OK) != 0;
    FILE *file = fopen(path, "ae");
    const bool can = file != NULL && fclose(file) == 0;
    return can && (!is_new || unlink(path) == 0);
}

/* JSON and CSV both go to stdout. */
static bool choose_form(struct output_options *options, bool *form)
{
    *form = true;
    if (options->json && options->csv)
        fputs("locker-bench: give one of --json and --csv\n", stderr);
    return !options->json || !options->csv;
}

static bool has_it(const char *option, bool without)
{
    if (without)
        fprintf(stderr, "locker-bench: %s: this subcommand has nothing to write there\n", option);
    return !without;
}

bool output_option(struct output_options *options, int option)
{
    switch (option) {
    case OUTPUT_JSON:
        return choose_form(options, &options->json);
    case OUTPUT_CSV:
        return choose_form(options, &options->csv);
    case OUTPUT_HGRM:
        options->hgrm_dir = optarg;
        return has_it("--hgrm", options->without_hgrm) &&
               can_write("--hgrm", optarg, access(optarg, W_OK) == 0);
    case OUTPUT_PLOT:
        options->plot_path = optarg;
        return has_it("--plot", options->without_plot) &&
               can_write("--plot", optarg, touch(optarg));
    case OUTPUT_COMPARE:
        samples_free(&options->earlier);
        return comparison_load(optarg, &options->earlier);
    case OUTPUT_QUIET:
        progress_silence();
        return true;
    default:
        return false;
    }
}

/* The object, which is consumed, with the samples and the comparison, on stdout. 0 or -errno. */
static int write_json(json_t *object, const struct samples *samples, const struct samples *earlier)
{
    int status = object == NULL ? -ENOMEM : 0;
    if (status == 0 && json_object_set_new(object, "samples", samples_json(samples)) != 0)
        status = -ENOMEM;
    if (status == 0 && earlier->count > 0 &&
        json_object_set_new(object, "compared", comparison_json(earlier, samples)) != 0)
        status = -ENOMEM;
    if (status == 0 && json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0)
        status = -EIO;
    putchar('\n');
    json_decref(object);
    return status;
}

static int write_plot(const struct output_source *source, const char *path)
{
    if (source->plot == NULL) {
        fputs("locker-bench: --plot: there is nothing to draw here\n", stderr);
        return 0;
    }
    FILE *file = fopen(path, "we");
    int status = file == NULL ? -errno : source->plot(source->results, file);
    if (file != NULL && fclose(file) != 0 && status == 0)
        status = -errno;
    if (status != 0)
        fprintf(stderr, "locker-bench: cannot write %s: %s\n", path, strerror(-status));
    return status;
}

/* Beside CSV, which has no place for it, it goes to stderr. */
static int write_comparison(const struct output_options *options, const struct samples *samples)
{
    if (options->earlier.count == 0 || options->json)
        return 0;
    return comparison_print(&options->earlier, samples, options->csv ? stderr : stdout);
}

int output_give(struct output_options *options, const struct output_source *source)
{
    struct samples samples = {0};
    int status = source->samples(source->results, &samples);
    if (status == 0 && options->json)
        status = write_json(source->json(source->results), &samples, &options->earlier);
    else if (status == 0 && options->csv)
        source->print_csv(source->results, stdout);
    else if (status == 0)
        source->print(source->results, stdout);
    if (status == 0)
        status = write_comparison(options, &samples);
    if (status == -ENOMEM)
        fputs("locker-bench: no memory\n", stderr);
    int result = arguments_flush_stdout();
    if (options->hgrm_dir != NULL && status == 0 && source->distributions != NULL)
        status = source->distributions(source->results, options->hgrm_dir);
    if (options->plot_path != NULL && status == 0)
        status = write_plot(source, options->plot_path);
    samples_free(&samples);
    samples_free(&options->earlier);
    return status != 0 ? EXIT_REFUSED : result;
}

/* ---- a load's table -------------------------------------------------------------------- */

static int write_distribution(const char *directory, const char *target, const char *shape,
                              const char *kind, const struct histogram *histogram)
{
    char path[OUTPUT_PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s-%s%s.hgrm", directory, target, shape, kind);
    for (char *p = path + strlen(directory) + 1; *p != '\0'; p++)
        if (*p == ' ' || *p == '/')
            *p = '-';
    FILE *file = length < (int)sizeof path ? fopen(path, "we") : NULL;
    int status = file == NULL ? -errno : histogram_write_hgrm(histogram, 1000, file);
    if (file != NULL && fclose(file) != 0)
        status = -errno;
    if (status != 0)
        fprintf(stderr, "locker-bench: cannot write %s: %s\n", path, strerror(-status));
    return status;
}

static int write_distributions(const void *results, const char *directory)
{
    const struct load_table *table = results;
    int status = 0;
    for (unsigned target = 0; target < table->target_count; target++) {
        for (unsigned shape = 0; shape < table->shape_count && status == 0; shape++) {
            const struct load_cell *cell = table->cells[target][shape];
            char text[LOAD_SHAPE_TEXT_SIZE];
            if (cell->skipped)
                continue;
            load_shape_text(&table->shapes[shape], text);
            status = write_distribution(directory, table->targets[target], text, "-service",
                                        &cell->service);
            if (status == 0 && table->shapes[shape].rate > 0)
                status = write_distribution(directory, table->targets[target], text, "-response",
                                            &cell->response);
        }
    }
    return status;
}

static void print_table(const void *results, FILE *file)
{
    load_print(results, file);
}

static void print_table_csv(const void *results, FILE *file)
{
    load_print_csv(results, file);
}

static json_t *table_json(const void *results)
{
    return load_json(results);
}

static int table_samples(const void *results, struct samples *samples)
{
    return load_samples(results, samples);
}

static int plot_table(const void *results, FILE *file)
{
    return load_chart_write(results, file);
}

int output_table(struct output_options *options, const struct load_table *table)
{
    if (table->rounds == 0) {
        fputs("locker-bench: no round was completed\n", stderr);
        return EXIT_REFUSED;
    }
    const struct output_source source = {
        .results = table,
        .print = print_table,
        .print_csv = print_table_csv,
        .json = table_json,
        .samples = table_samples,
        .plot = plot_table,
        .distributions = write_distributions,
    };
    return output_give(options, &source);
}
