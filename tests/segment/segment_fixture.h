/*
 * What the segment's tests share: a segment of the test's own, changes at random, and helper
 * processes that die in the middle of them.
 *
 * The helpers are bare forks, which the station itself never does with the lock mapped: here
 * they save starting a program for each of a thousand deaths.
 */
#ifndef SEGMENT_FIXTURE_H
#define SEGMENT_FIXTURE_H

#include "harness.h"
#include "segment.h"

#include <check.h>
#include <stdint.h>
#include <sys/types.h>

#define FIXTURE_REASON_SIZE 256

struct fixture {
    char directory[HARNESS_PATH_SIZE];
    char station[STATION_NAME_SIZE];
    char name[SEGMENT_NAME_SIZE]; /* of the segment */
    char path[SEGMENT_NAME_SIZE + 16];
    struct compartment *wall;
    uint32_t compartments;
    struct segment_plan plan;
    struct segment segment;
    struct moment now;
    uint64_t random;
};

/* A plan for a wall of so many compartments; no segment yet. */
void fixture_plan(struct fixture *fixture, uint32_t compartments);
/* The same, and the segment created, ready and mapped. */
void fixture_begin(struct fixture *fixture, uint32_t compartments);
/* The same after many changes, and unmapped: a station at work, whose processes have all gone. */
void fixture_leave(struct fixture *fixture, uint32_t compartments);
/* Unmapped, unlinked, nothing left. */
void fixture_end(struct fixture *fixture);

uint64_t fixture_random(struct fixture *fixture, uint64_t below);

/* One random change (or refusal), the lock being held. What it records is called durable at once
 * when drain is true. */
enum outcome fixture_change(struct fixture *fixture, bool drain, struct answer *answer);
/* The event of a random change that is decided and not recorded yet, the lock being held. */
void fixture_decide(struct fixture *fixture, struct event *event);
/* So many changes, each under the lock. */
void fixture_changes(struct fixture *fixture, int count);

/* Lock; the test fails unless every invariant holds and the recovery took place as expected. */
void fixture_expect_sound(struct fixture *fixture, bool recovered);

/* Adoption into fixture->segment, which must not be mapped. */
int fixture_adopt(struct fixture *fixture, char why[FIXTURE_REASON_SIZE]);
/* Adoption is refused for a reason that has these words. */
void fixture_expect_stale(struct fixture *fixture, const char *words);

/* Write into the file behind the segment. */
void fixture_poke(const struct fixture *fixture, size_t offset, const void *bytes, size_t size);

/* Run work in a process of its own, which dies with the test at the latest. */
pid_t fixture_spawn(void (*work)(struct fixture *fixture), struct fixture *fixture);
/* It ends by this signal, or (0) with exit code 0. */
void fixture_expect_end(pid_t pid, int signal_number);

#endif
