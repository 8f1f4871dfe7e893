/*
 * The results of locker-bench scale, in the forms of output.h.
 */
#ifndef LOCKER_SCALE_REPORT_H
#define LOCKER_SCALE_REPORT_H

#include "output.h"
#include "statistics.h"

#define SCALE_CURVES_MAX 7
#define SCALE_POINTS_MAX 7
#define SCALE_LINES_MAX  4

/* What one thing costs against the size of another: a value a round. */
struct scale_curve {
    const char *name;    /* "wall size" */
    const char *x_label; /* "compartments" */
    const char *y_label;
    const char *lines[SCALE_LINES_MAX]; /* their names */
    unsigned line_count;
    unsigned first_style; /* of the lines in charts: each kind its own */
    unsigned point_count;
    unsigned rounds;
    double x[SCALE_POINTS_MAX];
    double y[SCALE_LINES_MAX][SCALE_POINTS_MAX][STATISTICS_ROUNDS_MAX];
};

struct scale_results {
    unsigned curve_count;
    unsigned clients; /* of the closed loop that the costs were measured with */
    struct scale_curve curves[SCALE_CURVES_MAX];
};

/* Everything that output_give() needs. */
struct output_source scale_output(const struct scale_results *results);

#endif
