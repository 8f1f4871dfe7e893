/*
 * What is known of the terminal behind a stream. Everything that is no plain text goes through
 * here, so that output into a file or a pipe never has an escape sequence.
 */
#ifndef LOCKER_TERMINAL_H
#define LOCKER_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

struct terminal {
    bool present; /* the stream is a terminal */
    bool screen;  /* it can be cleared ($TERM is not "dumb") */
    bool colour;  /* and styled: NO_COLOR is not set */
    bool unicode; /* the locale's character set is UTF-8 */
};

enum style { STYLE_PLAIN, STYLE_STRONG, STYLE_GOOD, STYLE_WARNING, STYLE_BAD, STYLE_FAINT };

struct terminal terminal_of(FILE *stream);

/* The escape sequence that starts the style; "" where nothing may be styled. */
const char *terminal_style(const struct terminal *terminal, enum style style);

/* Wipe the screen and what can be scrolled back to. Nothing happens where that is not possible. */
void terminal_clear(const struct terminal *terminal, FILE *stream);

/* Columns, 80 when unknown. */
int terminal_width(FILE *stream);

#endif
