#include "arguments.h"

#include "duration.h"
#include "say.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void argument_size(const char *text, struct request *request)
{
    request->has_size = true;
    if (size_from_name(text, &request->size) != 0)
        request->size_text = text;
}

void argument_cancel_reason(const char *text, struct request *request)
{
    if (cancel_reason_from_name(text, &request->reason) != 0)
        request->reason_text = text;
}

int argument_limit(const struct session *session, const struct command_line *line, const char *text,
                   uint32_t *limit)
{
    char *end;
    long number = isdigit((unsigned char)text[0]) ? strtol(text, &end, 10) : 0;
    if (number < 1 || number > PAGE_LIMIT_MAX || *end != '\0') {
        say(session->prefix, "--limit %s: give a number from 1 to %d", text, PAGE_LIMIT_MAX);
        return session_usage(session, line);
    }
    *limit = (uint32_t)number;
    return STATUS_DONE;
}

int argument_extension(const struct session *session, const struct command_line *line,
                       const char *text, int64_t *by_ms)
{
    if (duration_parse(text, by_ms) == 0 && *by_ms > 0 && *by_ms <= EXTEND_BY_MS_MAX)
        return STATUS_DONE;
    say(session->prefix,
        "\"%s\" is no time to extend by: give a number and a unit (ms s m h d), such as 24h or"
        " 7d, ten years at most",
        text);
    return session_usage(session, line);
}

int argument_service_reason(const struct session *session, const struct command_line *line,
                            const char *text, struct request *request)
{
    size_t size = strlen(text);
    bool good = size <= SERVICE_REASON_MAX;
    for (size_t i = 0; i < size && good; i++)
        good = text[i] >= ' ' && text[i] <= '~';
    if (!good) {
        say(session->prefix, "a reason has up to %d printable ASCII characters",
            SERVICE_REASON_MAX);
        return session_usage(session, line);
    }
    request->has_service_reason = true;
    memcpy(request->service_reason, text, size + 1);
    return STATUS_DONE;
}

int argument_id(const struct session *session, const struct command_line *line, const char *text,
                uint8_t id[REQUEST_ID_SIZE])
{
    size_t size = 0;
    const char *end = NULL;
    if (strlen(text) == (size_t)2 * REQUEST_ID_SIZE &&
        sodium_hex2bin(id, REQUEST_ID_SIZE, text, strlen(text), NULL, &size, &end) == 0 &&
        size == REQUEST_ID_SIZE && *end == '\0')
        return STATUS_DONE;
    say(session->prefix, "--id %s: give %d hex digits, as a change without an answer names them",
        text, 2 * REQUEST_ID_SIZE);
    return session_usage(session, line);
}

void argument_code(char *const *words, int count, struct request *request)
{
    size_t used = 0;
    bool good = true;
    for (int i = 0; i < count; i++) {
        for (char *p = words[i]; *p != '\0'; p++) {
            char typed = *p;
            *p = '*';
            if (typed == ' ' || typed == '-')
                continue;
            if (isdigit((unsigned char)typed) && used < CODE_DIGITS_MAX)
                request->code[used++] = typed;
            else
                good = false;
        }
    }
    if (!good || used < CODE_DIGITS_MIN)
        used = 0;
    memset(request->code + used, 0, sizeof request->code - used);
}

void argument_compartment(const char *text, struct request *request)
{
    request->has_compartment = true;
    size_t size = strlen(text);
    bool good = size >= 1 && size <= COMPARTMENT_ID_MAX;
    for (size_t i = 0; i < size && good; i++)
        good = text[i] > ' ' && text[i] <= '~';
    if (good)
        memcpy(request->compartment, text, size + 1);
    else
        request->compartment[0] = '\0';
}
