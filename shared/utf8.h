/*
 * Whether bytes are text: valid UTF-8 (RFC 3629: shortest forms, no surrogates, at most U+10FFFF).
 */
#ifndef LOCKER_UTF8_H
#define LOCKER_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* U+0000 is a character as any other. */
bool utf8_is_valid(const char *bytes, size_t size);

/* The same without NUL, so that it can be kept as a C string. */
bool utf8_is_text(const char *bytes, size_t size);

#endif
