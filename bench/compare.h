/*
 * locker-bench compare: stations beside the bare echo, and beside what a user would take instead
 * for the same job (peers/peer.h), in interleaved rounds.
 */
#ifndef LOCKER_COMPARE_H
#define LOCKER_COMPARE_H

#include "arguments.h"

int compare_command(const struct subcommand *self, int argc, char **argv);
extern const char compare_help[];

#endif
