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

/* One line; json is taken, NULL is what there was no memory for. */
static int print_line(json_t *json, FILE *stream)
{
    char *line = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (line == NULL)
        return -ENOMEM;
    fputs(line, stream);
    fputc('\n', stream);
    free(line);
    return 0;
}

int json_print(const struct value *reply, FILE *stream)
{
    return print_line(from_value(reply), stream);
}

int json_print_key_files(const char *path, FILE *stream)
{
    char *public_path = NULL;
    if (asprintf(&public_path, "%s.pub", path) < 0)
        return -ENOMEM;
    json_t *json = json_pack("{s:b, s:o, s:o}", "ok", 1, "secret", from_text(path), "public",
                             from_text(public_path));
    free(public_path);
    return print_line(json, stream);
}
