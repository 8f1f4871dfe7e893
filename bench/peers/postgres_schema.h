/*
 * The locker inside PostgreSQL: its tables, and a function for each operation, so that a request is
 * one statement, one transaction and one round trip.
 */
#ifndef LOCKER_POSTGRES_SCHEMA_H
#define LOCKER_POSTGRES_SCHEMA_H

/* Several statements, to be sent at once. */
extern const char postgres_schema[];

/* One row: outcome text, place int, code text. */
#define POSTGRES_DEPOSIT                                                                           \
    "SELECT outcome, place, code FROM deposit($1::text, $2::bigint * interval '1 ms', $3::text[])"
/* One row: outcome text, place int. */
#define POSTGRES_PICKUP "SELECT outcome, place FROM pickup($1::text)"

/* After the wall is filled, statement by statement: statistics as of a wall in use, with seven
 * doors in eight taken. From those of an empty one the planner would conclude that the partial
 * indexes are no better than any other. */
#define POSTGRES_PLAN_STATEMENTS 4
extern const char *const postgres_plan[POSTGRES_PLAN_STATEMENTS];

/* $1 doors of the size $2, after $3 others. */
#define POSTGRES_FILL                                                                              \
    "INSERT INTO compartment (place, size) "                                                       \
    "SELECT $3::int + number, $2::text FROM generate_series(1, $1::int) AS number"

#endif
