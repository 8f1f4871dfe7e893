/*
 * Replies as JSON: the wire's keys in the wire's order, one object a line.
 */
#ifndef LOCKER_JSON_H
#define LOCKER_JSON_H

#include "codec.h"

#include <stdio.h>

/* 0, or -ENOMEM with nothing printed. Errors of the stream stay with the stream. */
int json_print(const struct value *reply, FILE *stream) __attribute__((warn_unused_result));

/* What keygen has made: {"ok":true,"secret":"FILE","public":"FILE.pub"}. 0 or -ENOMEM, likewise. */
int json_print_key_files(const char *path, FILE *stream) __attribute__((warn_unused_result));

#endif
