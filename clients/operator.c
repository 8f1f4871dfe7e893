/*
 * locker-operator: the station's staff.
 */
#include "arguments.h"
#include "common_commands.h"
#include "json.h"
#include "key_file.h"
#include "print.h"
#include "say.h"
#include "session.h"
#include "watch.h"

#include <string.h>

static int status(struct session *session, const struct command_line *line)
{
    (void)line;
    struct request request = {.operation = OP_STATUS};
    return session_perform(session, &request, print_status);
}

/* Without a limit, page after page until the station has no more. */
static int compartments(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_COMPARTMENTS, .limit = PAGE_LIMIT_MAX};
    bool all = line->flags[FLAG_LIMIT] == NULL;
    int result = STATUS_DONE;
    if (!all)
        result = argument_limit(session, line, line->flags[FLAG_LIMIT], &request.limit);
    if (result != STATUS_DONE)
        return result;
    if (line->flags[FLAG_AFTER] != NULL)
        argument_compartment(line->flags[FLAG_AFTER], &request);
    bool first = true;
    bool more = true;
    while (more && result == STATUS_DONE && !ferror(stdout)) {
        struct value *reply;
        result = session_ask(session, &request, &reply);
        if (result != STATUS_DONE)
            break;
        if (first && !session->json && value_bool(value_get(reply, "ok")))
            print_compartments_heading(session);
        first = false;
        result = session_show(session, reply, print_compartments);
        const struct value *lines = value_get(reply, "compartments");
        const struct value *has_more = value_get(reply, "more");
        size_t count = lines != NULL ? value_count(lines) : 0;
        more = all && count > 0 && has_more != NULL && value_bool(has_more);
        if (more) {
            const struct value *id = value_get(value_at(lines, count - 1), "compartment");
            argument_compartment(id != NULL ? value_str(id) : "", &request);
        }
        value_free(reply);
    }
    return result;
}

static int service(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_SERVICE};
    argument_compartment(line->words[0], &request);
    request.in_service = strcmp(line->words[1], "on") == 0;
    if (!request.in_service && strcmp(line->words[1], "off") != 0) {
        say(session->prefix, "\"%s\": say on or off", line->words[1]);
        return session_usage(session, line);
    }
    if (line->count == 3 && request.in_service) {
        say(session->prefix, "a reason belongs to \"off\"");
        return session_usage(session, line);
    }
    if (line->count == 3) {
        int result = argument_service_reason(session, line, line->words[2], &request);
        if (result != STATUS_DONE)
            return result;
    }
    return session_perform(session, &request, print_service);
}

static int release(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_RELEASE};
    argument_compartment(line->words[0], &request);
    return session_perform(session, &request, print_release);
}

static int reissue(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_REISSUE};
    argument_compartment(line->words[0], &request);
    return session_perform(session, &request, print_reissue);
}

static int extend(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_EXTEND};
    argument_compartment(line->words[0], &request);
    int result = argument_extension(session, line, line->words[1], &request.by_ms);
    if (result != STATUS_DONE)
        return result;
    return session_perform(session, &request, print_extend);
}

static int history(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_HISTORY, .limit = PAGE_LIMIT_DEFAULT};
    if (line->flags[FLAG_LIMIT] != NULL) {
        int result = argument_limit(session, line, line->flags[FLAG_LIMIT], &request.limit);
        if (result != STATUS_DONE)
            return result;
    }
    if (line->count > 0)
        argument_compartment(line->words[0], &request);
    return session_perform(session, &request, print_history);
}

static int sweep(struct session *session, const struct command_line *line)
{
    (void)line;
    struct request request = {.operation = OP_SWEEP};
    return session_perform(session, &request, print_sweep);
}

static int clock_command(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_CLOCK, .accept = line->count > 0};
    if (line->count > 0 && strcmp(line->words[0], "accept") != 0) {
        say(session->prefix, "\"%s\": say \"clock\" or \"clock accept\"", line->words[0]);
        return session_usage(session, line);
    }
    return session_perform(session, &request, print_clock);
}

static int watch(struct session *session, const struct command_line *line)
{
    const char *why = NULL;
    if (session->json)
        why = "watch is a picture: for JSON ask \"status\" and \"compartments\"";
    else if (!session->out.present)
        why = "watch needs a terminal on its output; for a file or a pipe ask \"status\" and"
              " \"compartments\"";
    else if (!session->out.screen)
        why = "watch needs a terminal that can place text, and $TERM says that this one cannot:"
              " ask \"status\" and \"compartments\"";
    if (why != NULL) {
        say(session->prefix, "%s", why);
        return session_usage(session, line);
    }
    return watch_run(session->conversation, session->prefix);
}

