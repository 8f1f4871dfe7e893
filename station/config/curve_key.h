/*
 * The files of CURVE keys for remote terminals: keys in Z85 (ZeroMQ RFC 32), 40 characters each.
 */
#ifndef LOCKER_CURVE_KEY_H
#define LOCKER_CURVE_KEY_H

#include <stddef.h>

#define CURVE_KEY_TEXT_SIZE 41 /* with its NUL */
#define CURVE_KEY_WHY_SIZE  256

/* The station's secret key: the only line of a file that nobody else may read. 0, or -errno with
 * what is wrong and the remedy in why (CURVE_KEY_WHY_SIZE). The caller wipes key. */
int curve_key_read_secret(const char *path, char key[CURVE_KEY_TEXT_SIZE], char *why)
    __attribute__((warn_unused_result));

/*
 * A list of public keys: one a line, at least one in the file. What stands behind a key, after a
 * blank, is for people (whose it is); # begins a line of comment. take (may be NULL) sees each key,
 * as text; what it returns below zero ends the reading. 0 or -errno with why.
 */
typedef int curve_key_taker(void *context, const char *key);

int curve_key_read_list(const char *path, curve_key_taker *take, void *context, char *why)
    __attribute__((warn_unused_result));

#endif
