#include "load_report.h"

#include "percentiles.h"

#include <errno.h>
#include <inttypes.h>

static bool is_open(const struct load_table *table, unsigned shape)
{
    return table->shapes[shape].rate > 0;
}

/* ---- for people ------------------------------------------------------------------------ */

static int put_spread(const struct spread *spread, int decimals, char *text, size_t size)
{
    return snprintf(text, size, "(%.*f to %.*f)", decimals, spread->min, decimals, spread->max);
}

static void print_rate(const struct load_table *table, unsigned target, unsigned shape, FILE *file)
{
    const struct load_cell *cell = table->cells[target][shape];
    struct spread rate = load_table_rate(table, target, shape);
    char name[LOAD_SHAPE_TEXT_SIZE];
    char ends[64];
    load_shape_text(&table->shapes[shape], name);
    if (cell->skipped) {
        fprintf(file, "%-11s %-14s %9s\n", target == 0 ? name : "", table->targets[target], "-");
        return;
    }
    put_spread(&rate, 0, ends, sizeof ends);
    fprintf(file, "%-11s %-14s %9.0f  %-*s", target == 0 ? name : "", table->targets[target],
            rate.median, target == 0 ? 0 : 20, ends);
    if (target > 0) {
        struct spread ratio = load_table_ratio(table, target, 0, shape);
        put_spread(&ratio, 2, ends, sizeof ends);
        fprintf(file, " %5.2f  %s", ratio.median, ends);
    }
    if (cell->refused > 0)
        fprintf(file, "  %" PRIu64 " REFUSED", cell->refused);
    fputc('\n', file);
}

static void print_rates(const struct load_table *table, FILE *file)
{
    fprintf(file, "%-11s %-14s %9s  %-20s %s\n", "load", "server", "req/s", "", "ratio to echo");
    for (unsigned shape = 0; shape < table->shape_count; shape++)
        for (unsigned target = 0; target < table->target_count; target++)
            print_rate(table, target, shape, file);
}

static void print_latencies(const struct load_table *table, FILE *file)
{
    fprintf(file, "\nLatency, us, of one request, over all rounds\n%-11s %-14s %-8s", "load",
            "server", "time");
    percentiles_print_heads(file);
    fputc('\n', file);
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        for (unsigned target = 0; target < table->target_count; target++) {
            const struct load_cell *cell = table->cells[target][shape];
            char name[LOAD_SHAPE_TEXT_SIZE];
            if (cell->skipped)
                continue;
            load_shape_text(&table->shapes[shape], name);
            fprintf(file, "%-11s %-14s %-8s", target == 0 ? name : "", table->targets[target],
                    is_open(table, shape) ? "response" : "service");
            percentiles_print(load_cell_latency(cell), file);
            fputc('\n', file);
            if (!is_open(table, shape))
                continue;
            fprintf(file, "%-11s %-14s %-8s", "", "", "service");
            percentiles_print(&cell->service, file);
            fputc('\n', file);
        }
    }
    fputs("\nThe service time of a request counts from when it was sent until it was answered.\n",
          file);
}

static void print_open_notes(const struct load_table *table, FILE *file)
{
    bool any = false;
    for (unsigned shape = 0; shape < table->shape_count; shape++)
        any = any || is_open(table, shape);
    if (!any)
        return;
    fputs("The response time counts from when it fell due, so it holds the waiting for a server\n"
          "that is behind.\n",
          file);
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        for (unsigned target = 0; target < table->target_count; target++) {
            unsigned count = table->cells[target][shape]->rounds_short;
            char name[LOAD_SHAPE_TEXT_SIZE];
            load_shape_text(&table->shapes[shape], name);
            if (count > 0)
                fprintf(file,
                        "WARNING: %s did not reach %s in %u of %u rounds: its response times grow "
                        "with the\nlength of the round and say nothing else.\n",
                        table->targets[target], name, count, table->rounds);
        }
    }
}

static void print_pair(const struct load_table *table, unsigned of, unsigned to, FILE *file)
{
    fprintf(file, "\n%s to %s:", table->targets[of], table->targets[to]);
    const char *separator = "";
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        char name[LOAD_SHAPE_TEXT_SIZE];
        if (table->cells[of][shape]->skipped || table->cells[to][shape]->skipped)
            continue;
        load_shape_text(&table->shapes[shape], name);
        fprintf(file, "%s %s %.2f", separator, name, load_table_ratio(table, of, to, shape).median);
        separator = ",";
    }
    fputc('\n', file);
}

/* What durability costs: the durable station to the ephemeral one, and then to what else promises
 * as much. */
static void print_between_servers(const struct load_table *table, FILE *file)
{
    if (table->target_count > LOAD_DURABLE)
        print_pair(table, LOAD_DURABLE, LOAD_EPHEMERAL, file);
    for (unsigned other = LOAD_DURABLE + 1; other < table->target_count; other++)
        print_pair(table, LOAD_DURABLE, other, file);
}

static void print_guarantees(const struct load_table *table, FILE *file)
{
    bool any = false;
    for (unsigned target = 0; target < table->target_count; target++)
        any = any || table->notes[target] != NULL;
    if (any)
        fprintf(file, "\n%-14s guarantees\n", "server");
    for (unsigned target = 0; any && target < table->target_count; target++)
        fprintf(file, "%-14s %s\n", table->targets[target],
                table->notes[target] == NULL ? "(not said)" : table->notes[target]);
}

void load_print(const struct load_table *table, FILE *file)
{
    fprintf(file,
            "Deposit and pickup in turn, %u interleaved round%s of %g s each; medians, and the "
            "spread from\nthe lowest round to the highest. Ratios are to the echo of the same "
            "round.\n\n",
            table->rounds, table->rounds == 1 ? "" : "s", table->seconds);
    print_rates(table, file);
    print_latencies(table, file);
    print_open_notes(table, file);
    print_between_servers(table, file);
    print_guarantees(table, file);
}

