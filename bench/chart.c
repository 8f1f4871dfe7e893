#include "chart.h"

#include <errno.h>
#include <string.h>

/* One chart's place, in pixels; to its right the names of the lines. */
#define CHART_HEIGHT 400
#define PLOT_WIDTH   430
#define LEFT         72
#define TOP          64
#define BOTTOM       56
#define LABEL_GAP    15.0
#define LETTER_WIDTH 7.3 /* on average, at the font's size */
#define LEGEND_ROW   20.0

static const char *const colours[] = {"#000000", "#0072b2", "#d55e00", "#009e73",
                                      "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"};
static const char *const dashes[] = {"6 4", "", "", "8 3 2 3", "3 3", "", "10 4", "2 2"};

#define STYLE_COUNT (sizeof colours / sizeof colours[0])

struct frame {
    const struct chart *chart;
    double left, top, width, height; /* of the plot itself */
};

struct chart_series *chart_add_series(struct chart *chart, const char *name, unsigned style)
{
    if (chart->series_count < CHART_SERIES_MAX)
        chart->series_count++;
    struct chart_series *series = &chart->series[chart->series_count - 1];
    *series = (struct chart_series){.style = style % STYLE_COUNT, .has_marks = true};
    snprintf(series->name, sizeof series->name, "%s", name);
    return series;
}

void chart_add_point(struct chart *chart, struct chart_series *series, struct chart_point point)
{
    if (series->count == CHART_POINTS_MAX)
        return;
    series->points[series->count++] = point;
    axis_include(&chart->x, point.x);
    axis_include(&chart->y, point.low);
    axis_include(&chart->y, point.high);
    axis_include(&chart->y, point.y);
}

static void put_text(const char *text, FILE *file)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

static void put_label(double x, double y, const char *attributes, const char *text, FILE *file)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, attributes);
    put_text(text, file);
    fputs("</text>\n", file);
}

static double x_of(const struct frame *frame, double value)
{
    return frame->left + frame->width * axis_place(&frame->chart->x, value);
}

static double y_of(const struct frame *frame, double value)
{
    return frame->top + frame->height * (1 - axis_place(&frame->chart->y, value));
}

static void put_axes(const struct frame *frame, FILE *file)
{
    const struct chart *chart = frame->chart;
    double bottom = frame->top + frame->height;
    double right = frame->left + frame->width;
    struct tick ticks[AXIS_TICKS_MAX];
    unsigned count = axis_ticks(&chart->y, ticks);
    for (unsigned i = 0; i < count; i++) {
        double y = y_of(frame, ticks[i].value);
        fprintf(file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n",
                frame->left, y, right, y);
        put_label(frame->left - 8, y + 4, " text-anchor=\"end\"", ticks[i].text, file);
    }
    fprintf(file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"axis\"/>\n",
            frame->left, bottom, right, bottom);
    count = axis_ticks(&chart->x, ticks);
    for (unsigned i = 0; i < count; i++) {
        double x = x_of(frame, ticks[i].value);
        fprintf(file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"axis\"/>\n", x,
                bottom, x, bottom + 5);
        put_label(x, bottom + 19, " text-anchor=\"middle\"", ticks[i].text, file);
    }
    put_label(frame->left + frame->width / 2, bottom + 40, " text-anchor=\"middle\"",
              chart->x.label, file);
    put_label(frame->left - LEFT + 12, frame->top - 38, " class=\"title\"", chart->title, file);
    put_label(frame->left - LEFT + 12, frame->top - 19, " class=\"quiet\"", chart->y.label, file);
}

static void put_mark(double x, double y, unsigned style, FILE *file)
{
    const char *colour = colours[style];
    switch (style % 3) {
    case 0:
        fprintf(file, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>\n", x, y, colour);
        break;
    case 1:
        fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"%s\"/>\n",
                x - 3.5, y - 3.5, colour);
        break;
    default:
        fprintf(file, "<path d=\"M%.1f %.1fl4.5 8h-9z\" fill=\"%s\"/>\n", x, y - 5, colour);
    }
}

static void put_stroke(const struct chart_series *series, FILE *file)
{
    const char *dash = series->is_faint ? "1.5 3" : dashes[series->style];
    fprintf(file, " fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"", colours[series->style],
            series->is_faint ? "1.4" : "2");
    if (*dash != '\0')
        fprintf(file, " stroke-dasharray=\"%s\"", dash);
}

static void put_line(const struct frame *frame, const struct chart_series *series, FILE *file)
{
    fputs("<polyline points=\"", file);
    for (unsigned i = 0; i < series->count; i++)
        fprintf(file, "%s%.1f,%.1f", i == 0 ? "" : " ", x_of(frame, series->points[i].x),
                y_of(frame, series->points[i].y));
    fputc('"', file);
    put_stroke(series, file);
    fputs("/>\n", file);
    for (unsigned i = 0; i < series->count && series->has_marks; i++) {
        const struct chart_point *point = &series->points[i];
        double x = x_of(frame, point->x);
        if (point->high > point->low)
            fprintf(file,
                    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                    "stroke-opacity=\"0.55\" stroke-width=\"1.4\"/>\n",
                    x, y_of(frame, point->low), x, y_of(frame, point->high),
                    colours[series->style]);
        put_mark(x, y_of(frame, point->y), series->style, file);
    }
}

