/*
 * The text of a configuration file, made ready for libconfuse: comments are blanked out, because
 * libconfuse 3.3 counts each of them as several lines and so would name wrong lines ever after.
 * What libconfuse does not notice at all is noticed here: a brace or a quote never closed.
 */
#ifndef LOCKER_CONFIG_TEXT_H
#define LOCKER_CONFIG_TEXT_H

#include "mistakes.h"

/* More is no configuration. */
#define CONFIG_TEXT_BYTES_MAX (64 << 20)

/* The text, to be freed; NULL after adding the mistakes when there is no use in parsing it. */
char *config_text_read(const char *path, struct mistakes *mistakes);

/* Whether anything stands below this line, the first being 1. */
bool config_text_has_more(const char *text, int line);

#endif
