/*
 * locker-keypad: the customer's keypad.
 */
#include "arguments.h"
#include "common_commands.h"
#include "keypad_screen.h"
#include "print.h"
#include "prompt.h"
#include "session.h"

static int pickup(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_PICKUP};
    argument_code(line->words, line->count, &request);
    return session_perform(session, &request, print_pickup);
}

static const struct command commands[] = {
    {
        .name = "pickup",
        .synopsis = "CODE",
        .help = "Open the compartment of this code; spaces and dashes in it do not matter",
        .min = 1,
        .max = 8, /* "123 456" without quotes */
        .flags = FLAG_BIT(FLAG_ID),
        .run = pickup,
    },
    {
        .name = "ping",
        .synopsis = "",
        .help = "Ask whether the station answers",
        .run = command_ping,
    },
};

static int pickup_line(void *context, unsigned long number, char *line)
{
    struct request request = {.operation = OP_PICKUP};
    session_at_line(context, number);
    argument_code(&line, 1, &request);
    return session_perform(context, &request, print_pickup);
}

static int interactive(struct session *session)
{
    if (!prompt_is_interactive() || session->json)
        return prompt_run_lines(stdin, pickup_line, session, session->program->name);
    return keypad_screen_run(session);
}

static const struct program keypad = {
    .name = "locker-keypad",
    .purpose = "The customer's keypad: type the code, and the compartment opens.",
    .role = ROLE_KEYPAD,
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .bare_help =
        "Without a command it is a keypad for everybody: it asks for codes until its input\n"
        "ends, and leaves no code on the screen. When its input is a pipe or a file it\n"
        "reads one code a line, all of them, and ends with the first failure's exit\n"
        "status.",
    .bare = interactive,
    .examples = "  locker-keypad pickup 123456\n"
                "  locker-keypad pickup 123-456\n"
                "  locker-keypad --run /run/locker\n"
                "  echo 123456 | locker-keypad --json\n",
};

int main(int argc, char **argv)
{
    return session_main(&keypad, argc, argv);
}
