/*
 * locker-bench idle: what a station costs that nobody uses.
 */
#ifndef LOCKER_IDLE_H
#define LOCKER_IDLE_H

#include "arguments.h"

int idle_command(const struct subcommand *self, int argc, char **argv);
extern const char idle_help[];

#endif
