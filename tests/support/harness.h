/*
 * The frame of an integration test program: a directory of its own, and the check that in the end
 * nothing is left: no process, no shared memory, no file.
 */
#ifndef LOCKER_TEST_HARNESS_H
#define LOCKER_TEST_HARNESS_H

#include <check.h>
#include <stddef.h>

#define HARNESS_PATH_SIZE 256

/* Run the suite, each test in a process of its own; the exit code for main(). Anything that the
 * tests left behind is named, removed, and makes it a failure. */
int harness_run(Suite *suite);

/* A suite with this one test case; tests are added to the case. */
Suite *harness_suite(const char *name, TCase **tests);

/* Another test case for a suite. */
TCase *harness_case(const char *name);

/* A fresh directory for the calling test. */
void harness_directory(char path[HARNESS_PATH_SIZE]);

/* A name for a station that no other test and no other user of this machine has. */
void harness_station_name(char *name, size_t size);

/* The path of one of the programs under test. */
void harness_program(const char *name, char path[HARNESS_PATH_SIZE]);

#endif
