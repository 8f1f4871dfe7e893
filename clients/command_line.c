#include "command_line.h"

#include "say.h"

#include <getopt.h>
#include <string.h>

#define FLAG_BASE 256 /* above every character, so that getopt's '?' and ':' are told apart */

static const struct {
    const char *name;
    const char *value; /* NULL: takes none */
    const char *help;
} flags[FLAG_COUNT] = {
    [FLAG_RUN] = {"run", "DIR",
                  "The station's run directory (default: $LOCKER_RUN, else /run/locker when it\n"
                  "exists, else $XDG_RUNTIME_DIR/locker, else /tmp/locker-UID)"},
    [FLAG_ENDPOINT] = {"endpoint", "URI",
                       "The station's endpoint itself: ipc://PATH or tcp://HOST:PORT"},
    [FLAG_TIMEOUT] = {"timeout", "DURATION", "How long to wait for an answer (default: 5s)"},
    [FLAG_SERVER_KEY] = {"server-key", "FILE", "tcp:// only: the station's public key"},
    [FLAG_KEY] = {"key", "FILE",
                  "tcp:// only: this terminal's own keys, from `locker-operator keygen`"},
    [FLAG_JSON] = {"json", NULL, "One JSON object a reply on stdout, with the wire's keys"},
    [FLAG_QUIET] = {"quiet", NULL, "No headings, hints or confirmations; only data and errors"},
    [FLAG_HELP] = {"help", NULL, "This help; after a command: help for that command"},
    [FLAG_VERSION] = {"version", NULL, "The program's version"},
    [FLAG_REASON] = {"reason", "R", "does_not_fit, door_broken, occupied or other (default)"},
    [FLAG_SIZE] = {"size", "SIZE", "Exchange: take a compartment of this size instead"},
    [FLAG_AFTER] = {"after", "ID", "Begin behind this compartment"},
    [FLAG_LIMIT] = {"limit", "N", "At most N lines, 1 to 1024"},
    [FLAG_ID] = {"id", "HEX",
                 "The change's id, 32 hex digits, instead of a random one. A change repeated\n"
                 "under its id is not made twice, and gets its first answer"},
};

static bool is_common(size_t flag)
{
    return flag <= FLAG_VERSION;
}

/* Where to read on, after a mistake. */
static int usage_mistake(const struct program *program, const struct command *command,
                         bool at_prompt)
{
    if (command != NULL)
        say(NULL, "Usage: %s%s%s%s%s", at_prompt ? "" : program->name, at_prompt ? "" : " ",
            command->name, command->synopsis[0] != '\0' ? " " : "", command->synopsis);
    if (at_prompt)
        say(NULL, "Type \"help\" for all commands.");
    else
        say(NULL, "Try \"%s --help\".", program->name);
    return STATUS_USAGE;
}

static int bad_flag(const struct program *program, bool at_prompt, const char *prefix, int found,
                    const char *word)
{
    if (found == ':')
        say(prefix, "%s needs a value: %s %s", word, word,
            optopt >= FLAG_BASE ? flags[optopt - FLAG_BASE].value : "VALUE");
    else if (optopt >= FLAG_BASE)
        say(prefix, "--%s takes no value", flags[optopt - FLAG_BASE].name);
    else if (optopt > ' ' && optopt <= '~')
        say(prefix, "there is no flag -%c", optopt); /* word may be another one by now */
    else if (optopt != 0)
        say(prefix, "there is no flag of that letter");
    else
        say(prefix, "there is no flag %s", word);
    return usage_mistake(program, NULL, at_prompt);
}

static const struct command *find_command(const struct program *program, const char *name)
{
    for (size_t i = 0; i < program->command_count; i++) {
        if (strcmp(program->commands[i].name, name) == 0)
            return &program->commands[i];
    }
    return NULL;
}

static int check_command(const struct program *program, bool at_prompt, const char *prefix,
                         const struct command_line *line)
{
    const struct command *command = line->command;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (line->flags[i] == NULL || (command->flags & FLAG_BIT(i)) != 0)
            continue;
        if (at_prompt || !is_common(i)) {
            say(prefix, "--%s means nothing to \"%s\"%s", flags[i].name, command->name,
                is_common(i) ? " here: give it when starting the program" : "");
            return usage_mistake(program, command, at_prompt);
        }
    }
    if (line->count < command->min || line->count > command->max) {
        say(prefix, "\"%s\" has too %s arguments", command->name,
            line->count < command->min ? "few" : "many");
        return usage_mistake(program, command, at_prompt);
    }
    return STATUS_DONE;
}

