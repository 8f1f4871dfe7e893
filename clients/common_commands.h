/*
 * Commands that more than one program has.
 */
#ifndef LOCKER_COMMON_COMMANDS_H
#define LOCKER_COMMON_COMMANDS_H

#include "session.h"

int command_ping(struct session *session, const struct command_line *line);
int command_availability(struct session *session, const struct command_line *line);
int command_expired(struct session *session, const struct command_line *line);
int command_collect(struct session *session, const struct command_line *line);

#endif