static int keygen(struct session *session, const struct command_line *line)
{
    const char *path = line->words[0];
    if (path[0] == '\0') {
        say(session->prefix, "the file's name is empty: name the file to make");
        return session_usage(session, line);
    }
    int result = key_file_make(path, session->prefix);
    if (result == STATUS_DONE && session->json && json_print_key_files(path, stdout) != 0) {
        say(session->prefix, "out of memory: the files are made, but cannot be shown");
        result = STATUS_REFUSED;
    } else if (result == STATUS_DONE && !session->json && !session->quiet) {
        printf("Keys: %s (secret, keep it) and %s.pub (public, for the station's list)\n", path,
               path);
    }
    return result;
}

static const struct command commands[] = {
    {
        .name = "status",
        .synopsis = "",
        .help = "Show how the station is: clock, occupancy, ledger, policies, counters",
        .run = status,
    },
    {
        .name = "watch",
        .synopsis = "",
        .help = "A live picture of the wall of compartments; q ends it",
        .run = watch,
    },
    {
        .name = "compartments",
        .synopsis = "[--after ID] [--limit N]",
        .help = "List the compartments and their state; all of them without --limit",
        .flags = FLAG_BIT(FLAG_AFTER) | FLAG_BIT(FLAG_LIMIT),
        .run = compartments,
    },
    {
        .name = "availability",
        .synopsis = "",
        .help = "Show how many compartments of each size are free",
        .run = command_availability,
    },
    {
        .name = "expired",
        .synopsis = "",
        .help = "List the expired parcels that wait to be collected",
        .run = command_expired,
    },
    {
        .name = "collect",
        .synopsis = "ID",
        .help = "Confirm that the expired parcel is out of this compartment",
        .min = 1,
        .max = 1,
        .flags = FLAG_BIT(FLAG_ID),
        .run = command_collect,
    },
    {
        .name = "service",
        .synopsis = "ID on|off [REASON]",
        .help = "Take a compartment out of service, with a reason, or back into service.\n"
                "Out of service it takes no new parcel; the code of one inside still works. A\n"
                "reason has up to 31 printable ASCII characters",
        .min = 2,
        .max = 3,
        .flags = FLAG_BIT(FLAG_ID),
        .run = service,
    },
    {
        .name = "release",
        .synopsis = "ID",
        .help = "Free an occupied compartment by force; its code is cancelled",
        .min = 1,
        .max = 1,
        .flags = FLAG_BIT(FLAG_ID),
        .run = release,
    },
    {
        .name = "reissue",
        .synopsis = "ID",
        .help = "Make a new code for an occupied compartment; the old one is cancelled",
        .min = 1,
        .max = 1,
        .flags = FLAG_BIT(FLAG_ID),
        .run = reissue,
    },
    {
        .name = "extend",
        .synopsis = "ID DURATION",
        .help = "Let the code of this compartment live longer",
        .min = 2,
        .max = 2,
        .flags = FLAG_BIT(FLAG_ID),
        .run = extend,
    },
    {
        .name = "history",
        .synopsis = "[ID] [--limit N]",
        .help = "Show what happened to a compartment, or to all, newest first (default: 256)",
        .max = 1,
        .flags = FLAG_BIT(FLAG_LIMIT),
        .run = history,
    },
    {
        .name = "sweep",
        .synopsis = "",
        .help = "Deal with the expired parcels now instead of when their time comes",
        .flags = FLAG_BIT(FLAG_ID),
        .run = sweep,
    },
    {
        .name = "clock",
        .synopsis = "[accept]",
        .help = "Show the station's time; \"accept\" makes it take over the wall clock",
        .max = 1,
        .flags = FLAG_BIT(FLAG_ID),
        .run = clock_command,
    },
    {
        .name = "ping",
        .synopsis = "",
        .help = "Ask whether the station answers",
        .run = command_ping,
    },
    {
        .name = "keygen",
        .synopsis = "FILE",
        .help = "Make the keys of a remote terminal: FILE (secret) and FILE.pub (public)",
        .min = 1,
        .max = 1,
        .offline = true,
        .run = keygen,
    },
};

static const struct program staff = {
    .name = "locker-operator",
    .purpose = "For the staff of a locker station: see how it is, and put it right.",
    .role = ROLE_OPERATOR,
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .examples = "  locker-operator status\n"
                "  locker-operator service M03 off \"hinge broken\"\n"
                "  locker-operator extend M03 24h\n"
                "  locker-operator history M03 --limit 20\n"
                "  locker-operator --json compartments | jq -r '.compartments[].compartment'\n"
                "  locker-operator watch\n",
};

int main(int argc, char **argv)
{
    return session_main(&staff, argc, argv);
}
