/*
 * locker-bench stages: where the time of one deposit goes, stage by stage, in a traced station.
 */
#ifndef LOCKER_STAGES_H
#define LOCKER_STAGES_H

#include "arguments.h"

int stages_command(const struct subcommand *self, int argc, char **argv);
extern const char stages_help[];

#endif
