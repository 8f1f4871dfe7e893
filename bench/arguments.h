/*
 * Reading option values; every mistake is said on stderr with its remedy.
 */
#ifndef LOCKER_ARGUMENTS_H
#define LOCKER_ARGUMENTS_H

#include "size.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* Exit codes of all programs. */
enum exit_code { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_UNREACHED = 3 };

/* One subcommand of locker-bench. */
struct subcommand {
    const char *name;
    const char *synopsis; /* its arguments */
    const char *summary;  /* one line */
    const char *help;     /* options and examples */
    int (*run)(const struct subcommand *self, int argc, char **argv);
};

/* Print "Usage: …" with the help on stdout; EXIT_DONE, or EXIT_REFUSED when it cannot be written.
 */
int subcommand_help(const struct subcommand *self);
/* Point to --help on stderr; EXIT_USAGE. */
int subcommand_usage(const struct subcommand *self);

/* stdout as far as it was written to: EXIT_DONE, or EXIT_REFUSED and a message when some of it
 * could not be written (a full disk). */
int arguments_flush_stdout(void);

/* Hand each option to `take`, its value in optarg; nothing may stand behind them. False after a
 * message. */
typedef bool option_taker(void *chosen, int option);
bool arguments_read(int argc, char **argv, const struct option *options, option_taker *take,
                    void *chosen);

/* Each true and its value set, or false after a message that names the option. */
bool argument_count(const char *option, const char *text, uint64_t min, uint64_t max,
                    uint64_t *value);
bool argument_number(const char *option, const char *text, double min, double max, double *value);
bool argument_duration(const char *option, const char *text, int64_t *ms);

/* "small=12,medium=8,large=4": any of them, at least one door in all. */
bool argument_doors(const char *option, const char *text, uint32_t doors[SIZE_COUNT]);

/* "1,8,32": ascending or not, at most `room`; how many, 0 after a message. */
unsigned argument_list(const char *option, const char *text, uint64_t min, uint64_t max,
                       uint64_t *values, unsigned room);

#endif
