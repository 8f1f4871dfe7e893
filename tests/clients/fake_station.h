/*
 * A station of the test's making: a ROUTER in a fresh run directory that decodes what comes, lets
 * the test's function answer, and remembers every request.
 */
#ifndef LOCKER_FAKE_STATION_H
#define LOCKER_FAKE_STATION_H

#include "message.h"

#include <stdbool.h>
#include <stddef.h>

#define FAKE_REQUESTS_MAX 64

struct fake_station;

/* Answers the number-th request (from 0) into *reply, whose operation is set. false: never answer.
 * Runs in the station's thread. */
typedef bool fake_answer(unsigned number, const struct request *request, struct reply *reply);

/* answer NULL: every request is OUTCOME_OK with an empty reply. */
struct fake_station *fake_station_start(enum role role, fake_answer *answer);
/* These bytes instead of an encoded reply. */
void fake_station_answer_raw(struct fake_station *station, const void *bytes, size_t size);
void fake_station_stop(struct fake_station *station);

const char *fake_station_run_dir(const struct fake_station *station);

/* How many requests have come, and one of them. */
unsigned fake_station_count(struct fake_station *station);
struct request fake_station_request(struct fake_station *station, unsigned number);

#endif
