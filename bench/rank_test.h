/*
 * Whether one sample is shifted against another by more than chance: the two-sided rank-sum test,
 * and how large the shift is. Nothing is assumed of the distributions but their likeness.
 *
 * Mann and Whitney, "On a test of whether one of two random variables is stochastically larger than
 * the other", Annals of Mathematical Statistics 18 (1947): exact, by counting the ways in which the
 * ranks could have fallen to the samples (ties have mean ranks; then it is the permutation
 * distribution given these ties), for up to 40 values in all; above, their normal approximation
 * with the correction for ties. The shift: Hodges and Lehmann, "Estimates of location based on rank
 * tests", same Annals 34 (1963), the median of all pairs, here of quotients rather than
 * differences; its interval from the same distribution (Hollander and Wolfe, "Nonparametric
 * Statistical Methods", chapter 4).
 */
#ifndef LOCKER_RANK_TEST_H
#define LOCKER_RANK_TEST_H

struct rank_test {
    double p;         /* how often chance alone would do as much, either way: 0 to 1 */
    double p_least;   /* the least that samples of this size can come to */
    double ratio;     /* of the new values to the old: median of all pairs */
    double low, high; /* its 95 % interval (wider where the samples are too small for it) */
};

/* All values > 0; counts from 1 to STATISTICS_ROUNDS_MAX. 0 or -ENOMEM. */
int rank_test(const double *old, unsigned old_count, const double *new, unsigned new_count,
              struct rank_test *result) __attribute__((warn_unused_result));

#endif
