/*
 * The golden bytes of docs/protocol.md: each fenced block "golden KIND NAME" holds a line of JSON
 * and lines of hex.
 */
#ifndef TEST_GOLDEN_H
#define TEST_GOLDEN_H

#include <stddef.h>

struct golden {
    char kind[16]; /* "request", "reply", "feed" */
    char name[32];
    char *json;
    unsigned char *bytes;
    size_t size;
};

/* All of them, in the order of the page; fails the test when the page cannot be read. */
const struct golden *golden_all(size_t *count);

/* The one of this kind and name; fails the test when there is none. */
const struct golden *golden_get(const char *kind, const char *name);

#endif
