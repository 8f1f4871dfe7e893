#include "stages_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How a part of the way is told, and which span of the driver's desk has its percentiles. */
static const struct {
    const char *text;
    const char *span;
} parts[STAGES_PARTS] = {
    [PART_TRANSPORT] = {"transport, there and back, and the client", NULL},
    [PART_DECIDED] = {"desk: decoded, decided, recorded", "decided"},
    [PART_HANDED] = {"desk: answer encoded, the batch's others", "handed"},
    [PART_TAKEN] = {"until the keeper takes it", "taken"},
    [PART_STORED] = {"keeper: onto the disk", "stored"},
    [PART_RELEASED] = {"until its desk sends the answer", "released"},
    [PART_SENT] = {"desk: sent", "sent"},
};

static double part_median(const struct stages_cell *cell, enum stages_part part)
{
    double values[STAGES_ROUNDS_MAX];
    for (unsigned round = 0; round < cell->rounds; round++) {
        double way[STAGES_PARTS];
        stages_way(cell, round, way);
        values[round] = way[part];
    }
    return spread_of(values, cell->rounds).median;
}

/* Medians of the rounds' trips. */
static struct stages_trip trip_of(const struct stages_trip *trips, unsigned rounds)
{
    double values[4][STAGES_ROUNDS_MAX];
    for (unsigned i = 0; i < rounds; i++) {
        values[0][i] = trips[i].per_second;
        values[1][i] = trips[i].mean_ns;
        values[2][i] = trips[i].p50_ns;
        values[3][i] = trips[i].p99_ns;
    }
    return (struct stages_trip){
        spread_of(values[0], rounds).median, spread_of(values[1], rounds).median,
        spread_of(values[2], rounds).median, spread_of(values[3], rounds).median};
}

/* What the marks of the processes on a deposit's way cost it at most. */
static double marks_ns(const struct stages_cell *cell)
{
    double sum_ns = 0;
    for (unsigned i = 0; i < cell->row_count; i++)
        if (strcmp(cell->rows[i].process, "driver desk") == 0 ||
            strcmp(cell->rows[i].process, "keeper") == 0)
            sum_ns += spread_of(cell->rows[i].figures[STAGES_MARK_NS], cell->rounds).median;
    return sum_ns;
}

/* Once in so many requests, at least. */
#define SELDOM 0.001

/* Whether a load has to do with it: the archivist and the operator's desk have not, nor what hardly
 * ever happened. Spans are in the way of a deposit, but for that between being woken and waking. */
static bool is_shown(const struct stages_cell *cell, const struct stages_row *row)
{
    return strcmp(row->process, "archivist") != 0 && strcmp(row->process, "operator desk") != 0 &&
           (!row->span || strcmp(row->stage, "woken") == 0) &&
           spread_of(row->figures[STAGES_TIMES], cell->rounds).median >= SELDOM;
}

/* ---- for people ---------------------------------------------------------------------------- */

static void print_us(FILE *file, double ns)
{
    fprintf(file, " %9.2f", ns / 1000);
}

static void print_way(const struct stages_cell *cell, FILE *file)
{
    const struct stages_trip trip = trip_of(cell->trips, cell->rounds);
    const struct stages_trip echo = trip_of(cell->echo, cell->rounds);
    fprintf(file, "  %-44s %9s %7s %9s %9s\n", "the way of one deposit, us", "mean", "share", "p50",
            "p99");
    for (unsigned part = 0; part < STAGES_PARTS; part++) {
        const double mean_ns = part_median(cell, part);
        const char *span = parts[part].span;
        if (span != NULL && stages_median(cell, "driver desk", span, STAGES_TIMES) == 0)
            continue; /* without a ledger */
        fprintf(file, "  %-44s", parts[part].text);
        print_us(file, mean_ns);
        fprintf(file, " %5.1f %%", 100 * mean_ns / trip.mean_ns);
        if (span != NULL) {
            print_us(file, stages_median(cell, "driver desk", span, STAGES_P50_NS));
            print_us(file, stages_median(cell, "driver desk", span, STAGES_P99_NS));
        }
        fputc('\n', file);
    }
    fprintf(file, "  %-44s", "round trip");
    print_us(file, trip.mean_ns);
    fprintf(file, " %5.1f %%", 100.0);
    print_us(file, trip.p50_ns);
    print_us(file, trip.p99_ns);
    fprintf(file, "\n  %-44s", "the echo's round trip");
    print_us(file, echo.mean_ns);
    fprintf(file, " %5.1f %%", 100 * echo.mean_ns / trip.mean_ns);
    print_us(file, echo.p50_ns);
    print_us(file, echo.p99_ns);
    fprintf(file, "\n  %-44s", "of all this the marks themselves, at most");
    print_us(file, marks_ns(cell));
    fputs("\n\n", file);
}

