/*
 * locker-driver: the carrier's terminal.
 */
#include "arguments.h"
#include "common_commands.h"
#include "print.h"
#include "prompt.h"
#include "say.h"
#include "session.h"

#include <errno.h>
#include <string.h>

static int deposit(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_DEPOSIT};
    argument_size(line->words[0], &request);
    return session_perform(session, &request, print_deposit);
}

static int cancel(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_CANCEL, .reason = CANCEL_OTHER};
    if (line->flags[FLAG_REASON] != NULL)
        argument_cancel_reason(line->flags[FLAG_REASON], &request);
    if (line->flags[FLAG_SIZE] != NULL)
        argument_size(line->flags[FLAG_SIZE], &request);
    argument_code(line->words, line->count, &request);
    return session_perform(session, &request, print_cancel);
}

static const struct command commands[] = {
    {
        .name = "deposit",
        .synopsis = "SIZE",
        .help = "Take a compartment for a small, medium or large parcel; shows its code",
        .min = 1,
        .max = 1,
        .flags = FLAG_BIT(FLAG_ID),
        .run = deposit,
    },
    {
        .name = "cancel",
        .synopsis = "CODE [--reason R] [--size SIZE]",
        .help = "Take back a deposit just made; with --size, exchange it for another\n"
                "compartment. Reasons: does_not_fit, door_broken, occupied, other",
        .min = 1,
        .max = 1,
        .flags = FLAG_BIT(FLAG_REASON) | FLAG_BIT(FLAG_SIZE) | FLAG_BIT(FLAG_ID),
        .run = cancel,
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
        .name = "ping",
        .synopsis = "",
        .help = "Ask whether the station answers",
        .run = command_ping,
    },
};

/* ---- a person's session, or a pipe ----------------------------------------------------- */

static bool is_quit(const char *line)
{
    line += strspn(line, " ");
    size_t size = strcspn(line, " ");
    return (size == 4 && (strncmp(line, "quit", size) == 0 || strncmp(line, "exit", size) == 0)) &&
           line[size + strspn(line + size, " ")] == '\0';
}

static int run_line(struct session *session, char *line)
{
    char *words[PROMPT_WORDS_MAX + 2];
    int count = prompt_split(line, words);
    if (count < 0) {
        say(session->prefix, "too many words, or a quote without its end");
        return STATUS_USAGE;
    }
    words[0] = (char *)(uintptr_t)session->program->name;
    if (strcmp(words[1], "help") == 0 || strcmp(words[1], "?") == 0) {
        command_line_list(session->program, stdout);
        puts("  help\n      Show this list.\n  quit\n      End; so does the end of input.");
        return STATUS_DONE;
    }
    return session_run(session, count, words);
}

static int run_piped_line(void *context, unsigned long number, char *line)
{
    struct session *session = context;
    session_at_line(session, number);
    return is_quit(line) ? PROMPT_ENOUGH : run_line(session, line);
}

static void welcome(struct session *session)
{
    if (session->quiet)
        return;
    struct command_line none = {0};
    command_availability(session, &none);
    puts("\nCommands: deposit SIZE, cancel CODE, availability, expired, collect ID.\n"
         "help says more of each, quit ends.");
}

static int converse(struct session *session)
{
    char line[PROMPT_LINE_SIZE];
    welcome(session);
    while (!ferror(stdout)) {
        printf("\n%sdriver>%s ", terminal_style(&session->out, STYLE_STRONG),
               terminal_style(&session->out, STYLE_PLAIN));
        fflush(stdout);
        enum prompt_input input = prompt_read(stdin, line);
        if (input == PROMPT_END || input == PROMPT_FAILED) {
            putchar('\n'); /* the shell's prompt comes next */
            break;
        }
        if (input == PROMPT_BAD)
            say(NULL, "That line is too long or has control characters.");
        else if (is_quit(line))
            break;
        else if (line[strspn(line, " ")] != '\0')
            run_line(session, line);
    }
    return STATUS_DONE;
}

static int interactive(struct session *session)
{
    session->at_prompt = true;
    if (!prompt_is_interactive())
        return prompt_run_lines(stdin, run_piped_line, session, session->program->name);
    session->prefix = NULL;
    return converse(session);
}

static const struct program driver = {
    .name = "locker-driver",
    .purpose = "The carrier's terminal: leave parcels in a locker station, and take back what\n"
               "nobody fetched.",
    .role = ROLE_DRIVER,
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .bare_help = "Without a command it asks for commands. When its input is a pipe or a file it\n"
                 "reads one command a line, all of them, and ends with the first failure's exit\n"
                 "status.",
    .bare = interactive,
    .examples = "  locker-driver deposit medium\n"
                "  locker-driver cancel 123456 --reason does_not_fit --size large\n"
                "  locker-driver --json availability\n"
                "  printf 'deposit small\\ndeposit large\\n' | locker-driver --run /run/locker\n",
};

int main(int argc, char **argv)
{
    return session_main(&driver, argc, argv);
}
