#include "measures.h"

#include "arguments.h"
#include "chart.h"
#include "load_chart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add(struct measures *measures, const char *name, bool more_is_better, bool is_count,
               double value)
{
    struct sample *sample = NULL;
    for (unsigned i = 0; i < measures->samples.count; i++)
        if (strcmp(measures->samples.list[i].name, name) == 0)
            sample = &measures->samples.list[i];
    if (sample == NULL) {
        sample = samples_add(&measures->samples);
        if (sample == NULL)
            return -ENOMEM;
        snprintf(sample->name, sizeof sample->name, "%s", name);
        sample->more_is_better = more_is_better;
        sample->is_count = is_count;
    }
    if (sample->count < STATISTICS_ROUNDS_MAX)
        sample->values[sample->count++] = value;
    return 0;
}

int measures_add(struct measures *measures, const char *name, bool more_is_better, double value)
{
    return add(measures, name, more_is_better, false, value);
}

int measures_add_count(struct measures *measures, const char *name, bool more_is_better,
                       uint64_t count)
{
    return add(measures, name, more_is_better, true, (double)count);
}

struct histogram *measures_curve(struct measures *measures, const char *name)
{
    for (unsigned i = 0; i < measures->curve_count; i++)
        if (strcmp(measures->curve_names[i], name) == 0)
            return &measures->curves[i];
    if (measures->curve_count < MEASURES_CURVES_MAX)
        measures->curve_count++;
    unsigned at = measures->curve_count - 1;
    measures->curve_names[at] = name;
    histogram_clear(&measures->curves[at]);
    return &measures->curves[at];
}

void measures_free(struct measures *measures)
{
    samples_free(&measures->samples);
}

static unsigned most_rounds(const struct measures *measures)
{
    unsigned most = 0;
    for (unsigned i = 0; i < measures->samples.count; i++)
        if (measures->samples.list[i].count > most)
            most = measures->samples.list[i].count;
    return most;
}

/* Of a single round there is neither a median nor a spread: its figures need no headings. */
static void print(const void *context, FILE *file)
{
    const struct measures *measures = context;
    bool single = most_rounds(measures) == 1;
    fprintf(file, "%s\n\n", measures->heading);
    if (!single)
        fprintf(file, "%-52s %10s %10s %10s  %s\n", "", "median", "lowest", "highest", "rounds");
    for (unsigned i = 0; i < measures->samples.count; i++) {
        const struct sample *sample = &measures->samples.list[i];
        struct spread spread = spread_of(sample->values, sample->count);
        int decimals = sample->is_count ? 0 : 2;
        fprintf(file, "%-52s %10.*f", sample->name, decimals, spread.median);
        if (!single)
            fprintf(file, " %10.*f %10.*f  %6u", decimals, spread.min, decimals, spread.max,
                    sample->count);
        fputc('\n', file);
    }
}

static void print_csv(const void *context, FILE *file)
{
    const struct measures *measures = context;
    fputs("figure,rounds,median,min,max\n", file);
    for (unsigned i = 0; i < measures->samples.count; i++) {
        const struct sample *sample = &measures->samples.list[i];
        struct spread spread = spread_of(sample->values, sample->count);
        fprintf(file, "\"%s\",%u,%.4f,%.4f,%.4f\n", sample->name, sample->count, spread.median,
                spread.min, spread.max);
    }
}

/* output_give() adds the samples, which are all there is. */
static json_t *json(const void *context)
{
    (void)context;
    return json_object();
}

static int samples(const void *context, struct samples *all)
{
    const struct measures *measures = context;
    for (unsigned i = 0; i < measures->samples.count; i++) {
        struct sample *sample = samples_add(all);
        if (sample == NULL)
            return -ENOMEM;
        *sample = measures->samples.list[i];
    }
    return 0;
}

static int plot(const void *context, FILE *file)
{
    const struct measures *measures = context;
    struct chart *chart = calloc(1, sizeof *chart);
    if (chart == NULL)
        return -ENOMEM;
    snprintf(chart->title, sizeof chart->title, "Waiting for an answer");
    chart->x = (struct axis){.label = "percentile", .unit = AXIS_PERCENTILE, .is_log = true};
    chart->y =
        (struct axis){.label = "expiry: from when it fell due; others: from when it was sent",
                      .unit = AXIS_NS,
                      .is_log = true};
    for (unsigned i = 0; i < measures->curve_count; i++)
        load_chart_percentiles(chart, chart_add_series(chart, measures->curve_names[i], i),
                               &measures->curves[i]);
    int status = charts_write(chart, 1, file);
    free(chart);
    return status;
}

int measures_give(struct output_options *options, const struct measures *measures)
{
    if (measures->samples.count == 0) {
        fputs("locker-bench: no round was completed\n", stderr);
        return EXIT_REFUSED;
    }
    const struct output_source source = {.results = measures,
                                         .print = print,
                                         .print_csv = print_csv,
                                         .json = json,
                                         .samples = samples,
                                         .plot = measures->curve_count > 0 ? plot : NULL};
    return output_give(options, &source);
}
