#include "scale_report.h"

#include "chart.h"

#include <errno.h>
#include <stdlib.h>

typedef void visitor(const struct scale_curve *curve, unsigned line, unsigned point, void *context);

static void visit(const struct scale_results *results, visitor *each, void *context)
{
    for (unsigned i = 0; i < results->curve_count; i++)
        for (unsigned line = 0; line < results->curves[i].line_count; line++)
            for (unsigned point = 0; point < results->curves[i].point_count; point++)
                each(&results->curves[i], line, point, context);
}

static struct spread spread_at(const struct scale_curve *curve, unsigned line, unsigned point)
{
    return spread_of(curve->y[line][point], curve->rounds);
}

static void print_point(const struct scale_curve *curve, unsigned line, unsigned point,
                        void *context)
{
    FILE *file = context;
    struct spread spread = spread_at(curve, line, point);
    if (line == 0 && point == 0)
        fprintf(file, "\n%s: %s\n%12s  %-24s %9s\n", curve->name, curve->y_label, curve->x_label,
                "", "median");
    fprintf(file, "%12.0f  %-24s %9.2f  (%.2f to %.2f)\n", curve->x[point], curve->lines[line],
            spread.median, spread.min, spread.max);
}

static void print(const void *context, FILE *file)
{
    const struct scale_results *results = context;
    fprintf(file,
            "A cost is the echo's requests a second over the station's, of the same round, with\n"
            "%u clients in a closed loop: 1 is as cheap as the bare transport.\n",
            results->clients);
    visit(results, print_point, file);
}

static void print_point_csv(const struct scale_curve *curve, unsigned line, unsigned point,
                            void *context)
{
    FILE *file = context;
    struct spread spread = spread_at(curve, line, point);
    fprintf(file, "\"%s\",\"%s\",\"%s\",\"%s\",%.0f,%u,%.4f,%.4f,%.4f\n", curve->name,
            curve->x_label, curve->y_label, curve->lines[line], curve->x[point], curve->rounds,
            spread.median, spread.min, spread.max);
}

static void print_csv(const void *context, FILE *file)
{
    fputs("curve,x_is,y_is,line,x,rounds,y_median,y_min,y_max\n", file);
    visit(context, print_point_csv, file);
}

static void add_point_json(const struct scale_curve *curve, unsigned line, unsigned point,
                           void *context)
{
    struct spread spread = spread_at(curve, line, point);
    json_array_append_new(context,
                          json_pack("{s:s, s:s, s:s, s:s, s:f, s:{s:f, s:f, s:f}}", "curve",
                                    curve->name, "x_is", curve->x_label, "y_is", curve->y_label,
                                    "line", curve->lines[line], "x", curve->x[point], "y", "median",
                                    spread.median, "min", spread.min, "max", spread.max));
}

static json_t *json(const void *context)
{
    const struct scale_results *results = context;
    json_t *points = json_array();
    visit(results, add_point_json, points);
    return json_pack("{s:i, s:o}", "clients", (int)results->clients, "points", points);
}

static int samples(const void *context, struct samples *all)
{
    const struct scale_results *results = context;
    for (unsigned i = 0; i < results->curve_count; i++) {
        const struct scale_curve *curve = &results->curves[i];
        for (unsigned line = 0; line < curve->line_count; line++) {
            for (unsigned point = 0; point < curve->point_count; point++) {
                struct sample *sample = samples_add(all);
                if (sample == NULL)
                    return -ENOMEM;
                snprintf(sample->name, sizeof sample->name, "%s, %s, %.0f %s", curve->name,
                         curve->lines[line], curve->x[point], curve->x_label);
                sample->count = curve->rounds;
                for (unsigned round = 0; round < curve->rounds; round++)
                    sample->values[round] = curve->y[line][point][round];
            }
        }
    }
    return 0;
}

static void draw_curve(struct chart *chart, const struct scale_curve *curve)
{
    snprintf(chart->title, sizeof chart->title, "%c%s", curve->name[0] - 'a' + 'A',
             curve->name + 1);
    chart->x = (struct axis){.label = curve->x_label, .is_log = true, .ticks_at_values = true};
    chart->y = (struct axis){.label = curve->y_label};
    for (unsigned line = 0; line < curve->line_count; line++) {
        struct chart_series *series =
            chart_add_series(chart, curve->lines[line], curve->first_style + line);
        for (unsigned point = 0; point < curve->point_count; point++) {
            struct spread spread = spread_at(curve, line, point);
            chart_add_point(
                chart, series,
                (struct chart_point){curve->x[point], spread.median, spread.min, spread.max});
        }
    }
}

static int plot(const void *context, FILE *file)
{
    const struct scale_results *results = context;
    struct chart *charts = calloc(SCALE_CURVES_MAX, sizeof *charts);
    if (charts == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < results->curve_count; i++)
        draw_curve(&charts[i], &results->curves[i]);
    int status = charts_write(charts, results->curve_count, file);
    free(charts);
    return status;
}

struct output_source scale_output(const struct scale_results *results)
{
    return (struct output_source){.results = results,
                                  .print = print,
                                  .print_csv = print_csv,
                                  .json = json,
                                  .samples = samples,
                                  .plot = plot};
}
