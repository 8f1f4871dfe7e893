/*
 * Lines of input, typed or piped: bounded, whole, and free of control characters.
 */
#ifndef LOCKER_PROMPT_H
#define LOCKER_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PROMPT_LINE_SIZE 1024
#define PROMPT_WORDS_MAX 16

enum prompt_input {
    PROMPT_LINE,   /* a line, without its end */
    PROMPT_BAD,    /* too long, or with control characters: all of it was skipped */
    PROMPT_END,    /* no more */
    PROMPT_FAILED, /* reading failed: errno */
};

/* The next line. The last one counts without a newline, too. */
enum prompt_input prompt_read(FILE *stream, char line[PROMPT_LINE_SIZE]);

/* Whether both sides of the conversation are a person's: only then is there anything to prompt. */
bool prompt_is_interactive(void);

/* Split at blanks, in place; "quoted words" stay together. words[0] is left to the caller (it
 * stands where a program's name does), the last is NULL. How many words, words[0] included, or -1:
 * too many, or a quote without its end. */
int prompt_split(char *line, char *words[PROMPT_WORDS_MAX + 2]);

/* Does one line, the number-th from 1, and returns a STATUS_…, or PROMPT_ENOUGH: read no more. */
typedef int prompt_line(void *context, unsigned long number, char *line);

#define PROMPT_ENOUGH (-1)

/* Give every line of a pipe or file to `one`, but for blank ones. All are read, whatever becomes of
 * some of them, unless stdout cannot be written any more; the first STATUS_… that was not
 * STATUS_DONE is the result. prefix is for messages. */
int prompt_run_lines(FILE *stream, prompt_line *one, void *context, const char *prefix);

#endif