struct end_label {
    const struct chart_series *series;
    double wanted_y;
    double y;
};

/* Names at the lines' ends, pushed apart from the top down, then back up from the bottom. */
static unsigned place_labels(const struct frame *frame, struct end_label labels[])
{
    unsigned count = 0;
    for (unsigned i = 0; i < frame->chart->series_count; i++) {
        const struct chart_series *series = &frame->chart->series[i];
        if (series->count == 0 || series->is_faint)
            continue;
        double y = y_of(frame, series->points[series->count - 1].y);
        unsigned at = count++;
        for (; at > 0 && labels[at - 1].wanted_y > y; at--)
            labels[at] = labels[at - 1];
        labels[at] = (struct end_label){.series = series, .wanted_y = y, .y = y};
    }
    for (unsigned i = 1; i < count; i++)
        if (labels[i].y < labels[i - 1].y + LABEL_GAP)
            labels[i].y = labels[i - 1].y + LABEL_GAP;
    double lowest = frame->top + frame->height;
    for (unsigned i = count; i-- > 0;) {
        if (labels[i].y > lowest)
            labels[i].y = lowest;
        lowest = labels[i].y - LABEL_GAP;
    }
    return count;
}

static void put_labels(const struct frame *frame, FILE *file)
{
    struct end_label labels[CHART_SERIES_MAX];
    unsigned count = place_labels(frame, labels);
    double right = frame->left + frame->width;
    for (unsigned i = 0; i < count; i++) {
        const struct chart_series *series = labels[i].series;
        double x = x_of(frame, series->points[series->count - 1].x);
        char attributes[64];
        fprintf(file,
                "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\" stroke-width=\"0.7\" "
                "stroke-opacity=\"0.6\" fill=\"none\"/>\n",
                x + 4, labels[i].wanted_y, right + 10, labels[i].y, colours[series->style]);
        snprintf(attributes, sizeof attributes, " fill=\"%s\"", colours[series->style]);
        put_label(right + 13, labels[i].y + 4, attributes, series->name, file);
    }
}

static double text_width(const char *text)
{
    return LETTER_WIDTH * (double)strlen(text);
}

/* Room for the longest name of a line. */
static int label_width(const struct chart *charts, unsigned count)
{
    double width = 0;
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < charts[i].series_count; j++)
            if (text_width(charts[i].series[j].name) > width)
                width = text_width(charts[i].series[j].name);
    return 28 + (int)width;
}

/* Every style that occurs once, across the top, in rows. Its height; without a file nothing is
 * drawn. */
static int put_legend(const struct chart *charts, unsigned count, double width, FILE *file)
{
    bool seen[STYLE_COUNT] = {false};
    double x = 12;
    double y = LEGEND_ROW;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < charts[i].series_count; j++) {
            const struct chart_series *series = &charts[i].series[j];
            double room = 60 + text_width(series->name);
            if (seen[series->style] || series->is_faint)
                continue;
            seen[series->style] = true;
            if (x + room > width) {
                x = 12;
                y += LEGEND_ROW;
            }
            if (file != NULL) {
                fprintf(file, "<path d=\"M%.1f %.1fh30\"", x, y);
                put_stroke(series, file);
                fputs("/>\n", file);
                put_mark(x + 15, y, series->style, file);
                put_label(x + 36, y + 4, "", series->name, file);
            }
            x += room;
        }
    }
    return (int)(y + LEGEND_ROW - 4);
}

static const char head[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
    "font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\" font-size=\"13\" "
    "fill=\"#222222\">\n"
    "<style>.title{font-size:15px;font-weight:bold}.quiet{fill:#555555}"
    ".grid{stroke:#dddddd;stroke-width:1}.axis{stroke:#444444;stroke-width:1}</style>\n"
    "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n";

int charts_write(struct chart *charts, unsigned count, FILE *file)
{
    int columns = count > 1 ? 2 : 1;
    int chart_width = LEFT + PLOT_WIDTH + label_width(charts, count);
    int width = columns * chart_width;
    int legend = put_legend(charts, count, width, NULL);
    int height = legend + ((int)count + columns - 1) / columns * CHART_HEIGHT;
    fprintf(file, head, width, height, width, height);
    put_legend(charts, count, width, file);
    for (unsigned i = 0; i < count; i++) {
        int column = (int)i % columns;
        int row = (int)i / columns;
        axis_settle(&charts[i].x);
        axis_settle(&charts[i].y);
        struct frame frame = {
            .chart = &charts[i],
            .left = LEFT + column * chart_width,
            .top = legend + TOP + row * CHART_HEIGHT,
            .width = PLOT_WIDTH,
            .height = CHART_HEIGHT - TOP - BOTTOM,
        };
        put_axes(&frame, file);
        for (unsigned j = 0; j < charts[i].series_count; j++)
            put_line(&frame, &charts[i].series[j], file);
        put_labels(&frame, file);
    }
    fputs("</svg>\n", file);
    return ferror(file) ? -EIO : 0;
}