static double processor_ns(const struct stages_cell *cell, unsigned process)
{
    return spread_of(cell->processor_ns[process], cell->rounds).median;
}

static void print_processors(const struct stages_cell *cell, FILE *file)
{
    double sum_ns = 0;
    fputs("  processor time a request, all threads, us: ", file);
    for (unsigned process = 0; process < STAGES_PROCESSES; process++) {
        fprintf(file, "%s %.2f, ", stages_processes[process], processor_ns(cell, process) / 1000);
        sum_ns += processor_ns(cell, process);
    }
    fprintf(file, "together %.2f\n\n", sum_ns / 1000);
}

static void print_row(const struct stages_cell *cell, const struct stages_row *row, FILE *file)
{
    const double times = spread_of(row->figures[STAGES_TIMES], cell->rounds).median;
    const double mean_ns = spread_of(row->figures[STAGES_MEAN_NS], cell->rounds).median;
    fprintf(file, "  %-12s %-16s %9.3f", row->process, row->stage, times);
    print_us(file, mean_ns);
    print_us(file, spread_of(row->figures[STAGES_P50_NS], cell->rounds).median);
    print_us(file, spread_of(row->figures[STAGES_P99_NS], cell->rounds).median);
    if (!row->span)
        print_us(file, times * mean_ns);
    fputc('\n', file);
}

static void print_cell(const struct stages_cell *cell, FILE *file)
{
    char shape[LOAD_SHAPE_TEXT_SIZE];
    load_shape_text(&cell->shape, shape);
    fprintf(file, "\n%s, %s: %.0f requests a second; the echo %.0f\n\n", cell->station, shape,
            trip_of(cell->trips, cell->rounds).per_second,
            trip_of(cell->echo, cell->rounds).per_second);
    print_way(cell, file);
    print_processors(cell, file);
    fprintf(file, "  %-12s %-16s %9s %9s %9s %9s %9s\n", "process", "stage, us", "times", "mean",
            "p50", "p99", "a request");
    for (unsigned i = 0; i < cell->row_count; i++)
        if (is_shown(cell, &cell->rows[i]))
            print_row(cell, &cell->rows[i], file);
}

static void print(const void *context, FILE *file)
{
    const struct stages_table *table = context;
    fputs(
        "Where the time of a deposit goes, in a traced station. \"times\" is a request of that\n"
        "process (the keeper's: a change), \"woken\" what passed between being woken and waking.\n",
        file);
    for (unsigned i = 0; i < table->cell_count; i++)
        print_cell(table->cells[i], file);
}

/* ---- for programs -------------------------------------------------------------------------- */

static void print_csv_way(const struct stages_cell *cell, const char *shape, FILE *file)
{
    const struct stages_trip trips[] = {trip_of(cell->trips, cell->rounds),
                                        trip_of(cell->echo, cell->rounds)};
    for (unsigned part = 0; part < STAGES_PARTS; part++)
        fprintf(file, "%s,%s,way,\"%s\",1,%.1f,,\n", cell->station, shape, parts[part].text,
                part_median(cell, part));
    for (unsigned process = 0; process < STAGES_PROCESSES; process++)
        fprintf(file, "%s,%s,%s,processor,1,%.1f,,\n", cell->station, shape,
                stages_processes[process], processor_ns(cell, process));
    for (unsigned i = 0; i < 2; i++)
        fprintf(file, "%s,%s,way,%s,1,%.1f,%.1f,%.1f\n", cell->station, shape,
                i == 0 ? "round trip" : "echo", trips[i].mean_ns, trips[i].p50_ns, trips[i].p99_ns);
}

