#include "json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* NULL: out of memory. */
static json_t *from_text(const char *text)
{
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    /* Not UTF-8: a wrong character is better than a lost reply. */
    char *plain = strdup(text);
    if (plain == NULL)
        return NULL;
    for (char *p = plain; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    }
    string = json_string(plain);
    free(plain);
    return string;
}

static json_t *from_value(const struct value *value)
{
    json_t *json = NULL;
    int failed = 0;
    switch (value_kind(value)) {
    case VALUE_NIL:
        return json_null();
    case VALUE_BOOL:
        return json_boolean(value_bool(value));
    case VALUE_INT:
        return json_integer(value_int(value));
    case VALUE_STR:
        return from_text(value_str(value));
    case VALUE_ARRAY:
        json = json_array();
        for (size_t i = 0; json != NULL && i < value_count(value); i++)
            failed |= json_array_append_new(json, from_value(value_at(value, i)));
        break;
    case VALUE_MAP:
        json = json_object();
        for (size_t i = 0; json != NULL && i < value_count(value); i++)
            failed |=
                json_object_set_new(json, value_key(value, i), from_value(value_at(value, i)));
        break;
    }
    if (failed != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

int json_print(const struct value *reply, FILE *stream)
{
    json_t *json = from_value(reply);
    char *line = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (line == NULL)
        return -ENOMEM;
    fputs(line, stream);
    fputc('\n', stream);
    fflush(stream); /* a reader at the other end of a pipe waits for it */
    free(line);
    return 0;
}
