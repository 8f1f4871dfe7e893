#include "load_report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

static double us(uint64_t ns)
{
    return (double)ns / 1000;
}

static void print_cell(const struct load_table *table, unsigned target, unsigned shape, FILE *file)
{
    const struct load_cell *cell = table->cells[target][shape];
    struct spread rate = load_table_rate(table, target, shape);
    char name[LOAD_SHAPE_TEXT_SIZE] = "";
    char ratio_text[48] = "";
    if (target == 0) {
        load_shape_text(&table->shapes[shape], name);
    } else {
        struct spread ratio = load_table_ratio(table, target, 0, shape);
        snprintf(ratio_text, sizeof ratio_text, "%5.2f  (%.2f to %.2f)", ratio.median, ratio.min,
                 ratio.max);
    }
    fprintf(file, "%-11s %-10s %9.0f  (%.0f to %.0f)%*s %-21s %8.0f %8.0f %8.0f", name,
            table->targets[target], rate.median, rate.min, rate.max,
            18 - snprintf(NULL, 0, "(%.0f to %.0f)", rate.min, rate.max), "", ratio_text,
            us(histogram_percentile(&cell->latency, 50)),
            us(histogram_percentile(&cell->latency, 99)), us(cell->latency.max));
    if (cell->refused > 0)
        fprintf(file, "  %" PRIu64 " REFUSED", cell->refused);
    fputc('\n', file);
}

/* What durability costs: each station after the first, as a ratio to the first. */
static void print_between_stations(const struct load_table *table, FILE *file)
{
    for (unsigned target = 2; target < table->target_count; target++) {
        fprintf(file, "\n%s to %s:", table->targets[target], table->targets[1]);
        for (unsigned shape = 0; shape < table->shape_count; shape++) {
            char name[LOAD_SHAPE_TEXT_SIZE];
            load_shape_text(&table->shapes[shape], name);
            fprintf(file, "%s %s %.2f", shape == 0 ? "" : ",", name,
                    load_table_ratio(table, target, 1, shape).median);
        }
        fputc('\n', file);
    }
}

void load_print(const struct load_table *table, FILE *file)
{
    fprintf(file,
            "Deposit and pickup in turn, %u interleaved rounds of %g s each; medians, and the "
            "spread from\nthe lowest round to the highest. Ratios are to the echo of the same "
            "round; latencies are of one\nrequest, over all rounds.\n\n",
            table->rounds, table->seconds);
    fprintf(file, "%-11s %-10s %9s  %-18s %-21s %8s %8s %8s\n", "load", "server", "req/s", "",
            "ratio to echo", "p50 us", "p99 us", "max us");
    for (unsigned shape = 0; shape < table->shape_count; shape++)
        for (unsigned target = 0; target < table->target_count; target++)
            print_cell(table, target, shape, file);
    print_between_stations(table, file);
}

static json_t *spread_json(struct spread spread)
{
    return json_pack("{s:f, s:f, s:f}", "median", spread.median, "min", spread.min, "max",
                     spread.max);
}

static json_t *cell_json(const struct load_table *table, unsigned target, unsigned shape)
{
    const struct load_cell *cell = table->cells[target][shape];
    const struct histogram *latency = &cell->latency;
    json_t *object = json_pack(
        "{s:s, s:i, s:i, s:o, s:I, s:I, s:f, s:f, s:f, s:f}", "server", table->targets[target],
        "clients", (int)table->shapes[shape].clients, "window", (int)table->shapes[shape].window,
        "per_second", spread_json(load_table_rate(table, target, shape)), "answered",
        (json_int_t)latency->count, "refused", (json_int_t)cell->refused, "p50_us",
        us(histogram_percentile(latency, 50)), "p99_us", us(histogram_percentile(latency, 99)),
        "p99.9_us", us(histogram_percentile(latency, 99.9)), "max_us", us(latency->max));
    if (object != NULL && target > 0)
        json_object_set_new(object, "ratio_to_echo",
                            spread_json(load_table_ratio(table, target, 0, shape)));
    if (object != NULL && target > 1)
        json_object_set_new(object, "ratio_to_first",
                            spread_json(load_table_ratio(table, target, 1, shape)));
    return object;
}

int load_print_json(const struct load_table *table, FILE *file)
{
    json_t *cells = json_array();
    for (unsigned shape = 0; shape < table->shape_count; shape++)
        for (unsigned target = 0; target < table->target_count; target++)
            json_array_append_new(cells, cell_json(table, target, shape));
    json_t *object = json_pack("{s:i, s:f, s:o}", "rounds", (int)table->rounds, "seconds",
                               table->seconds, "cells", cells);
    if (object == NULL)
        return -ENOMEM;
    int status = json_dumpf(object, file, JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0 ||
                         fputc('\n', file) == EOF
                     ? -EIO
                     : 0;
    json_decref(object);
    return status;
}
