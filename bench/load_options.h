/*
 * The options that say how a load is laid on: shapes, rounds, seconds. Shared by the subcommands
 * that fill a load_table; used as the options of output.h are.
 */
#ifndef LOCKER_LOAD_OPTIONS_H
#define LOCKER_LOAD_OPTIONS_H

#include "load_table.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* Requests out at a time, of one client. */
#define LOAD_WINDOW_MAX 4096

struct load_options {
    const char *clients; /* lists; "0": none */
    const char *windows;
    const char *rates;
    uint64_t rate_clients;
    uint64_t rounds;
    double seconds;
};

#define LOAD_OPTIONS_DEFAULT                                                                       \
    {                                                                                              \
        .clients = "1,8,32", .windows = "64,256", .rates = "5000", .rate_clients = 8, .rounds = 5, \
        .seconds = 0.5                                                                             \
    }

/* Above those of output.h. */
enum load_letter {
    LOAD_CLIENTS = 0x200,
    LOAD_WINDOWS,
    LOAD_RATES,
    LOAD_RATE_CLIENTS,
    LOAD_ROUNDS,
    LOAD_SECONDS
};

/* clang-format takes the last for a block. */
/* clang-format off */
#define LOAD_LONG_OPTIONS                                                                          \
    {"clients", required_argument, NULL, LOAD_CLIENTS},                                            \
    {"windows", required_argument, NULL, LOAD_WINDOWS},                                            \
    {"rates", required_argument, NULL, LOAD_RATES},                                                \
    {"rate-clients", required_argument, NULL, LOAD_RATE_CLIENTS},                                  \
    {"rounds", required_argument, NULL, LOAD_ROUNDS},                                              \
    {"seconds", required_argument, NULL, LOAD_SECONDS}
/* clang-format on */

#define LOAD_HELP                                                                                  \
    "  --clients LIST       REQ clients, closed loop (1,8,32; 0: none)\n"                          \
    "  --windows LIST       requests out at a time of one pipelining DEALER (64,256; 0: none)\n"   \
    "  --rates LIST         open loop: requests due a second (5000; 0: none)\n"                    \
    "  --rate-clients N     connections that an open loop is spread over (8)\n"                    \
    "  --rounds N           interleaved rounds (5)\n"                                              \
    "  --seconds S          of each round of each cell (0.5)\n"

/* What the help says about the two times. */
#define LOAD_HELP_TIMES                                                                            \
    "In an open loop, the service time of a request counts from when it was sent; the response\n"  \
    "time from when it fell due, so that whoever a stalled server keeps waiting is not left "      \
    "out.\n"

/* Take one option with its optarg; false when it is none of these, or wrong. */
bool load_option(struct load_options *options, int option);

/* Put the shapes and the seconds into the table. False after a message. */
bool load_options_apply(const struct load_options *options, struct load_table *table);

#endif
