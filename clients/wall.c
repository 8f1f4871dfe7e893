#include "wall.h"

#include "arguments.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t size, const struct value *map, const char *key)
{
    char text[TEXT_SIZE];
    text_of(map, key, text);
    size_t used = strnlen(text, size - 1);
    memcpy(to, text, used);
    to[used] = '\0';
}

static struct compartment_line read_line(const struct value *map)
{
    struct compartment_line line = {0};
    char text[TEXT_SIZE];
    copy(line.compartment, sizeof line.compartment, map, "compartment");
    copy(line.reason, sizeof line.reason, map, "reason");
    if (size_from_name(text_of(map, "size", text), &line.size) != 0)
        line.size = SIZE_SMALL;
    text_of(map, "state", text);
    if (strcmp(text, "occupied") == 0)
        line.state = STATE_OCCUPIED;
    else if (strcmp(text, "expired") == 0)
        line.state = STATE_EXPIRED;
    const struct value *in_service = value_get(map, "in_service");
    line.in_service = in_service == NULL || value_bool(in_service);
    const struct value *expires = value_get(map, "expires_at_ms");
    line.expires_at_ms = expires != NULL ? value_int(expires) : 0;
    return line;
}

static int ask_page(struct conversation *conversation, const char *after, size_t limit,
                    struct value **reply)
{
    struct request request = {
        .operation = OP_COMPARTMENTS,
        .limit = (uint32_t)(limit < PAGE_LIMIT_MAX ? limit : PAGE_LIMIT_MAX),
    };
    if (after != NULL)
        argument_compartment(after, &request);
    int error = conversation_ask(conversation, &request, reply);
    if (error != 0)
        return error;
    const struct value *lines = value_get(*reply, "compartments");
    if (value_bool(value_get(*reply, "ok")) && lines != NULL)
        return 0;
    value_free(*reply);
    /* The only refusal to a well-formed page: there is no such compartment any more. */
    return after != NULL ? -ESTALE : -EPROTO;
}

static int add_lines(struct wall *wall, const struct value *lines)
{
    size_t needed = wall->count + value_count(lines);
    if (needed > wall->room) {
        size_t room = needed + needed / 2;
        struct compartment_line *grown = realloc(wall->lines, room * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        wall->lines = grown;
        wall->room = room;
    }
    for (size_t i = 0; i < value_count(lines); i++)
        wall->lines[wall->count++] = read_line(value_at(lines, i));
    return 0;
}

int wall_load(struct wall *wall, struct conversation *conversation)
{
    wall->count = 0;
    for (;;) {
        const char *after = wall->count > 0 ? wall->lines[wall->count - 1].compartment : NULL;
        struct value *reply;
        int error = ask_page(conversation, after, PAGE_LIMIT_MAX, &reply);
        if (error != 0)
            return error;
        const struct value *more = value_get(reply, "more");
        const struct value *lines = value_get(reply, "compartments");
        bool last = value_count(lines) == 0 || more == NULL || !value_bool(more);
        error = add_lines(wall, lines);
        value_free(reply);
        if (error != 0 || last)
            return error;
    }
}

int wall_refresh(struct wall *wall, struct conversation *conversation, size_t first, size_t count)
{
    size_t end = first + count < wall->count ? first + count : wall->count;
    while (first < end) {
        const char *after = first > 0 ? wall->lines[first - 1].compartment : NULL;
        struct value *reply;
        int error = ask_page(conversation, after, end - first, &reply);
        if (error != 0)
            return error;
        const struct value *lines = value_get(reply, "compartments");
        size_t got = value_count(lines);
        if (got == 0 || got > end - first)
            error = -ESTALE;
        for (size_t i = 0; i < got && error == 0; i++) {
            struct compartment_line line = read_line(value_at(lines, i));
            if (strcmp(line.compartment, wall->lines[first + i].compartment) != 0)
                error = -ESTALE;
            wall->lines[first + i] = line;
        }
        value_free(reply);
        if (error != 0)
            return error;
        first += got;
    }
    return 0;
}

size_t wall_id_width(const struct wall *wall)
{
    size_t longest = 1;
    for (size_t i = 0; i < wall->count; i++) {
        size_t size = strlen(wall->lines[i].compartment);
        longest = size > longest ? size : longest;
    }
    return longest;
}

void wall_free(struct wall *wall)
{
    free(wall->lines);
    *wall = (struct wall){0};
}