static void print_csv(const void *context, FILE *file)
{
    const struct stages_table *table = context;
    fputs("station,load,process,stage,times,mean_ns,p50_ns,p99_ns\n", file);
    for (unsigned i = 0; i < table->cell_count; i++) {
        const struct stages_cell *cell = table->cells[i];
        char shape[LOAD_SHAPE_TEXT_SIZE];
        load_shape_text(&cell->shape, shape);
        print_csv_way(cell, shape, file);
        for (unsigned r = 0; r < cell->row_count; r++) {
            fprintf(file, "%s,%s,%s,%s", cell->station, shape, cell->rows[r].process,
                    cell->rows[r].stage);
            for (unsigned figure = STAGES_TIMES; figure <= STAGES_P99_NS; figure++)
                fprintf(file, ",%.4f",
                        spread_of(cell->rows[r].figures[figure], cell->rounds).median);
            fputc('\n', file);
        }
    }
}

static json_t *row_json(const struct stages_cell *cell, const struct stages_row *row)
{
    double medians[STAGES_FIGURES];
    for (unsigned figure = 0; figure < STAGES_FIGURES; figure++)
        medians[figure] = spread_of(row->figures[figure], cell->rounds).median;
    return json_pack("{s:s, s:s, s:b, s:f, s:f, s:f, s:f, s:f}", "process", row->process, "stage",
                     row->stage, "span", (int)row->span, "times", medians[STAGES_TIMES], "mean_ns",
                     medians[STAGES_MEAN_NS], "p50_ns", medians[STAGES_P50_NS], "p99_ns",
                     medians[STAGES_P99_NS], "marks_ns", medians[STAGES_MARK_NS]);
}

static json_t *trip_json(const struct stages_trip *trips, unsigned rounds)
{
    const struct stages_trip trip = trip_of(trips, rounds);
    return json_pack("{s:f, s:f, s:f, s:f}", "requests_per_second", trip.per_second, "mean_ns",
                     trip.mean_ns, "p50_ns", trip.p50_ns, "p99_ns", trip.p99_ns);
}

static json_t *cell_json(const struct stages_cell *cell)
{
    char shape[LOAD_SHAPE_TEXT_SIZE];
    json_t *way = json_array();
    json_t *stages = json_array();
    json_t *processors = json_object();
    load_shape_text(&cell->shape, shape);
    for (unsigned part = 0; part < STAGES_PARTS; part++)
        json_array_append_new(way, json_pack("{s:s, s:f}", "part", parts[part].text, "mean_ns",
                                             part_median(cell, part)));
    for (unsigned process = 0; process < STAGES_PROCESSES; process++)
        json_object_set_new(processors, stages_processes[process],
                            json_real(processor_ns(cell, process)));
    for (unsigned i = 0; i < cell->row_count; i++)
        json_array_append_new(stages, row_json(cell, &cell->rows[i]));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "station", cell->station, "load", shape,
                     "round_trip", trip_json(cell->trips, cell->rounds), "echo",
                     trip_json(cell->echo, cell->rounds), "way", way, "processor_ns", processors,
                     "stages", stages);
}

static json_t *json(const void *context)
{
    const struct stages_table *table = context;
    json_t *cells = json_array();
    for (unsigned i = 0; i < table->cell_count; i++)
        json_array_append_new(cells, cell_json(table->cells[i]));
    return json_pack("{s:o}", "cells", cells);
}

/* The parts of the way as shares of the round trip: what a later run is compared with. */
static int cell_samples(const struct stages_cell *cell, struct samples *all)
{
    char shape[LOAD_SHAPE_TEXT_SIZE];
    load_shape_text(&cell->shape, shape);
    for (unsigned part = 0; part < STAGES_PARTS; part++) {
        struct sample *sample = samples_add(all);
        if (sample == NULL)
            return -ENOMEM;
        snprintf(sample->name, sizeof sample->name, "%s, %s: %s, to the echo's round trip",
                 cell->station, shape, parts[part].text);
        sample->count = cell->rounds;
        for (unsigned round = 0; round < cell->rounds; round++) {
            double way[STAGES_PARTS];
            stages_way(cell, round, way);
            sample->values[round] = way[part] / cell->echo[round].mean_ns;
        }
    }
    return 0;
}

static int samples(const void *context, struct samples *all)
{
    const struct stages_table *table = context;
    int status = 0;
    for (unsigned i = 0; i < table->cell_count && status == 0; i++)
        status = cell_samples(table->cells[i], all);
    return status;
}

struct output_source stages_output(const struct stages_table *table)
{
    return (struct output_source){
        .results = table, .print = print, .print_csv = print_csv, .json = json, .samples = samples};
}
