#include "picture_parts.h"

#include "size.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the head -------------------------------------------------------------------------- */

static void draw_title(const struct picture *picture)
{
    char name[TEXT_SIZE] = "";
    char moment[TEXT_SIZE] = "";
    char text[2 * TEXT_SIZE];
    if (picture->status != NULL) {
        text_of(picture->status, "station", name);
        text_moment(picture->now_ms, moment);
    }
    snprintf(text, sizeof text, " %s ", name[0] != '\0' ? name : "Locker station");
    const char *shown = moment;
    if ((int)(strlen(text) + strlen(moment)) >= COLS && strlen(moment) > TEXT_TIME_OF_DAY)
        shown = moment + TEXT_TIME_OF_DAY;
    attr_t attributes = picture_attribute(PAIR_HEAD, A_REVERSE);
    attron(attributes);
    mvhline(0, 0, ' ', COLS);
    picture_put(0, 0, text);
    picture_put(0, COLS - (int)strlen(shown) - 1, shown);
    attroff(attributes);
}

/* Figures that flow over as many lines as they need, up to the last one there is for them. */
struct flow {
    int y;
    int x;
    int last;
    bool draw;
};

static void flow_new_line(struct flow *flow)
{
    if (flow->x > 1) {
        flow->y++;
        flow->x = 1;
    }
}

static void flow_put(struct flow *flow, const char *text)
{
    if (flow->x > 1 && flow->x + (int)strlen(text) > COLS)
        flow_new_line(flow);
    if (flow->draw && flow->y <= flow->last)
        picture_put(flow->y, flow->x, text);
    flow->x += (int)strlen(text) + 3;
}

static void flow_figure(struct flow *flow, const struct value *map, const char *label,
                        const char *key)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%s %" PRId64, label, picture_figure(map, key));
    flow_put(flow, text);
}

static void flow_sizes(struct flow *flow, const struct value *status)
{
    const struct value *free_now = value_get(status, "free");
    const struct value *total = value_get(status, "total");
    for (int i = 0; i < SIZE_COUNT; i++) {
        char text[TEXT_SIZE];
        const char *name = size_name((enum parcel_size)i);
        snprintf(text, sizeof text, "%s%s %" PRId64 "/%" PRId64, i == 0 ? "Free  " : "", name,
                 picture_figure(free_now, name), picture_figure(total, name));
        flow_put(flow, text);
    }
}

/* The line below the last figure. */
static int flow_figures(const struct picture *picture, bool draw)
{
    const struct value *status = picture->status;
    const bool low = picture_is_low();
    struct flow flow = {.y = 1, .x = 1, .last = low ? (LINES - 2) / 3 : LINES, .draw = draw};
    char span[TEXT_SIZE];
    char text[2 * TEXT_SIZE];
    flow_sizes(&flow, status);
    if (!low)
        flow_new_line(&flow);
    flow_figure(&flow, status, low ? "occupied" : "Occupied", "occupied");
    flow_figure(&flow, status, "expired", "expired");
    flow_figure(&flow, status, "out of service", "out_of_service");
    snprintf(text, sizeof text, "up %s", text_duration(picture_figure(status, "uptime_ms"), span));
    flow_put(&flow, text);
    const struct value *ledger = value_get(status, "ledger");
    if (ledger == NULL || value_kind(ledger) != VALUE_STR)
        flow_put(&flow, "ephemeral: nothing is kept on disk");
    return (flow.y < flow.last ? flow.y : flow.last) + 1;
}

/* The longest of the two that fits. */
static const char *fitting(const char *text, const char *shorter)
{
    return (int)strlen(text) <= COLS ? text : shorter;
}

/* One line for the worst that is to be said. */
static void draw_alarm(const struct picture *picture, int y)
{
    char text[3 * TEXT_SIZE];
    char shorter[2 * TEXT_SIZE];
    char span[TEXT_SIZE];
    char clock_state[TEXT_SIZE] = "ok";
    if (picture->status != NULL)
        text_of(picture->status, "clock", clock_state);
    if (picture->silent_ms > 0) {
        text_duration(picture->silent_ms, span);
        snprintf(text, sizeof text, " No answer from %.130s for %s: trying again ",
                 picture->endpoint, span);
        snprintf(shorter, sizeof shorter, " No answer for %s: trying again ", span);
    } else if (strcmp(clock_state, "ok") != 0) {
        strcpy(text, " The wall clock is suspect: set it right, then \"locker-operator clock "
                     "accept\" ");
        strcpy(shorter, " Set the wall clock, \"clock accept\" ");
    } else {
        return;
    }
    attr_t attributes = picture_attribute(PAIR_ALARM, A_REVERSE | A_BOLD);
    attron(attributes);
    picture_put(y, 0, fitting(text, shorter));
    attroff(attributes);
}

int picture_head(const struct picture *picture, bool draw)
{
    const int below = picture->status != NULL ? flow_figures(picture, draw) : 3;
    /* On a low screen an alarm stands over the first figures. */
    const int alarm = picture_is_low() ? 1 : below;
    if (draw) {
        draw_title(picture);
        draw_alarm(picture, alarm);
    }
    return picture_is_low() ? below : below + 1;
}

/* ---- the foot -------------------------------------------------------------------------- */

/* " occupied # ", as it stands in the legend. */
static void legend_item(const struct look *look, bool in_short, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, " %s %c ", in_short ? look->short_word : look->word, look->sign);
}

static int legend_width(bool in_short)
{
    int width = 0;
    for (int i = 0; i < LOOK_COUNT; i++) {
        char text[TEXT_SIZE];
        legend_item(&picture_looks[i], in_short, text);
        width += (int)strlen(text);
    }
    return width;
}

static void draw_legend(int x, bool in_short)
{
    for (int i = 0; i < LOOK_COUNT; i++) {
        char text[TEXT_SIZE];
        const struct look *look = &picture_looks[i];
        legend_item(look, in_short, text);
        if (x + (int)strlen(text) > COLS)
            return; /* half an item would say something else */
        attr_t attributes = picture_attribute(look->pair, look->plain);
        attron(attributes);
        picture_put(LINES - 1, x, text);
        attroff(attributes);
        x += (int)strlen(text);
    }
}

void picture_foot(const struct picture *picture, const struct layout *layout)
{
    char keys[TEXT_SIZE] = "q quits";
    char more[2 * TEXT_SIZE];
    const size_t shown = picture->top + layout->rows_shown;
    const bool scrolls = layout->rows > layout->rows_shown;
    if (scrolls)
        snprintf(keys, sizeof keys, "q quits  rows %zu-%zu of %zu", picture->top + 1,
                 shown < layout->rows ? shown : layout->rows, layout->rows);
    snprintf(more, sizeof more, "%s%s", keys, scrolls ? " (arrows, PgUp, PgDn)" : "");
    const int room = COLS - 1 - 2; /* beside the left edge and the gap */
    if ((int)strlen(more) + legend_width(false) > room)
        strcpy(more, keys);
    picture_put(LINES - 1, 1, more);
    draw_legend(1 + (int)strlen(more) + 2, (int)strlen(more) + legend_width(false) > room);
}
