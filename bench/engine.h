/*
 * locker-bench engine: the core alone, in one process, without lock, disk or transport.
 */
#ifndef LOCKER_ENGINE_H
#define LOCKER_ENGINE_H

#include "arguments.h"

int engine_command(const struct subcommand *self, int argc, char **argv);
extern const char engine_help[];

#endif
