#include "picture_parts.h"

#include "text.h"

#include <string.h>

#define EVENTS_MAX  10
#define TALL_WIDTH  15
#define TALL_HEIGHT 3

/* A screen of fewer lines has no events, and its head is kept short. */
#define LINES_ENOUGH 16

const struct look picture_looks[LOOK_COUNT] = {
    [LOOK_FREE] = {PAIR_FREE, A_NORMAL, '.', "free", "free"},
    [LOOK_OCCUPIED] = {PAIR_OCCUPIED, A_REVERSE, '#', "occupied", "full"},
    [LOOK_EXPIRED] = {PAIR_EXPIRED, A_REVERSE | A_BOLD, '!', "expired", "expired"},
    [LOOK_OUT] = {PAIR_OUT, A_UNDERLINE, 'x', "out of service", "out"},
    [LOOK_OUT_FULL] = {PAIR_OUT, A_UNDERLINE | A_BOLD, 'X', "out, occupied", "out+full"},
};

void picture_start(bool colour)
{
    if (!colour || !has_colors() || start_color() != OK)
        return;
    use_default_colors();
    init_pair(PAIR_FREE, COLOR_BLACK, COLOR_GREEN);
    init_pair(PAIR_OCCUPIED, COLOR_WHITE, COLOR_BLUE);
    init_pair(PAIR_EXPIRED, COLOR_BLACK, COLOR_YELLOW);
    init_pair(PAIR_OUT, COLOR_WHITE, COLOR_RED);
    init_pair(PAIR_ALARM, COLOR_WHITE, COLOR_RED);
    init_pair(PAIR_HEAD, COLOR_BLACK, COLOR_CYAN);
}

/* Whether picture_start() made the pairs. */
static bool coloured(void)
{
    short foreground;
    short background;
    return COLORS > 0 && pair_content(PAIR_HEAD, &foreground, &background) == OK &&
           background == COLOR_CYAN;
}

attr_t picture_attribute(enum colour_pair pair, attr_t plain)
{
    return coloured() ? (attr_t)COLOR_PAIR(pair) : plain;
}

static const struct look *look_of(const struct compartment_line *line)
{
    if (!line->in_service)
        return &picture_looks[line->state == STATE_FREE ? LOOK_OUT : LOOK_OUT_FULL];
    if (line->state == STATE_EXPIRED)
        return &picture_looks[LOOK_EXPIRED];
    return &picture_looks[line->state == STATE_OCCUPIED ? LOOK_OCCUPIED : LOOK_FREE];
}

void picture_put(int y, int x, const char *text)
{
    if (y >= 0 && y < LINES && x >= 0 && x < COLS)
        mvaddnstr(y, x, text, COLS - x);
}

int64_t picture_figure(const struct value *map, const char *key)
{
    const struct value *value = map != NULL ? value_get(map, key) : NULL;
    return value != NULL ? value_int(value) : 0;
}

bool picture_is_low(void)
{
    return LINES < LINES_ENOUGH;
}

/* ---- layout ---------------------------------------------------------------------------- */

static size_t rows_for(size_t count, size_t columns)
{
    return (count + columns - 1) / columns;
}

static void fit(struct layout *layout, size_t count, int width, int height, int lines)
{
    layout->cell_width = width;
    layout->cell_height = height;
    layout->columns = COLS > width ? (size_t)(COLS / width) : 1;
    layout->rows = rows_for(count, layout->columns);
    layout->rows_shown = lines > height ? (size_t)(lines / height) : 1;
}

struct layout picture_layout(struct picture *picture)
{
    struct layout layout = {.grid_line = picture_head(picture, false)};
    layout.events = picture_is_low() ? 0 : (LINES - layout.grid_line) / 3;
    if (layout.events > EVENTS_MAX)
        layout.events = EVENTS_MAX;
    int below = layout.events > 0 ? layout.events + 2 : 1; /* heading, events, keys */
    int lines = LINES - layout.grid_line - below;
    int id_width = (int)wall_id_width(&picture->wall);
    /* Tall cells say more, where all of them fit. */
    fit(&layout, picture->wall.count, id_width + 10 > TALL_WIDTH ? id_width + 10 : TALL_WIDTH,
        TALL_HEIGHT, lines + 1);
    if (layout.rows > layout.rows_shown)
        fit(&layout, picture->wall.count, id_width + 6, 1, lines);
    layout.event_line = LINES - below;
    size_t last_top = layout.rows > layout.rows_shown ? layout.rows - layout.rows_shown : 0;
    if (picture->top > last_top)
        picture->top = last_top;
    return layout;
}

