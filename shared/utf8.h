/*
 * Whether bytes are text: valid UTF-8 (RFC 3629: shortest forms, no surrogates, at most U+10FFFF)
 * without NUL, so that they can be kept as a C string.
 */
#ifndef LOCKER_UTF8_H
#define LOCKER_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_is_text(const char *bytes, size_t size);

#endif
