#include "config_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A walk over the text, as libconfuse's lexer would do it. */
struct scan {
    char *at;
    int line;
    int depth;     /* of open braces */
    int open_line; /* of the outermost open brace */
    bool at_token; /* a word may begin here: only there are slashes a comment's */
};

static void scan_step(struct scan *scan)
{
    if (*scan->at == '\n')
        scan->line++;
    scan->at++;
}

static void scan_blank(struct scan *scan)
{
    const bool keep = *scan->at == '\n';
    char *place = scan->at;
    scan_step(scan);
    if (!keep)
        *place = ' ';
}

static void scan_line_comment(struct scan *scan)
{
    while (*scan->at && *scan->at != '\n')
        scan_blank(scan);
}

static void scan_block_comment(struct scan *scan, const struct place *place,
                               struct mistakes *mistakes)
{
    const struct place begin = {.file = place->file, .line = scan->line};
    while (*scan->at) {
        const bool last = scan->at[0] == '*' && scan->at[1] == '/';
        scan_blank(scan);
        if (last) {
            scan_blank(scan);
            return;
        }
    }
    mistakes_add(mistakes, &begin, NULL, "this comment is never closed; end it with */");
}

static void scan_string(struct scan *scan, const struct place *place, struct mistakes *mistakes)
{
    const struct place begin = {.file = place->file, .line = scan->line};
    const char quote = *scan->at;
    scan_step(scan);
    while (*scan->at && *scan->at != quote) {
        if (*scan->at == '\\' && scan->at[1])
            scan_step(scan);
        scan_step(scan);
    }
    if (*scan->at == '\0')
        mistakes_add(mistakes, &begin, NULL, "this quote is never closed; end it with %c", quote);
    else
        scan_step(scan);
}

static void scan_brace(struct scan *scan)
{
    if (*scan->at == '{' && scan->depth++ == 0)
        scan->open_line = scan->line;
    if (*scan->at == '}' && scan->depth > 0)
        scan->depth--;
    scan_step(scan);
}

static void text_scan(char *text, const char *path, struct mistakes *mistakes)
{
    const struct place place = {.file = path};
    struct scan scan = {.at = text, .line = 1, .at_token = true};
    while (*scan.at) {
        const char c = *scan.at;
        const bool at_token = scan.at_token;
        scan.at_token = strchr(" \t\r\n{}=,()+\"'", c) != NULL;
        if (c == '#' || (at_token && c == '/' && scan.at[1] == '/'))
            scan_line_comment(&scan);
        else if (at_token && c == '/' && scan.at[1] == '*')
            scan_block_comment(&scan, &place, mistakes);
        else if (c == '"' || c == '\'')
            scan_string(&scan, &place, mistakes);
        else if (c == '{' || c == '}')
            scan_brace(&scan);
        else
            scan_step(&scan);
    }
    const struct place open = {.file = path, .line = scan.open_line};
    if (scan.depth > 0)
        mistakes_add(mistakes, &open, NULL, "the { in this line is never closed; add the }");
}

/* The whole file and a NUL; NULL with errno. */
static char *text_slurp(FILE *file, size_t *size)
{
    size_t room = 1 << 16;
    char *text = malloc(room);
    *size = 0;
    while (text) {
        *size += fread(text + *size, 1, room - 1 - *size, file);
        if (ferror(file) || *size > CONFIG_TEXT_BYTES_MAX) {
            const int error = ferror(file) ? errno : EFBIG;
            free(text);
            errno = error;
            return NULL;
        }
        if (feof(file)) {
            text[*size] = '\0';
            return text;
        }
        if (*size + 1 < room)
            continue;
        room *= 2;
        char *larger = realloc(text, room);
        if (!larger)
            free(text);
        text = larger;
    }
    return NULL;
}

char *config_text_read(const char *path, struct mistakes *mistakes)
{
    const struct place place = {.file = path};
    size_t size = 0;
    char *text = NULL;
    FILE *file = fopen(path, "re");
    if (file)
        text = text_slurp(file, &size);
    if (!text)
        mistakes_add(mistakes, &place, NULL,
                     "cannot read the configuration file: %s; check the path and its permissions",
                     strerror(errno));
    if (file)
        fclose(file);
    if (text && strlen(text) != size) {
        mistakes_add(mistakes, &place, NULL,
                     "this is no text (it holds a NUL byte); name a configuration file");
        free(text);
        return NULL;
    }
    const unsigned before = mistakes->count;
    if (text)
        text_scan(text, path, mistakes);
    if (mistakes->count > before) {
        free(text);
        return NULL;
    }
    return text;
}

bool config_text_has_more(const char *text, int line)
{
    for (; line > 0 && text; line--) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return text && text[strspn(text, " \t\r\n")] != '\0';
}
