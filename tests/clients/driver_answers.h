/*
 * How stations of the tests' making answer a driver.
 */
#ifndef LOCKER_DRIVER_ANSWERS_H
#define LOCKER_DRIVER_ANSWERS_H

#include "fake_station.h"

#define DRIVER "locker-driver"

/* A deposit of M01 with the code 012345; three of eight medium ones are free. */
bool good_answer(unsigned number, const struct request *request, struct reply *reply);

/* The same, but there is no space for a small parcel. */
bool small_is_full(unsigned number, const struct request *request, struct reply *reply);

#endif
