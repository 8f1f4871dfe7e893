/*
 * locker-bench scale: what costs more when something grows.
 */
#ifndef LOCKER_SCALE_H
#define LOCKER_SCALE_H

#include "arguments.h"

int scale_command(const struct subcommand *self, int argc, char **argv);
extern const char scale_help[];

#endif