/* ---- for spreadsheets ------------------------------------------------------------------ */

static void put_csv_percentiles(const struct histogram *histogram, FILE *file)
{
    for (unsigned i = 0; i < PERCENTILE_COUNT; i++) {
        fputc(',', file);
        if (percentile_is_known(histogram, i))
            fprintf(file, "%.3f", percentile_us(histogram, i));
    }
}

static void put_csv_heads(const char *prefix, FILE *file)
{
    for (unsigned i = 0; i < PERCENTILE_COUNT; i++)
        fprintf(file, ",%s%s_us", prefix, percentiles[i].name);
}

void load_print_csv(const struct load_table *table, FILE *file)
{
    fputs("server,loop,clients,window,rate,rounds,seconds,answered,refused,rounds_short,"
          "per_second_median,per_second_min,per_second_max,ratio_median,ratio_min,ratio_max",
          file);
    put_csv_heads("service_", file);
    put_csv_heads("response_", file);
    fputc('\n', file);
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        const struct load_shape *how = &table->shapes[shape];
        for (unsigned target = 0; target < table->target_count; target++) {
            const struct load_cell *cell = table->cells[target][shape];
            if (cell->skipped)
                continue;
            struct spread rate = load_table_rate(table, target, shape);
            struct spread ratio = load_table_ratio(table, target, 0, shape);
            fprintf(file, "%s,%s,%u,%u,%u,%u,%g,%" PRIu64 ",%" PRIu64 ",%u", table->targets[target],
                    how->rate > 0     ? "open"
                    : how->window > 0 ? "pipelined"
                                      : "closed",
                    how->clients, how->window, how->rate, table->rounds, table->seconds,
                    cell->service.count, cell->refused, cell->rounds_short);
            fprintf(file, ",%.1f,%.1f,%.1f,%.4f,%.4f,%.4f", rate.median, rate.min, rate.max,
                    ratio.median, ratio.min, ratio.max);
            put_csv_percentiles(&cell->service, file);
            put_csv_percentiles(&cell->response, file);
            fputc('\n', file);
        }
    }
}

/* ---- for programs ---------------------------------------------------------------------- */

static json_t *spread_json(struct spread spread)
{
    return json_pack("{s:f, s:f, s:f}", "median", spread.median, "min", spread.min, "max",
                     spread.max);
}

static json_t *cell_json(const struct load_table *table, unsigned target, unsigned shape)
{
    const struct load_cell *cell = table->cells[target][shape];
    const struct load_shape *how = &table->shapes[shape];
    json_t *object = json_pack(
        "{s:s, s:s*, s:i, s:i, s:i, s:o, s:I, s:I, s:i, s:o}", "server", table->targets[target],
        "guarantees", table->notes[target], "clients", (int)how->clients, "window",
        (int)how->window, "rate", (int)how->rate, "per_second",
        spread_json(load_table_rate(table, target, shape)), "answered",
        (json_int_t)cell->service.count, "refused", (json_int_t)cell->refused, "rounds_short",
        (int)cell->rounds_short, "service", percentiles_json(&cell->service));
    if (object != NULL && is_open(table, shape))
        json_object_set_new(object, "response", percentiles_json(&cell->response));
    if (object != NULL && target > 0)
        json_object_set_new(object, "ratio_to_echo",
                            spread_json(load_table_ratio(table, target, 0, shape)));
    if (object != NULL && target > 1)
        json_object_set_new(object, "ratio_to_first",
                            spread_json(load_table_ratio(table, target, 1, shape)));
    return object;
}

json_t *load_json(const struct load_table *table)
{
    json_t *cells = json_array();
    for (unsigned shape = 0; shape < table->shape_count; shape++)
        for (unsigned target = 0; target < table->target_count; target++)
            if (!table->cells[target][shape]->skipped)
                json_array_append_new(cells, cell_json(table, target, shape));
    return json_pack("{s:i, s:f, s:o}", "rounds", (int)table->rounds, "seconds", table->seconds,
                     "cells", cells);
}

/* ---- for a later run ------------------------------------------------------------------- */

static int add_ratio(struct samples *samples, const char *what, const struct load_table *table,
                     unsigned target, unsigned shape, const double *values, const double *bases)
{
    struct sample *sample = samples_add(samples);
    if (sample == NULL)
        return -ENOMEM;
    char name[LOAD_SHAPE_TEXT_SIZE];
    load_shape_text(&table->shapes[shape], name);
    snprintf(sample->name, sizeof sample->name, "%s, %s, %s to echo", table->targets[target], name,
             what);
    sample->more_is_better = values == table->cells[target][shape]->per_second;
    sample->count = table->rounds;
    ratios_of(values, bases, table->rounds, sample->values);
    return 0;
}

int load_samples(const struct load_table *table, struct samples *samples)
{
    int status = 0;
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        const struct load_cell *echo = table->cells[0][shape];
        for (unsigned target = 1; target < table->target_count && status == 0; target++) {
            const struct load_cell *cell = table->cells[target][shape];
            if (cell->skipped)
                continue;
            /* An open loop's throughput is what was asked of it. */
            status = is_open(table, shape) ? add_ratio(samples, "p50", table, target, shape,
                                                       cell->p50_us, echo->p50_us)
                                           : add_ratio(samples, "req/s", table, target, shape,
                                                       cell->per_second, echo->per_second);
            if (status == 0)
                status =
                    add_ratio(samples, "p99", table, target, shape, cell->p99_us, echo->p99_us);
        }
    }
    return status;
}
