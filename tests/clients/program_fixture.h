/*
 * What the tests of the programs share: a run and a screen of a program, which are too large for
 * the stack.
 */
#ifndef LOCKER_PROGRAM_FIXTURE_H
#define LOCKER_PROGRAM_FIXTURE_H

#include "harness.h"
#include "run_program.h"

extern struct run *result;
extern struct screen *screen;

/* A suite with this one test case; tests are added to the case. */
Suite *program_suite(const char *name, TCase **tests);

#endif
