#include "common_commands.h"

#include "arguments.h"
#include "print.h"

int command_ping(struct session *session, const struct command_line *line)
{
    (void)line;
    struct request request = {.operation = OP_PING};
    return session_perform(session, &request, print_ping);
}

int command_availability(struct session *session, const struct command_line *line)
{
    (void)line;
    struct request request = {.operation = OP_AVAILABILITY};
    return session_perform(session, &request, print_availability);
}

int command_expired(struct session *session, const struct command_line *line)
{
    (void)line;
    struct request request = {.operation = OP_EXPIRED};
    return session_perform(session, &request, print_expired);
}

int command_collect(struct session *session, const struct command_line *line)
{
    struct request request = {.operation = OP_COLLECT};
    argument_compartment(line->words[0], &request);
    return session_perform(session, &request, print_collect);
}
