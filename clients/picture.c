#include "picture.h"

#include "text.h"

#include <curses.h>
#include <inttypes.h>
#include <string.h>

#define HEAD_LINES  4
#define EVENTS_MAX  10
#define TALL_WIDTH  15
#define TALL_HEIGHT 3

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
};

static const struct look look_free = {PAIR_FREE, A_NORMAL, '.', "free"};
static const struct look look_occupied = {PAIR_OCCUPIED, A_REVERSE, '#', "occupied"};
static const struct look look_expired = {PAIR_EXPIRED, A_REVERSE | A_BOLD, '!', "expired"};
static const struct look look_out = {PAIR_OUT, A_UNDERLINE, 'x', "out of service"};
static const struct look look_out_full = {PAIR_OUT, A_UNDERLINE | A_BOLD, 'X', "out, occupied"};

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

static attr_t attribute(enum colour_pair pair, attr_t plain)
{
    return coloured() ? (attr_t)COLOR_PAIR(pair) : plain;
}

static const struct look *look_of(const struct compartment_line *line)
{
    if (!line->in_service)
        return line->state == STATE_FREE ? &look_out : &look_out_full;
    if (line->state == STATE_EXPIRED)
        return &look_expired;
    return line->state == STATE_OCCUPIED ? &look_occupied : &look_free;
}

