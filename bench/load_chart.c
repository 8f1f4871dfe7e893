#include "load_chart.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define CHARTS_MAX 5

/* Points of a curve between two powers of ten. */
#define POINTS_A_DECADE 20

enum loop { CLOSED, PIPELINED, OPEN };

static enum loop loop_of(const struct load_shape *shape)
{
    return shape->rate > 0 ? OPEN : shape->window > 0 ? PIPELINED : CLOSED;
}

static unsigned size_of(const struct load_shape *shape)
{
    return shape->rate > 0 ? shape->rate : shape->window > 0 ? shape->window : shape->clients;
}

/* Shapes of that loop in ascending order. How many. */
static unsigned shapes_of(const struct load_table *table, enum loop loop,
                          unsigned shapes[LOAD_SHAPES_MAX])
{
    unsigned count = 0;
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        if (loop_of(&table->shapes[shape]) != loop)
            continue;
        unsigned at = count++;
        for (; at > 0 && size_of(&table->shapes[shapes[at - 1]]) > size_of(&table->shapes[shape]);
             at--)
            shapes[at] = shapes[at - 1];
        shapes[at] = shape;
    }
    return count;
}

/* One line a server over the shapes of a loop: the median of the rounds, whiskers to the ends. */
static void draw_sizes(struct chart *chart, const struct load_table *table, const unsigned *shapes,
                       unsigned count, bool p99)
{
    for (unsigned target = 0; target < table->target_count; target++) {
        struct chart_series *series = NULL;
        for (unsigned i = 0; i < count; i++) {
            const struct load_cell *cell = table->cells[target][shapes[i]];
            if (cell->skipped)
                continue;
            if (series == NULL)
                series = chart_add_series(chart, table->targets[target], target);
            struct spread spread = spread_of(p99 ? cell->p99_us : cell->per_second, table->rounds);
            double unit = p99 ? 1000 : 1;
            chart_add_point(chart, series,
                            (struct chart_point){.x = size_of(&table->shapes[shapes[i]]),
                                                 .y = spread.median * unit,
                                                 .low = spread.min * unit,
                                                 .high = spread.max * unit});
        }
    }
}

void load_chart_percentiles(struct chart *chart, struct chart_series *series,
                            const struct histogram *histogram)
{
    series->has_marks = false;
    for (unsigned i = 0;; i++) {
        double parts = pow(10, (double)i / POINTS_A_DECADE);
        if (parts > (double)histogram->count)
            return;
        double ns = (double)histogram_percentile(histogram, 100 * (1 - 1 / parts));
        chart_add_point(chart, series,
                        (struct chart_point){.x = parts, .y = ns, .low = ns, .high = ns});
    }
}

static void draw_latencies(struct chart *chart, const struct load_table *table, unsigned shape)
{
    for (unsigned target = 0; target < table->target_count; target++) {
        const struct load_cell *cell = table->cells[target][shape];
        if (cell->skipped)
            continue;
        load_chart_percentiles(chart, chart_add_series(chart, table->targets[target], target),
                               load_cell_latency(cell));
        if (cell->response.count == 0)
            continue;
        struct chart_series *service = chart_add_series(chart, "", target);
        service->is_faint = true;
        load_chart_percentiles(chart, service, &cell->service);
    }
}

/* The highest rate that everybody reached, else the lowest. */
static unsigned rate_to_show(const struct load_table *table, const unsigned *shapes, unsigned count)
{
    unsigned shown = shapes[0];
    for (unsigned i = 0; i < count; i++) {
        bool reached = true;
        for (unsigned target = 0; target < table->target_count; target++)
            reached = reached && table->cells[target][shapes[i]]->rounds_short == 0;
        if (reached)
            shown = shapes[i];
    }
    return shown;
}

static void add_latency_chart(struct chart *chart, const struct load_table *table, unsigned shape)
{
    char text[LOAD_SHAPE_TEXT_SIZE];
    load_shape_text(&table->shapes[shape], text);
    bool open = table->shapes[shape].rate > 0;
    snprintf(chart->title, sizeof chart->title,
             open ? "Response time at %s, open loop" : "Service time, %s", text);
    chart->x = (struct axis){.label = "percentile", .unit = AXIS_PERCENTILE, .is_log = true};
    chart->y = (struct axis){.label = open ? "from when it fell due; dotted: from when it was sent"
                                           : "from when it was sent until it was answered",
                             .unit = AXIS_NS,
                             .is_log = true};
    draw_latencies(chart, table, shape);
}

static unsigned fill(struct chart *charts, const struct load_table *table)
{
    static const char *const loads[] = {"REQ clients", "requests out at a time",
                                        "requests due a second"};
    unsigned count = 0;
    for (enum loop loop = CLOSED; loop <= OPEN; loop++) {
        unsigned shapes[LOAD_SHAPES_MAX];
        unsigned shape_count = shapes_of(table, loop, shapes);
        if (shape_count > 1) {
            struct chart *chart = &charts[count++];
            snprintf(chart->title, sizeof chart->title, "%s",
                     loop == OPEN     ? "Response time against rate, open loop"
                     : loop == CLOSED ? "Throughput against clients, closed loop"
                                      : "Throughput against window, pipelined");
            chart->x = (struct axis){.label = loads[loop], .is_log = true, .ticks_at_values = true};
            chart->y = loop == OPEN ? (struct axis){.label = "p99 of a round, median and ends",
                                                    .unit = AXIS_NS,
                                                    .is_log = true}
                                    : (struct axis){.label = "requests a second, median and ends "
                                                             "of the rounds"};
            draw_sizes(chart, table, shapes, shape_count, loop == OPEN);
        }
        if (shape_count > 0 && loop != PIPELINED)
            add_latency_chart(&charts[count++], table,
                              loop == OPEN ? rate_to_show(table, shapes, shape_count)
                                           : shapes[shape_count - 1]);
    }
    return count;
}

int load_chart_write(const struct load_table *table, FILE *file)
{
    struct chart *charts = calloc(CHARTS_MAX, sizeof *charts);
    if (charts == NULL)
        return -ENOMEM;
    int status = charts_write(charts, fill(charts, table), file);
    free(charts);
    return status;
}
