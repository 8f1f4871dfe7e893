/*
 * Arguments of commands, from what was typed to the fields of a request.
 *
 * Those that can fail return STATUS_DONE, or STATUS_USAGE after a message that says what is
 * accepted. Codes, compartment ids, sizes and reasons to cancel are never judged here but for what
 * the wire can carry: the station answers.
 */
#ifndef LOCKER_ARGUMENTS_H
#define LOCKER_ARGUMENTS_H

#include "message.h"
#include "session.h"

/* Any text, which the request borrows; what is no size the station answers with invalid_size. */
void argument_size(const char *text, struct request *request);

/* The same for a reason to cancel, and invalid_request. */
void argument_cancel_reason(const char *text, struct request *request);

/* 1 to PAGE_LIMIT_MAX. */
int argument_limit(const struct session *session, const struct command_line *line, const char *text,
                   uint32_t *limit);

/* 1 ms to EXTEND_BY_MS_MAX. */
int argument_extension(const struct session *session, const struct command_line *line,
                       const char *text, int64_t *by_ms);

/* Up to SERVICE_REASON_MAX printable ASCII characters. */
int argument_service_reason(const struct session *session, const struct command_line *line,
                            const char *text, struct request *request);

/* The id of a change, in hexadecimal. */
int argument_id(const struct session *session, const struct command_line *line, const char *text,
                uint8_t id[REQUEST_ID_SIZE]);

/* Spaces and dashes are left out; what then is no code becomes "", which the station answers with
 * invalid_code. The words are overwritten: others may read a process's arguments. */
void argument_code(char *const *words, int count, struct request *request);

/* What cannot be an id becomes "", which the station answers with unknown_compartment. */
void argument_compartment(const char *text, struct request *request);

#endif
