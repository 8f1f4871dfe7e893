#include "operator_answers.h"

#include "program_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct compartment_line *wall;

static void set_up(void)
{
    wall = calloc(WALL_SIZE, sizeof *wall);
    ck_assert_ptr_nonnull(wall);
    for (int i = 0; i < WALL_SIZE; i++) {
        snprintf(wall[i].compartment, sizeof wall[i].compartment, "S%04d", i + 1);
        wall[i].in_service = i != 2;
        if (i == 2)
            strcpy(wall[i].reason, "hinge broken");
        if (i % 10 == 0) {
            wall[i].state = STATE_OCCUPIED;
            wall[i].expires_at_ms = 1800000000000;
        }
    }
}

static void tear_down(void)
{
    free(wall);
}

static void answer_compartments(const struct request *request, struct reply *reply)
{
    size_t first = 0;
    if (request->has_compartment)
        first = (size_t)strtoul(request->compartment + 1, NULL, 10);
    reply->lines = wall + first;
    reply->count = WALL_SIZE - first < request->limit ? WALL_SIZE - first : request->limit;
    reply->more = first + reply->count < WALL_SIZE;
}

static void answer_status(struct reply *reply)
{
    static struct status_report report = {
        .uptime_ms = 93784000,
        .free = {7, 8, 4},
        .total = {12, 8, 4},
        .occupied = 5,
        .sequence = 77,
        .ledger = "/var/lib/locker/ledger.db",
        .ttl_ms = 604800000,
    };
    reply->status = &report;
    reply->station = "lobby";
    reply->now_ms = 1799900000000;
}

bool answer(unsigned number, const struct request *request, struct reply *reply)
{
    static const struct history_line events[] = {
        {.sequence = 8,
         .at_ms = 1700000000000,
         .event = "service_changed",
         .compartment = "S0003",
         .reason = "hinge broken",
         .has_in_service = true},
        {.sequence = 7, .at_ms = 1600000000000, .event = "picked_up", .compartment = "S0001"},
    };
    (void)number;
    strcpy(reply->compartment, "S0001");
    strcpy(reply->code, "012345");
    reply->expires_at_ms = 1800000000000;
    reply->freed = 4;
    reply->station = "lobby";
    reply->in_service = request->in_service;
    if (request->operation == OP_STATUS)
        answer_status(reply);
    if (request->operation == OP_CLOCK) {
        reply->now_ms = 1799900000000;
        reply->clock_suspect = !request->accept;
    }
    if (request->operation == OP_COMPARTMENTS)
        answer_compartments(request, reply);
    if (request->operation == OP_HISTORY) {
        reply->events = events;
        reply->count = 2;
    }
    return true;
}

Suite *operator_suite(const char *name, TCase **tests)
{
    Suite *suite = program_suite(name, tests);
    tcase_add_checked_fixture(*tests, set_up, tear_down);
    return suite;
}
