/*
 * Values of the wire as people read them.
 */
#ifndef LOCKER_TEXT_H
#define LOCKER_TEXT_H

#include "codec.h"

#include <stddef.h>
#include <stdint.h>

#define TEXT_SIZE 160

/* Local time, "2026-12-01 10:02:33". Returns buffer. */
const char *text_moment(int64_t at_ms, char buffer[TEXT_SIZE]);

#define TEXT_TIME_OF_DAY 11 /* where the time begins in it */

/* Local time as near now: "10:02:33" of the same day, else "12-01 10:02", with the year when it is
 * another one: "2026-12-01". Up to TEXT_SHORT_MOMENT characters. Returns buffer. */
#define TEXT_SHORT_MOMENT 11
const char *text_short_moment(int64_t at_ms, int64_t now_ms, char buffer[TEXT_SIZE]);

/* The two largest units, rounded: "6d 23h", "4m 10s", "850ms"; two weeks less a moment are "14d".
 * Returns buffer. */
const char *text_duration(int64_t ms, char buffer[TEXT_SIZE]);

/* "in 6d 23h" or "3h 5m ago", seen from now_ms. Returns buffer. */
const char *text_distance(int64_t at_ms, int64_t now_ms, char buffer[TEXT_SIZE]);

/* A str of a map, "" when it has none, with every byte that is not printable ASCII replaced:
 * what a stranger's station sends must not steer this terminal. Cut to the buffer. */
const char *text_of(const struct value *map, const char *key, char buffer[TEXT_SIZE]);

/* What an event of the history says beyond its moment: "deposited  M01  medium, until …". now_ms:
 * moments are shown short, as seen from it; 0: whole. The id is padded to id_width. A part that
 * has no room in size is left out, all of it. */
const char *text_event(const struct value *event, int64_t now_ms, int id_width, char *buffer,
                       size_t size);

#endif