static int parse_flags(const struct program *program, bool at_prompt, const char *prefix, int argc,
                       char **argv, struct command_line *line)
{
    struct option options[FLAG_COUNT + 1] = {0};
    for (int i = 0; i < FLAG_COUNT; i++)
        options[i] =
            (struct option){.name = flags[i].name,
                            .has_arg = flags[i].value != NULL ? required_argument : no_argument,
                            .val = FLAG_BASE + i};
    opterr = 0;
    optind = 0; /* glibc: start anew, a prompt parses many lines */
    int found;
    while ((found = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (found == 'h')
            found = FLAG_BASE + FLAG_HELP;
        if (found < FLAG_BASE)
            return bad_flag(program, at_prompt, prefix, found, argv[optind - 1]);
        line->flags[found - FLAG_BASE] = optarg != NULL ? optarg : "";
    }
    return STATUS_DONE;
}

static bool has_command_flag(const struct command_line *line)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (!is_common(i) && line->flags[i] != NULL)
            return true;
    return false;
}

int command_line_parse(const struct program *program, bool at_prompt, const char *prefix, int argc,
                       char **argv, struct command_line *line)
{
    *line = (struct command_line){0};
    int status = parse_flags(program, at_prompt, prefix, argc, argv, line);
    if (status != STATUS_DONE)
        return status;
    line->words = argv + optind;
    if (optind < argc) {
        line->command = find_command(program, argv[optind]);
        line->words++;
        line->count = argc - optind - 1;
    }
    bool only_shows =
        !at_prompt && (line->flags[FLAG_HELP] != NULL || line->flags[FLAG_VERSION] != NULL);
    if (only_shows)
        return STATUS_DONE;
    if (line->command != NULL)
        return check_command(program, at_prompt, prefix, line);
    if (optind < argc)
        say(prefix, "there is no command \"%s\"", argv[optind]);
    else if (program->bare == NULL)
        say(prefix, "name a command");
    else if (has_command_flag(line))
        say(prefix, "these flags belong to a command: name one");
    else
        return STATUS_DONE;
    return usage_mistake(program, NULL, at_prompt);
}

/* ---- help ------------------------------------------------------------------------------ */

/* Text of one line or several, each after the first indented. */
static void put_lines(const char *text, int indent, FILE *stream)
{
    for (; *text != '\0'; text++) {
        fputc(*text, stream);
        if (*text == '\n')
            fprintf(stream, "%*s", indent, "");
    }
}

static void help_flag(size_t flag, FILE *stream)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", flags[flag].name, flags[flag].value != NULL ? " " : "",
             flags[flag].value != NULL ? flags[flag].value : "");
    fprintf(stream, "  %-20s ", left);
    put_lines(flags[flag].help, 23, stream);
    fputc('\n', stream);
}

static void help_command(const struct command *command, FILE *stream)
{
    fprintf(stream, "  %s%s%s\n      ", command->name, command->synopsis[0] != '\0' ? " " : "",
            command->synopsis);
    put_lines(command->help, 6, stream);
    fputs(".\n", stream);
}

static void help_one(const struct program *program, const struct command *command, FILE *stream)
{
    fprintf(stream, "Usage: %s [FLAGS] %s%s%s\n\n%s.\n", program->name, command->name,
            command->synopsis[0] != '\0' ? " " : "", command->synopsis, command->help);
    if (command->flags != 0)
        fputs("\nIts own flags:\n", stream);
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if ((command->flags & FLAG_BIT(i)) != 0)
            help_flag(i, stream);
    }
    fprintf(stream, "\nFlags of every command: see \"%s --help\".\n", program->name);
}

void command_line_list(const struct program *program, FILE *stream)
{
    for (size_t i = 0; i < program->command_count; i++) {
        if (!program->commands[i].offline)
            help_command(&program->commands[i], stream);
    }
}

void command_line_help(const struct program *program, const struct command *command, FILE *stream)
{
    if (command != NULL) {
        help_one(program, command, stream);
        return;
    }
    fprintf(stream, "Usage: %s [FLAGS] COMMAND [ARGUMENTS]\n", program->name);
    if (program->bare_help != NULL)
        fprintf(stream, "       %s [FLAGS]\n", program->name);
    fprintf(stream, "\n%s\n", program->purpose);
    if (program->bare_help != NULL)
        fprintf(stream, "\n%s\n", program->bare_help);
    fputs("\nCommands:\n", stream);
    for (size_t i = 0; i < program->command_count; i++)
        help_command(&program->commands[i], stream);
    fputs("\nFlags:\n", stream);
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (is_common(i))
            help_flag(i, stream);
    }
    fprintf(stream,
            "\nDurations are a whole number and a unit: 500ms, 5s, 90m, 24h, 7d.\n"
            "\nExamples:\n%s"
            "\nExit status: 0 done; 1 the station refused (why is on stderr), or the output could\n"
            "not be written; 2 wrong usage; 3 the station was not reached or did not answer in\n"
            "time. Requests are repeated under the same id until the timeout: within one run\n"
            "nothing is done twice. A change without an answer may have been made; its id is\n"
            "named then, and --id repeats it safely.\n",
            program->examples);
}