/* Text, cut at the right edge. */
static void put(int y, int x, const char *text)
{
    if (y >= 0 && y < LINES && x >= 0 && x < COLS)
        mvaddnstr(y, x, text, COLS - x);
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
    struct layout layout = {.grid_line = HEAD_LINES};
    layout.events = LINES >= 16 ? (LINES - HEAD_LINES) / 3 : 0;
    if (layout.events > EVENTS_MAX)
        layout.events = EVENTS_MAX;
    int below = layout.events > 0 ? layout.events + 2 : 1; /* heading, events, keys */
    int lines = LINES - HEAD_LINES - below;
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

/* ---- the head -------------------------------------------------------------------------- */

static int64_t figure(const struct value *map, const char *key)
{
    const struct value *value = map != NULL ? value_get(map, key) : NULL;
    return value != NULL ? value_int(value) : 0;
}

static void draw_title(const struct picture *picture)
{
    char name[TEXT_SIZE] = "";
    char moment[TEXT_SIZE] = "";
    char text[3 * TEXT_SIZE];
    if (picture->status != NULL) {
        text_of(picture->status, "station", name);
        text_moment(picture->now_ms, moment);
    }
    attr_t attributes = attribute(PAIR_HEAD, A_REVERSE);
    attron(attributes);
    mvhline(0, 0, ' ', COLS);
    snprintf(text, sizeof text, " %s", name[0] != '\0' ? name : "Locker station");
    put(0, 0, text);
    put(0, COLS - (int)strlen(moment) - 1, moment);
    attroff(attributes);
}

static void draw_figures(const struct picture *picture)
{
    if (picture->status == NULL)
        return;
    char text[3 * TEXT_SIZE];
    const struct value *free_now = value_get(picture->status, "free");
    const struct value *total = value_get(picture->status, "total");
    int x = 1;
    put(1, x, "Free");
    x += 6;
    for (int i = 0; i < SIZE_COUNT; i++) {
        const char *name = size_name((enum parcel_size)i);
        snprintf(text, sizeof text, "%s %" PRId64 "/%" PRId64, name, figure(free_now, name),
                 figure(total, name));
        put(1, x, text);
        x += (int)strlen(text) + 3;
    }
    char uptime[TEXT_SIZE];
    const struct value *ledger = value_get(picture->status, "ledger");
    bool durable = ledger != NULL && value_kind(ledger) == VALUE_STR;
    snprintf(text, sizeof text,
             "Occupied %" PRId64 "   expired %" PRId64 "   out of service %" PRId64 "   up %s%s",
             figure(picture->status, "occupied"), figure(picture->status, "expired"),
             figure(picture->status, "out_of_service"),
             text_duration(figure(picture->status, "uptime_ms"), uptime),
             durable ? "" : "   ephemeral: nothing is kept on disk");
    put(2, 1, text);
}

/* One line for the worst that is to be said. */
static void draw_alarm(const struct picture *picture)
{
    char text[3 * TEXT_SIZE];
    char span[TEXT_SIZE];
    char clock_state[TEXT_SIZE] = "ok";
    if (picture->status != NULL)
        text_of(picture->status, "clock", clock_state);
    if (picture->silent_ms > 0)
        snprintf(text, sizeof text, " No answer from %.130s for %s: trying again ",
                 picture->endpoint, text_duration(picture->silent_ms, span));
    else if (strcmp(clock_state, "ok") != 0)
        snprintf(
            text, sizeof text,
            " The wall clock is suspect: set it right, then \"locker-operator clock accept\" ");
    else
        return;
    attr_t attributes = attribute(PAIR_ALARM, A_REVERSE | A_BOLD);
    attron(attributes);
    put(3, 0, text);
    attroff(attributes);
}

/* ---- the wall -------------------------------------------------------------------------- */

static void draw_compact(const struct compartment_line *line, const struct look *look, int y, int x,
                         int width)
{
    char text[64];
    snprintf(text, sizeof text, " %-*s %c%c ", width - 6, line->compartment, "SML"[line->size],
             look -> sign);
    put(y, x, text);
}

static void draw_tall(const struct compartment_line *line, const struct look *look, int64_t now_ms,
                      int y, int x, int width)
{
    char text[TEXT_SIZE];
    char below[TEXT_SIZE];
    snprintf(text, sizeof text, " %-*s %6s ", width - 10, line->compartment, size_name(line->size));
    put(y, x, text);
    if (!line->in_service && line->reason[0] != '\0')
        snprintf(below, sizeof below, "%s", line->reason);
    else if (look == &look_occupied && line->expires_at_ms > now_ms)
        text_duration(line->expires_at_ms - now_ms, below);
    else
        snprintf(below, sizeof below, "%s", look->word);
    snprintf(text, sizeof text, " %-*.*s %c ", width - 5, width - 5, below, look->sign);
    put(y + 1, x, text);
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
        attr_t attributes = attribute(look->pair, look->plain);
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

static void draw_events(const struct picture *picture, const struct layout *layout)
{
    if (layout->events == 0)
        return;
    attron(A_BOLD);
    put(layout->event_line, 1, "Latest events");
    attroff(A_BOLD);
    const struct value *events =
        picture->history != NULL ? value_get(picture->history, "events") : NULL;
    size_t count = events != NULL ? value_count(events) : 0;
    for (size_t i = 0; i < count && i < (size_t)layout->events; i++) {
        const struct value *event = value_at(events, i);
        char moment[TEXT_SIZE];
        char what[2 * TEXT_SIZE];
        char text[3 * TEXT_SIZE];
        snprintf(text, sizeof text, "%s  %s", text_moment(figure(event, "at_ms"), moment),
                 text_event(event, what, sizeof what));
        put(layout->event_line + 1 + (int)i, 1, text);
    }
}

static void draw_keys(const struct picture *picture, const struct layout *layout)
{
    static const struct look *const looks[] = {&look_free, &look_occupied, &look_expired,
                                               &look_out};
    char text[TEXT_SIZE];
    int x = 1;
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        attr_t attributes = attribute(looks[i]->pair, looks[i]->plain);
        snprintf(text, sizeof text, " %s %c ", looks[i]->word, looks[i]->sign);
        attron(attributes);
        put(LINES - 1, x, text);
        attroff(attributes);
        x += (int)strlen(text) + 1;
    }
    size_t shown = picture->top + layout->rows_shown;
    if (layout->rows > layout->rows_shown)
        snprintf(text, sizeof text, "  q quits   rows %zu-%zu of %zu (arrows, PgUp, PgDn)",
                 picture->top + 1, shown < layout->rows ? shown : layout->rows, layout->rows);
    else
        snprintf(text, sizeof text, "  q quits");
    put(LINES - 1, x, text);
}

void picture_draw(struct picture *picture)
{
    struct layout layout = picture_layout(picture);
    erase();
    draw_title(picture);
    draw_figures(picture);
    draw_alarm(picture);
    draw_wall(picture, &layout);
    draw_events(picture, &layout);
    draw_keys(picture, &layout);
    refresh();
}

void picture_free(struct picture *picture)
{
    wall_free(&picture->wall);
    value_free(picture->status);
    value_free(picture->history);
    *picture = (struct picture){0};
}
