/*
 * A program's run: what the command line said, the conversation, and the way from a request to
 * what stands on stdout and stderr.
 */
#ifndef LOCKER_SESSION_H
#define LOCKER_SESSION_H

#include "command_line.h"
#include "conversation.h"
#include "terminal.h"
#include "text.h"

#include <stdbool.h>

struct session {
    const struct program *program;
    struct conversation *conversation; /* NULL for commands that need no station */
    struct terminal out;
    const char *prefix; /* of messages: the program's name, in a pipe the line, too; NULL at a
                           prompt */
    char line_prefix[64];
    bool at_prompt; /* or reading commands from a pipe: no flags of the program there */
    bool json;
    bool quiet;
    bool has_id; /* the command under way names its id */
    uint8_t id[REQUEST_ID_SIZE];

    /* For the case that stdout cannot be written: why, and the last change that was made. */
    int output_error; /* errno; 0: none */
    bool has_done;
    bool has_new_code;
    char done_to[TEXT_SIZE]; /* the compartment; "" of none */
};

/* Puts an accepted reply on stdout, for people. */
typedef void session_printer(const struct session *session, const struct value *reply);

/* The whole of main(): harden, parse, run, and make sure that what was printed arrived. The
 * process's exit status. */
int session_main(const struct program *program, int argc, char **argv);

/* Run one command line within a session that is under way (a prompt, a pipe). STATUS_…; words is
 * NULL-terminated, count long, and words[0] is no command but stands where a program's name does.
 */
int session_run(struct session *session, int count, char **words);

/* What is said from now on is said of this line of a pipe, from 1. */
void session_at_line(struct session *session, unsigned long number);

/* Ask; print the answer (as JSON or with the printer), or say the refusal or the failure.
 * STATUS_… */
int session_perform(struct session *session, struct request *request, session_printer *printer);

/* The same in steps. session_ask(): STATUS_DONE with *reply (refused or not), or
 * STATUS_UNREACHED after a message. session_show(): prints it. */
int session_ask(struct session *session, struct request *request, struct value **reply);
int session_show(struct session *session, const struct value *reply, session_printer *printer);

/* A confirmation or a hint on stderr, unless --quiet or --json. */
void session_note(const struct session *session, const char *text);

/* After a mistake in an argument was named: the command's usage. Returns STATUS_USAGE. */
int session_usage(const struct session *session, const struct command_line *line);

#endif
