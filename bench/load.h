/*
 * locker-bench load: stations beside a bare echo, in interleaved rounds.
 */
#ifndef LOCKER_LOAD_H
#define LOCKER_LOAD_H

#include "arguments.h"

int load_command(const struct subcommand *self, int argc, char **argv);
extern const char load_help[];

#endif
