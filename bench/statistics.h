/*
 * Statistics on the rounds of a benchmark.
 */
#ifndef LOCKER_STATISTICS_H
#define LOCKER_STATISTICS_H

#define STATISTICS_ROUNDS_MAX 100

/* A sample's median and ends. */
struct spread {
    double median;
    double min;
    double max;
};

/* 0 < count <= STATISTICS_ROUNDS_MAX. */
struct spread spread_of(const double *values, unsigned count);

/* Of any number of values, > 0; they are sorted in place. */
double median_of(double *values, unsigned count);

/* Round by round, values over bases; 0 where a base is 0. */
void ratios_of(const double *values, const double *bases, unsigned count, double *ratios);

#endif
