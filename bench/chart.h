/*
 * Line charts as SVG: axes with ticks, one line a series with whiskers, a legend, and the name of
 * each line at its end.
 *
 * Colours are those of Okabe and Ito ("Color Universal Design", 2008), which people with any of
 * the common colour deficiencies can tell apart; dashes and marks tell the lines apart in print.
 */
#ifndef LOCKER_CHART_H
#define LOCKER_CHART_H

#include "axis.h"

#include <stdbool.h>
#include <stdio.h>

#define CHART_SERIES_MAX 16
#define CHART_POINTS_MAX 160
#define CHART_TEXT_SIZE  96

struct chart_point {
    double x, y;
    double low, high; /* ends of the whisker; both y: none */
};

struct chart_series {
    char name[CHART_TEXT_SIZE];
    unsigned style; /* colour, dash and mark: the same number is the same server in every chart */
    bool is_faint;  /* thin and dotted: a companion of the line of that style; not labelled */
    bool has_marks;
    unsigned count;
    struct chart_point points[CHART_POINTS_MAX];
};

struct chart {
    char title[CHART_TEXT_SIZE];
    struct axis x, y;
    unsigned series_count;
    struct chart_series series[CHART_SERIES_MAX];
};

/* A further series; the last once more when there are too many. */
struct chart_series *chart_add_series(struct chart *chart, const char *name, unsigned style);

/* A further point (left out when there are too many), and room for it on the axes. */
void chart_add_point(struct chart *chart, struct chart_series *series, struct chart_point point);

/* One picture of them all, two beside each other; their axes are settled. 0 or -EIO. */
int charts_write(struct chart *charts, unsigned count, FILE *file)
    __attribute__((warn_unused_result));

#endif