/* ---- the wall -------------------------------------------------------------------------- */

static void draw_compact(const struct compartment_line *line, const struct look *look, int y, int x,
                         int width)
{
    char text[64];
    snprintf(text, sizeof text, " %-*s %c%c ", width - 6, line->compartment, "SML"[line->size],
             look -> sign);
    picture_put(y, x, text);
}

static void draw_tall(const struct compartment_line *line, const struct look *look, int64_t now_ms,
                      int y, int x, int width)
{
    char text[TEXT_SIZE];
    char below[TEXT_SIZE];
    snprintf(text, sizeof text, " %-*s %6s ", width - 10, line->compartment, size_name(line->size));
    picture_put(y, x, text);
    if (!line->in_service && line->reason[0] != '\0')
        snprintf(below, sizeof below, "%s", line->reason);
    else if (look == &picture_looks[LOOK_OCCUPIED] && line->expires_at_ms > now_ms)
        text_duration(line->expires_at_ms - now_ms, below);
    else
        snprintf(below, sizeof below, "%s", look->word);
    snprintf(text, sizeof text, " %-*.*s %c ", width - 5, width - 5, below, look->sign);
    picture_put(y + 1, x, text);
}

static void draw_wall(const struct picture *picture, const struct layout *layout)
{
    size_t first = picture->top * layout->columns;
    size_t end = first + layout->rows_shown * layout->columns;
    if (end > picture->wall.count)
        end = picture->wall.count;
    for (size_t i = first; i < end; i++) {
        const struct compartment_line *line = &picture->wall.lines[i];
        const struct look *look = look_of(line);
        int y = layout->grid_line + (int)((i - first) / layout->columns) * layout->cell_height;
        int x = (int)((i - first) % layout->columns) * layout->cell_width + 1;
        attr_t attributes = picture_attribute(look->pair, look->plain);
        if (picture->silent_ms > 0)
            attributes = A_DIM; /* as it was, not as it is */
        attron(attributes);
        if (layout->cell_height == TALL_HEIGHT)
            draw_tall(line, look, picture->now_ms, y, x, layout->cell_width);
        else
            draw_compact(line, look, y, x, layout->cell_width);
        attroff(attributes);
    }
}

/* ---- below ----------------------------------------------------------------------------- */

/* What is left of a line beside the event's moment, with the NUL; up to most. */
static size_t event_room(size_t most)
{
    const int columns = COLS - 1 - TEXT_SHORT_MOMENT - 2; /* beside the left edge and the gap */
    const size_t room = columns > 0 ? (size_t)columns + 1 : 1;
    return room < most ? room : most;
}

static void draw_events(const struct picture *picture, const struct layout *layout)
{
    if (layout->events == 0)
        return;
    attron(A_BOLD);
    picture_put(layout->event_line, 1, "Latest events");
    attroff(A_BOLD);
    const struct value *events =
        picture->history != NULL ? value_get(picture->history, "events") : NULL;
    size_t count = events != NULL ? value_count(events) : 0;
    char what[2 * TEXT_SIZE];
    const size_t size = event_room(sizeof what);
    for (size_t i = 0; i < count && i < (size_t)layout->events; i++) {
        const struct value *event = value_at(events, i);
        char moment[TEXT_SIZE];
        char text[3 * TEXT_SIZE];
        text_event(event, picture->now_ms, (int)wall_id_width(&picture->wall), what, size);
        snprintf(text, sizeof text, "%-*s  %s", TEXT_SHORT_MOMENT,
                 text_short_moment(picture_figure(event, "at_ms"), picture->now_ms, moment), what);
        picture_put(layout->event_line + 1 + (int)i, 1, text);
    }
}

void picture_draw(struct picture *picture)
{
    struct layout layout = picture_layout(picture);
    erase();
    picture_head(picture, true);
    draw_wall(picture, &layout);
    draw_events(picture, &layout);
    picture_foot(picture, &layout);
    refresh();
}

void picture_repaint(bool wipe)
{
    if (wipe)
        clearok(stdscr, TRUE);
    else
        redrawwin(stdscr);
}

void picture_free(struct picture *picture)
{
    wall_free(&picture->wall);
    value_free(picture->status);
    value_free(picture->history);
    *picture = (struct picture){0};
}
