/*
 * What the parts of the picture share; for picture.c and picture_frame.c alone.
 */
#ifndef LOCKER_PICTURE_PARTS_H
#define LOCKER_PICTURE_PARTS_H

#include "picture.h"

#include <curses.h>

enum colour_pair {
    PAIR_FREE = 1,
    PAIR_OCCUPIED,
    PAIR_EXPIRED,
    PAIR_OUT,
    PAIR_ALARM,
    PAIR_HEAD,
};

/* Each state also has a sign: colours alone would say nothing to some eyes and terminals. */
struct look {
    enum colour_pair pair;
    attr_t plain; /* without colours */
    char sign;
    const char *word;
    const char *short_word; /* for a legend without much room */
};

enum { LOOK_FREE, LOOK_OCCUPIED, LOOK_EXPIRED, LOOK_OUT, LOOK_OUT_FULL, LOOK_COUNT };

extern const struct look picture_looks[LOOK_COUNT];

/* The pair where there are colours, else what stands for it. */
attr_t picture_attribute(enum colour_pair pair, attr_t plain);

/* Text, cut at the right edge. */
void picture_put(int y, int x, const char *text);

/* An int of a reply, 0 when there is none. */
int64_t picture_figure(const struct value *map, const char *key);

/* ---- picture_frame.c: what stands above and below the wall -------------------------------- */

/* Draw the head from the first line on. How many lines it has: also without drawing. */
int picture_head(const struct picture *picture, bool draw);

/* The last line: keys, the rows that are shown, what the signs mean. */
void picture_foot(const struct picture *picture, const struct layout *layout);

#endif
