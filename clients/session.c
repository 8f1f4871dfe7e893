#include "session.h"

#include "duration.h"
#include "json.h"
#include "say.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>
#include <sys/prctl.h>

#define TIMEOUT_DEFAULT_MS 5000

void session_note(const struct session *session, const char *text)
{
    if (!session->quiet && !session->json)
        say(NULL, "%s", text);
}

int session_usage(const struct session *session, const struct command_line *line)
{
    say(NULL, "Usage: %s%s%s%s%s", session->at_prompt ? "" : session->program->name,
        session->at_prompt ? "" : " ", line->command->name,
        line->command->synopsis[0] != '\0' ? " " : "", line->command->synopsis);
    return STATUS_USAGE;
}

/* ---- asking and showing ---------------------------------------------------------------- */

int session_ask(struct session *session, struct request *request, struct value **reply)
{
    int error = conversation_ask(session->conversation, request, reply);
    if (error == 0)
        return STATUS_DONE;
    conversation_explain(session->conversation, error, session->prefix, session->quiet);
    return STATUS_UNREACHED;
}

static void say_refusal(const struct session *session, const struct value *reply)
{
    char error[TEXT_SIZE];
    char message[TEXT_SIZE];
    say(session->prefix, "%s: %s", text_of(reply, "error", error),
        text_of(reply, "message", message));
    const struct value *after = value_get(reply, "retry_after_ms");
    char span[TEXT_SIZE];
    if (after != NULL && !session->quiet) {
        /* Rounded up: "in 2s" must not be too early. */
        int64_t seconds_ms = (value_int(after) + 999) / 1000 * 1000;
        say(NULL, "Try again in %s.", text_duration(seconds_ms, span));
    }
}

int session_show(struct session *session, const struct value *reply, session_printer *printer)
{
    bool ok = value_bool(value_get(reply, "ok"));
    if (session->json) {
        if (json_print(reply, stdout) != 0) {
            say(session->prefix, "out of memory: the answer cannot be shown");
            return STATUS_REFUSED;
        }
    } else if (ok) {
        printer(session, reply);
    } else {
        say_refusal(session, reply);
    }
    return ok ? STATUS_DONE : STATUS_REFUSED;
}

int session_perform(struct session *session, struct request *request, session_printer *printer)
{
    struct value *reply;
    int status = session_ask(session, request, &reply);
    if (status == STATUS_DONE) {
        status = session_show(session, reply, printer);
        value_free(reply);
    }
    return status;
}

int session_run(struct session *session, int count, char **words)
{
    struct command_line line;
    int status = command_line_parse(session->program, true, count, words, &line);
    return status == STATUS_DONE ? line.command->run(session, &line) : status;
}

/* ---- main ------------------------------------------------------------------------------ */

static int parse_timeout(const struct program *program, const struct command_line *line, int *ms)
{
    *ms = TIMEOUT_DEFAULT_MS;
    const char *text = line->flags[FLAG_TIMEOUT];
    if (text == NULL)
        return STATUS_DONE;
    int64_t span;
    if (duration_parse(text, &span) != 0 || span <= 0 || span > INT32_MAX) {
        say(program->name,
            "--timeout %s is no duration to wait for: give a number and a unit, such as 500ms,"
            " 5s or 1m",
            text);
        return STATUS_USAGE;
    }
    *ms = (int)span;
    return STATUS_DONE;
}

static int run_parsed(const struct program *program, const struct command_line *line)
{
    struct conversation_settings settings = {
        .role = program->role,
        .run_dir = line->flags[FLAG_RUN],
        .endpoint = line->flags[FLAG_ENDPOINT],
        .server_key_file = line->flags[FLAG_SERVER_KEY],
        .key_file = line->flags[FLAG_KEY],
    };
    struct session session = {
        .program = program,
        .out = terminal_of(stdout),
        .prefix = program->name,
        .json = line->flags[FLAG_JSON] != NULL,
        .quiet = line->flags[FLAG_QUIET] != NULL,
    };
    int status = parse_timeout(program, line, &settings.timeout_ms);
    if (status != STATUS_DONE)
        return status;
    if (line->command == NULL || !line->command->offline)
        status = conversation_create(&session.conversation, &settings, program->name);
    if (status != STATUS_DONE)
        return status;
    status = line->command != NULL ? line->command->run(&session, line) : program->bare(&session);
    conversation_destroy(session.conversation);
    return status;
}

int session_main(const struct program *program, int argc, char **argv)
{
    /* Codes and keys pass through: no core dump, no debugger of another process. */
    prctl(PR_SET_DUMPABLE, 0);
    setlocale(LC_ALL, "");
    struct command_line line;
    int status = command_line_parse(program, false, argc, argv, &line);
    if (status == STATUS_DONE) {
        if (line.flags[FLAG_HELP] != NULL)
            command_line_help(program, line.command, stdout);
        else if (line.flags[FLAG_VERSION] != NULL)
            printf("%s %s\n", program->name, LOCKER_VERSION);
        else
            status = run_parsed(program, &line);
    }
    /* Only closing tells whether a full disk took it all. */
    errno = 0;
    bool lost = ferror(stdout) != 0;
    if (fclose(stdout) != 0 || lost) {
        say(program->name, "the output could not be written%s%s%s", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "",
            status == STATUS_DONE ? "; what was asked for has been done" : "");
        if (status == STATUS_DONE)
            status = STATUS_REFUSED;
    }
    return status;
}
