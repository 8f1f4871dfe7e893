/*
 * Runs one of the programs as a user would, and keeps what it said.
 */
#ifndef LOCKER_RUN_PROGRAM_H
#define LOCKER_RUN_PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

#define RUN_TEXT_SIZE 65536

struct run {
    int status; /* exit status; -1: ended by a signal */
    char out[RUN_TEXT_SIZE];
    char err[RUN_TEXT_SIZE];
};

/* The program of $LOCKER_BIN with `--run DIR` (DIR may be NULL: without) and the arguments up to
 * NULL; input is its standard input, through a pipe. */
void run_program(struct run *result, const char *input, const char *program, const char *run_dir,
                 ...) __attribute__((sentinel));

/* The same with standard output into this file. */
void run_program_into(struct run *result, const char *output, const char *program,
                      const char *run_dir, ...) __attribute__((sentinel));

/* ---- on a pseudo-terminal -------------------------------------------------------------- */

struct screen {
    const char *type;       /* $TERM; NULL: xterm */
    unsigned short rows;    /* 0: 30 */
    unsigned short columns; /* 0: 100 */
    pid_t pid;
    int fd;
    char text[RUN_TEXT_SIZE]; /* all that has come */
    size_t used;
};

void screen_start(struct screen *screen, const char *program, const char *run_dir, ...)
    __attribute__((sentinel));
void screen_type(struct screen *screen, const char *text);
/* Read on until the text has come after `from`; its offset behind. Bounded. */
size_t screen_wait_for(struct screen *screen, size_t from, const char *text);
/* Read until the program has ended; its wait status. */
int screen_finish(struct screen *screen);

#endif
