#include "load_report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

struct spread spread_of(const double *values, unsigned count)
{
    double sorted[LOAD_ROUNDS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, by_value);
    return (struct spread){
        .median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
        .min = sorted[0],
        .max = sorted[count - 1],
    };
}

struct spread load_rate(const struct load_table *table, unsigned target, unsigned shape)
{
    return spread_of(table->cells[target][shape]->per_second, table->rounds);
}

struct spread load_ratio(const struct load_table *table, unsigned target, unsigned to,
                         unsigned shape)
{
    double ratios[LOAD_ROUNDS_MAX];
    for (unsigned round = 0; round < table->rounds; round++) {
        double base = table->cells[to][shape]->per_second[round];
        ratios[round] = base > 0 ? table->cells[target][shape]->per_second[round] / base : 0;
    }
    return spread_of(ratios, table->rounds);
}

static void shape_text(const struct load_shape *shape, char text[32])
{
    if (shape->window > 0)
        snprintf(text, 32, "window %u", shape->window);
    else
        snprintf(text, 32, shape->clients == 1 ? "1 client" : "%u clients", shape->clients);
}

static double us(uint64_t ns)
{
    return (double)ns / 1000;
}

static void print_cell(const struct load_table *table, unsigned target, unsigned shape, FILE *file)
{
    const struct load_cell *cell = table->cells[target][shape];
    struct spread rate = load_rate(table, target, shape);
    char name[32] = "";
    char ratio_text[48] = "";
    if (target == 0) {
        shape_text(&table->shapes[shape], name);
    } else {
        struct spread ratio = load_ratio(table, target, 0, shape);
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
            char name[32];
            shape_text(&table->shapes[shape], name);
            fprintf(file, "%s %s %.2f", shape == 0 ? "" : ",", name,
                    load_ratio(table, target, 1, shape).median);
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

#define BAR_WIDTH 50

void load_plot(const struct load_table *table, FILE *file)
{
    fprintf(file, "\nRatio to the echo (%d characters are 1.00)\n", BAR_WIDTH);
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        for (unsigned target = 1; target < table->target_count; target++) {
            char name[32];
            shape_text(&table->shapes[shape], name);
            double ratio = load_ratio(table, target, 0, shape).median;
            fprintf(file, "%-11s %-10s ", target == 1 ? name : "", table->targets[target]);
            int length = ratio > 2 ? 2 * BAR_WIDTH : (int)(ratio * BAR_WIDTH + 0.5);
            for (int i = 0; i < length; i++)
                fputc('#', file);
            fprintf(file, " %.2f\n", ratio);
        }
    }
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
        "per_second", spread_json(load_rate(table, target, shape)), "answered",
        (json_int_t)latency->count, "refused", (json_int_t)cell->refused, "p50_us",
        us(histogram_percentile(latency, 50)), "p99_us", us(histogram_percentile(latency, 99)),
        "p99.9_us", us(histogram_percentile(latency, 99.9)), "max_us", us(latency->max));
    if (object != NULL && target > 0)
        json_object_set_new(object, "ratio_to_echo",
                            spread_json(load_ratio(table, target, 0, shape)));
    if (object != NULL && target > 1)
        json_object_set_new(object, "ratio_to_first",
                            spread_json(load_ratio(table, target, 1, shape)));
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
