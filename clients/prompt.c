#include "prompt.h"

#include "command_line.h"
#include "say.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum prompt_input prompt_read(FILE *stream, char line[PROMPT_LINE_SIZE])
{
    size_t used = 0;
    bool bad = false;
    int c;
    while ((c = getc(stream)) != EOF && c != '\n') {
        if (c == '\t')
            c = ' ';
        if (used == PROMPT_LINE_SIZE - 1 || (iscntrl(c) && c != '\r'))
            bad = true;
        else
            line[used++] = (char)c;
    }
    if (c == EOF && ferror(stream))
        return PROMPT_FAILED;
    if (c == EOF && used == 0 && !bad)
        return PROMPT_END;
    if (used > 0 && line[used - 1] == '\r')
        used--; /* a file from elsewhere */
    if (memchr(line, '\r', used) != NULL)
        bad = true;
    line[used] = '\0';
    return bad ? PROMPT_BAD : PROMPT_LINE;
}

bool prompt_is_interactive(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

int prompt_split(char *line, char *words[PROMPT_WORDS_MAX + 2])
{
    int count = 1;
    char *p = line;
    for (;;) {
        while (*p == ' ')
            p++;
        if (*p == '\0')
            break;
        if (count > PROMPT_WORDS_MAX)
            return -1;
        char end = ' ';
        if (*p == '"')
            end = *p++;
        words[count++] = p;
        while (*p != '\0' && *p != end)
            p++;
        if (*p == '\0' && end == '"')
            return -1;
        if (*p != '\0')
            *p++ = '\0';
    }
    words[count] = NULL;
    return count;
}

int prompt_run_lines(FILE *stream, prompt_line *one, void *context, const char *prefix)
{
    int first = STATUS_DONE;
    char line[PROMPT_LINE_SIZE];
    for (unsigned long number = 1; !ferror(stdout); number++) {
        int status = STATUS_USAGE;
        enum prompt_input input = prompt_read(stream, line);
        if (input == PROMPT_END)
            break;
        if (input == PROMPT_FAILED) {
            say(prefix, "cannot read the input: %s", strerror(errno));
            return first != STATUS_DONE ? first : STATUS_USAGE;
        }
        if (input == PROMPT_BAD) {
            say(prefix, "line %lu is too long or has control characters: skipped", number);
        } else {
            if (line[strspn(line, " ")] == '\0')
                continue;
            status = one(context, number, line);
            if (status == PROMPT_ENOUGH)
                break;
        }
        if (first == STATUS_DONE)
            first = status;
        fflush(stdout); /* whoever feeds the pipe may wait for each answer */
    }
    explicit_bzero(line, sizeof line);
    return first;
}
