/*
 * locker-bench trace, count: make a trace, and say what one must come to.
 */
#ifndef LOCKER_TRACE_COMMAND_H
#define LOCKER_TRACE_COMMAND_H

#include "arguments.h"
#include "trace.h"
#include "trace_count.h"

int trace_command(const struct subcommand *self, int argc, char **argv);
extern const char trace_help[];

int count_command(const struct subcommand *self, int argc, char **argv);
extern const char count_help[];

/* Read the trace of that path ("-": standard input); messages on stderr. EXIT_DONE or else. */
int trace_load(struct trace *trace, const char *path);

#endif
