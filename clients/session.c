#include "session.h"

#include "arguments.h"
#include "duration.h"
#include "json.h"
#include "say.h"
#include "streams.h"
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

/* After a change without a clear answer. At a prompt this process remembers its id; whoever runs
 * the program again must be told it. */
static void say_left_open(const struct session *session, const struct request *request)
{
    char id[2 * REQUEST_ID_SIZE + 1];
    if (!conversation_left_open(session->conversation))
        return;
    if (session->prefix == NULL) {
        if (!session->quiet)
            say(NULL, "You can safely repeat the command: it will not be done twice.");
        return;
    }
    for (size_t i = 0; i < REQUEST_ID_SIZE; i++)
        snprintf(id + 2 * i, 3, "%02x", request->id[i]);
    say(session->prefix,
        "it may have been done all the same: look at \"locker-operator history\""
        " before repeating it, or repeat it with --id %s, which does nothing"
        " twice",
        id);
}

int session_ask(struct session *session, struct request *request, struct value **reply)
{
    if (session->has_id && request_changes(request)) {
        memcpy(request->id, session->id, sizeof request->id);
        request->has_id = true;
    }
    int error = conversation_ask(session->conversation, request, reply);
    if (error == 0)
        return STATUS_DONE;
    conversation_explain(session->conversation, error, session->prefix, session->quiet);
    say_left_open(session, request);
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

/* What stays true of a change whose answer nobody could read. */
static void note_done(struct session *session, const struct request *request,
                      const struct value *reply)
{
    if (!request_changes(request) || !value_bool(value_get(reply, "ok")))
        return;
    text_of(reply, "compartment", session->done_to);
    session->has_done = true;
    session->has_new_code = value_get(reply, "code") != NULL;
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
    /* A reader at the other end of a pipe waits for it; and the first failure knows its reason. */
    if (fflush(stdout) == 0 && !ferror(stdout))
        session->has_done = false;
    else if (session->output_error == 0)
        session->output_error = errno;
    return ok ? STATUS_DONE : STATUS_REFUSED;
}

int session_perform(struct session *session, struct request *request, session_printer *printer)
{
    struct value *reply;
    int status = session_ask(session, request, &reply);
    if (status == STATUS_DONE) {
        note_done(session, request, reply);
        status = session_show(session, reply, printer);
        value_free(reply);
        say_left_open(session, request);
    }
    return status;
}

void session_at_line(struct session *session, unsigned long number)
{
    snprintf(session->line_prefix, sizeof session->line_prefix, "%s: line %lu",
             session->program->name, number);
    session->prefix = session->line_prefix;
}

static int run_command(struct session *session, const struct command_line *line)
{
    const char *id = line->flags[FLAG_ID];
    session->has_id = id != NULL;
    if (id != NULL && argument_id(session, line, id, session->id) != STATUS_DONE)
        return STATUS_USAGE;
    return line->command->run(session, line);
}

int session_run(struct session *session, int count, char **words)
{
    struct command_line line;
    int status = command_line_parse(session->program, true, session->prefix, count, words, &line);
    return status == STATUS_DONE ? run_command(session, &line) : status;
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

static int run_parsed(const struct program *program, const struct command_line *line,
                      struct session *session)
{
    struct conversation_settings settings = {
        .role = program->role,
        .run_dir = line->flags[FLAG_RUN],
        .endpoint = line->flags[FLAG_ENDPOINT],
        .server_key_file = line->flags[FLAG_SERVER_KEY],
        .key_file = line->flags[FLAG_KEY],
    };
    session->json = line->flags[FLAG_JSON] != NULL;
    session->quiet = line->flags[FLAG_QUIET] != NULL;
    int status = parse_timeout(program, line, &settings.timeout_ms);
    if (status != STATUS_DONE)
        return status;
    if (line->command == NULL || !line->command->offline)
        status = conversation_create(&session->conversation, &settings, program->name);
    if (status != STATUS_DONE)
        return status;
    status = line->command != NULL ? run_command(session, line) : program->bare(session);
    conversation_destroy(session->conversation);
    return status;
}

/* stdout could not be written. A change is done all the same, and must not be repeated. */
static void say_lost_output(const struct session *session, int error)
{
    char done[2 * TEXT_SIZE] = "";
    if (session->has_done)
        snprintf(done, sizeof done, "; what was asked for has been done%s%s%s",
                 session->done_to[0] != '\0' ? ": compartment " : "", session->done_to,
                 session->has_new_code ? ", whose code nobody has seen" : "");
    say(session->program->name, "the output could not be written%s%s%s", error != 0 ? ": " : "",
        error != 0 ? strerror(error) : "", done);
    if (session->has_done && session->has_new_code && !session->quiet)
        say(NULL, "\"locker-operator reissue %s\" makes a new code.", session->done_to);
}

int session_main(const struct program *program, int argc, char **argv)
{
    streams_occupy();
    /* Codes and keys pass through: no core dump, no debugger of another process. */
    prctl(PR_SET_DUMPABLE, 0);
    setlocale(LC_ALL, "");
    struct session session = {
        .program = program, .out = terminal_of(stdout), .prefix = program->name};
    struct command_line line;
    int status = command_line_parse(program, false, program->name, argc, argv, &line);
    if (status == STATUS_DONE) {
        if (line.flags[FLAG_HELP] != NULL)
            command_line_help(program, line.command, stdout);
        else if (line.flags[FLAG_VERSION] != NULL)
            printf("%s %s\n", program->name, LOCKER_VERSION);
        else
            status = run_parsed(program, &line, &session);
    }
    /* Only closing tells whether a full disk took it all. */
    errno = 0;
    bool lost = ferror(stdout) != 0;
    if (fclose(stdout) != 0 || lost) {
        say_lost_output(&session, session.output_error != 0 ? session.output_error : errno);
        if (status == STATUS_DONE)
            status = STATUS_REFUSED;
    }
    return status;
}
