#include "engine_report.h"

#include "chart.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static double bytes_each(const struct engine_row *row)
{
    return (double)(row->bytes - row->request_bytes) / row->compartments;
}

static struct spread ratio_of(const struct engine_row *row)
{
    double ratios[STATISTICS_ROUNDS_MAX];
    ratios_of(row->pair_ns, row->hash_ns, row->rounds, ratios);
    return spread_of(ratios, row->rounds);
}

static void print_counted(double counted, FILE *file)
{
    if (counted < 0)
        fprintf(file, " %8s", "-");
    else
        fprintf(file, " %8.1f", counted);
}

static void print(const void *context, FILE *file)
{
    const struct engine_results *results = context;
    fprintf(file, "%12s %5s %9s %6s %8s  %-16s %8s  %-14s %8s %8s %8s %7s\n", "compartments",
            "full", "inside", "digits", "ns/pair", "", "/hashes", "", "misses", "instr.", "MiB",
            "B/comp.");
    for (unsigned i = 0; i < results->row_count; i++) {
        const struct engine_row *row = &results->rows[i];
        struct spread ns = spread_of(row->pair_ns, row->rounds);
        struct spread ratio = ratio_of(row);
        char ns_ends[40];
        char ratio_ends[40];
        snprintf(ns_ends, sizeof ns_ends, "(%.0f to %.0f)", ns.min, ns.max);
        snprintf(ratio_ends, sizeof ratio_ends, "(%.2f to %.2f)", ratio.min, ratio.max);
        fprintf(file, "%12u %4u%% %9u %6u %8.0f  %-16s %8.2f  %-14s", row->compartments,
                row->fill_percent, row->inside, row->code_digits, ns.median, ns_ends, ratio.median,
                ratio_ends);
        print_counted(row->cache_misses, file);
        print_counted(row->instructions, file);
        fprintf(file, " %8.1f %7.0f\n", (double)row->bytes / 1048576, bytes_each(row));
    }
    fputs("\nA pair is one deposit and one pickup; /hashes: its ratio, in the same round, to the "
          "keyed hashes\nand codes of a pair alone. B/comp.: all but the memory of request ids, "
          "by compartments.\n",
          file);
    if (results->counter_error != 0)
        fprintf(file,
                "Cache misses and instructions: not available (perf_event_open: %s; see\n"
                "/proc/sys/kernel/perf_event_paranoid).\n",
                strerror(results->counter_error));
    else
        fputs("Cache misses (last level) and instructions are those of a pair, user mode.\n", file);
}

static void print_csv(const void *context, FILE *file)
{
    const struct engine_results *results = context;
    fputs("compartments,fill_percent,inside,code_digits,rounds,pair_ns_median,pair_ns_min,"
          "pair_ns_max,hash_ns_median,ratio_median,ratio_min,ratio_max,cache_misses,instructions,"
          "bytes,request_bytes\n",
          file);
    for (unsigned i = 0; i < results->row_count; i++) {
        const struct engine_row *row = &results->rows[i];
        struct spread ns = spread_of(row->pair_ns, row->rounds);
        struct spread ratio = ratio_of(row);
        fprintf(file, "%u,%u,%u,%u,%u,%.1f,%.1f,%.1f,%.1f,%.4f,%.4f,%.4f,", row->compartments,
                row->fill_percent, row->inside, row->code_digits, row->rounds, ns.median, ns.min,
                ns.max, spread_of(row->hash_ns, row->rounds).median, ratio.median, ratio.min,
                ratio.max);
        if (row->cache_misses >= 0)
            fprintf(file, "%.2f", row->cache_misses);
        fputc(',', file);
        if (row->instructions >= 0)
            fprintf(file, "%.0f", row->instructions);
        fprintf(file, ",%" PRIu64 ",%" PRIu64 "\n", row->bytes, row->request_bytes);
    }
}

static json_t *counted_json(double counted)
{
    return counted < 0 ? json_null() : json_real(counted);
}

static json_t *spread_json(struct spread spread)
{
    return json_pack("{s:f, s:f, s:f}", "median", spread.median, "min", spread.min, "max",
                     spread.max);
}

