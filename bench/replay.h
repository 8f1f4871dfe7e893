/*
 * locker-bench replay: a trace through real clients, judged against an independent count.
 */
#ifndef LOCKER_REPLAY_H
#define LOCKER_REPLAY_H

#include "arguments.h"

int replay_command(const struct subcommand *self, int argc, char **argv);
extern const char replay_help[];

#endif
