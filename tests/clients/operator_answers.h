/*
 * How a station of the tests' making answers the staff: a wall of many compartments, and a little
 * history.
 */
#ifndef LOCKER_OPERATOR_ANSWERS_H
#define LOCKER_OPERATOR_ANSWERS_H

#include "fake_station.h"

#include <check.h>

#define OPERATOR "locker-operator"

#define WALL_SIZE 1500 /* compartments: S0001 … in the station's order, every 10th occupied */

bool answer(unsigned number, const struct request *request, struct reply *reply);

/* A suite with this one test case, whose tests each have such a wall. */
Suite *operator_suite(const char *name, TCase **tests);

#endif
