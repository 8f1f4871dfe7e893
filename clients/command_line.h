/*
 * The command line: one table of commands a program, from which parsing and --help are made.
 *
 * The same tables read a line typed at an interactive prompt; there only the flags of the command
 * itself may stand.
 */
#ifndef LOCKER_COMMAND_LINE_H
#define LOCKER_COMMAND_LINE_H

#include "operation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a program ends with. */
enum {
    STATUS_DONE = 0,
    STATUS_REFUSED = 1, /* the station said no; or the answer could not be written */
    STATUS_USAGE = 2,
    STATUS_UNREACHED = 3,
};

enum flag {
    FLAG_RUN = 0,
    FLAG_ENDPOINT,
    FLAG_TIMEOUT,
    FLAG_SERVER_KEY,
    FLAG_KEY,
    FLAG_JSON,
    FLAG_QUIET,
    FLAG_HELP,
    FLAG_VERSION,
    /* flags of one command: */
    FLAG_REASON,
    FLAG_SIZE,
    FLAG_AFTER,
    FLAG_LIMIT,
    FLAG_ID,
};

#define FLAG_COUNT 14

#define FLAG_BIT(flag) (1U << (flag))

struct session;
struct command_line;

struct command {
    const char *name;
    const char *synopsis; /* its arguments and flags: "CODE [--reason R]" */
    const char *help;     /* a sentence or two, without the last full stop; lines */
    int min;              /* arguments */
    int max;
    unsigned flags; /* FLAG_BITs that only this command takes */
    bool offline;   /* needs no station */
    /* Does it; STATUS_… */
    int (*run)(struct session *session, const struct command_line *line);
};

struct program {
    const char *name;
    const char *purpose;
    enum role role;
    const struct command *commands;
    size_t command_count;
    const char *bare_help;                /* what happens without a command, or NULL: a mistake */
    int (*bare)(struct session *session); /* and doing it */
    const char *examples;                 /* lines */
};

struct command_line {
    const char *flags[FLAG_COUNT]; /* the value, "" for a flag that takes none; NULL: not given */
    const struct command *command; /* NULL: none given */
    int count;                     /* of the command's arguments */
    char **words;                  /* NULL-terminated */
};

/* Read argv[1] and on. at_prompt: only the command's own flags. STATUS_DONE, or STATUS_USAGE after
 * a message (with this prefix, if not NULL) that says what to do. words points into argv, whose
 * order may have changed. */
int command_line_parse(const struct program *program, bool at_prompt, const char *prefix, int argc,
                       char **argv, struct command_line *line);

/* --help, for all of the program or (not NULL) for one command. */
void command_line_help(const struct program *program, const struct command *command, FILE *stream);

/* The commands alone, as `help` at a prompt shows them. */
void command_line_list(const struct program *program, FILE *stream);

#endif
