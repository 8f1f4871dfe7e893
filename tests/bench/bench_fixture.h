/*
 * What the tests of locker-bench as it is run share: a run of it, which is too large for the stack,
 * and a directory in which it leaves nothing.
 */
#ifndef LOCKER_BENCH_FIXTURE_H
#define LOCKER_BENCH_FIXTURE_H

#include "support/harness.h"
#include "support/run_program.h"

extern struct run *result;
extern char directory[HARNESS_PATH_SIZE];

#define BENCH(...) run_program(result, "", "locker-bench", NULL, __VA_ARGS__, NULL)

/* A suite with this one test case; tests are added to the case. */
Suite *bench_suite(const char *name, TCase **tests);

#endif