static json_t *json(const void *context)
{
    const struct engine_results *results = context;
    json_t *rows = json_array();
    for (unsigned i = 0; i < results->row_count; i++) {
        const struct engine_row *row = &results->rows[i];
        json_array_append_new(
            rows,
            json_pack("{s:I, s:i, s:I, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:f}",
                      "compartments", (json_int_t)row->compartments, "fill_percent",
                      (int)row->fill_percent, "inside", (json_int_t)row->inside, "code_digits",
                      (int)row->code_digits, "rounds", (int)row->rounds, "pair_ns",
                      spread_json(spread_of(row->pair_ns, row->rounds)), "hash_ns",
                      spread_json(spread_of(row->hash_ns, row->rounds)), "ratio_to_hashes",
                      spread_json(ratio_of(row)), "cache_misses", counted_json(row->cache_misses),
                      "instructions", counted_json(row->instructions), "bytes",
                      (json_int_t)row->bytes, "request_memory_bytes",
                      (json_int_t)row->request_bytes, "bytes_per_compartment", bytes_each(row)));
    }
    return json_pack("{s:o}", "rows", rows);
}

static int samples(const void *context, struct samples *all)
{
    const struct engine_results *results = context;
    for (unsigned i = 0; i < results->row_count; i++) {
        const struct engine_row *row = &results->rows[i];
        struct sample *sample = samples_add(all);
        if (sample == NULL)
            return -ENOMEM;
        snprintf(sample->name, sizeof sample->name, "%u compartments, %u %%, pair to hashes",
                 row->compartments, row->fill_percent);
        sample->count = row->rounds;
        ratios_of(row->pair_ns, row->hash_ns, row->rounds, sample->values);
    }
    return 0;
}

static struct chart_series *series_of(struct chart *chart, unsigned fill_percent)
{
    char name[CHART_TEXT_SIZE];
    snprintf(name, sizeof name, "%u %% full", fill_percent);
    for (unsigned i = 0; i < chart->series_count; i++)
        if (strcmp(chart->series[i].name, name) == 0)
            return &chart->series[i];
    return chart_add_series(chart, name, chart->series_count);
}

static void draw_row(struct chart charts[2], const struct engine_row *row)
{
    struct spread ns = spread_of(row->pair_ns, row->rounds);
    struct spread hash = spread_of(row->hash_ns, row->rounds);
    double bytes = bytes_each(row);
    chart_add_point(&charts[0], &charts[0].series[0],
                    (struct chart_point){row->compartments, hash.median, hash.median, hash.median});
    chart_add_point(&charts[0], series_of(&charts[0], row->fill_percent),
                    (struct chart_point){row->compartments, ns.median, ns.min, ns.max});
    if (charts[1].series[0].count == 0 ||
        charts[1].series[0].points[charts[1].series[0].count - 1].x < row->compartments)
        chart_add_point(&charts[1], &charts[1].series[0],
                        (struct chart_point){row->compartments, bytes, bytes, bytes});
}

static int plot(const void *context, FILE *file)
{
    const struct engine_results *results = context;
    struct chart *charts = calloc(2, sizeof *charts);
    if (charts == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < 2; i++)
        charts[i].x =
            (struct axis){.label = "compartments", .is_log = true, .ticks_at_values = true};
    snprintf(charts[0].title, sizeof charts[0].title, "One deposit and one pickup, engine alone");
    charts[0].y = (struct axis){.label = "time, median and ends of the rounds", .unit = AXIS_NS};
    snprintf(charts[1].title, sizeof charts[1].title, "Memory");
    charts[1].y =
        (struct axis){.label = "bytes a compartment, without that of request ids", .is_log = true};
    chart_add_series(&charts[0], "hashes alone", 0);
    chart_add_series(&charts[1], "all occupancies", 0);
    for (unsigned i = 0; i < results->row_count; i++)
        draw_row(charts, &results->rows[i]);
    int status = charts_write(charts, 2, file);
    free(charts);
    return status;
}

struct output_source engine_output(const struct engine_results *results)
{
    return (struct output_source){.results = results,
                                  .print = print,
                                  .print_csv = print_csv,
                                  .json = json,
                                  .samples = samples,
                                  .plot = plot};
}
