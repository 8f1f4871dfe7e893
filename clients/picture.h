/*
 * What watch shows: a head with the station's figures, the wall as a grid of cells, the latest
 * events, a line of keys. Draws with ncurses what it is given; asks nobody.
 */
#ifndef LOCKER_PICTURE_H
#define LOCKER_PICTURE_H

#include "wall.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture {
    const char *endpoint;
    struct wall wall;
    struct value *status;  /* the latest reply, NULL before the first */
    struct value *history; /* the same */
    int64_t now_ms;        /* the station's time */
    int64_t silent_ms;     /* how long the station has not answered; 0: it answers */
    size_t top;            /* first row of the grid that is shown */
};

/* Where things are on a screen of this size. */
struct layout {
    size_t columns;
    size_t rows;       /* of the whole grid */
    size_t rows_shown; /* at least 1 */
    int cell_width;    /* with the gap to the next */
    int cell_height;
    int grid_line;
    int event_line; /* of the heading above the events */
    int events;     /* how many lines of them; 0 on a small screen */
};

/* Colours, where the terminal has them and they are wanted. */
void picture_start(bool colour);

/* Moves picture->top into the grid, too. */
struct layout picture_layout(struct picture *picture);

void picture_draw(struct picture *picture);

/* Next time it is drawn, write all of it: another program may have written over it. wipe: clear the
 * screen first, which flickers but also mends what is beyond curses. */
void picture_repaint(bool wipe);

/* Too low for events, and for a head of more than a few lines. */
bool picture_is_low(void);

void picture_free(struct picture *picture);

#endif
