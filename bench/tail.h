/*
 * locker-bench tail: what the slowest requests wait for.
 */
#ifndef LOCKER_TAIL_H
#define LOCKER_TAIL_H

#include "arguments.h"

int tail_command(const struct subcommand *self, int argc, char **argv);
extern const char tail_help[];

#endif
