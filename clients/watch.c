#include "watch.h"

#include "command_line.h"
#include "monotonic.h"
#include "picture.h"
#include "say.h"
#include "terminal.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define REFRESH_MS 1000
/* Another program that writes to this terminal (a station in the background) spoils the picture
 * for so long. */
#define REPAINT_MS 5000
/* A station that is away must not make q wait for it. */
#define ANSWER_MS 1000

/* Set by a signal handler: what is to end the program once the terminal is restored. */
static volatile sig_atomic_t ending_signal;

static void note_signal(int number)
{
    ending_signal = number;
}

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void set_handlers(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof ending_signals / sizeof ending_signals[0]; i++)
        sigaction(ending_signals[i], &action, NULL);
}

/* ---- asking ---------------------------------------------------------------------------- */

struct watch {
    struct conversation *conversation;
    struct picture picture;
    bool wall_known;
    int64_t uptime_ms;   /* as last told: less now means another station, perhaps another wall */
    int64_t answered_ms; /* monotonic */
};

static int ask(struct watch *watch, struct request *request, struct value **kept)
{
    struct value *reply;
    int error = conversation_ask(watch->conversation, request, &reply);
    if (error != 0)
        return error;
    if (!value_bool(value_get(reply, "ok"))) {
        value_free(reply);
        return -EPROTO;
    }
    value_free(*kept);
    *kept = reply;
    return 0;
}

static int64_t status_figure(const struct watch *watch, const char *key)
{
    const struct value *value = value_get(watch->picture.status, key);
    return value != NULL ? value_int(value) : 0;
}

static int ask_wall(struct watch *watch)
{
    struct layout layout = picture_layout(&watch->picture);
    int error = -ESTALE;
    if (watch->wall_known)
        error =
            wall_refresh(&watch->picture.wall, watch->conversation,
                         watch->picture.top * layout.columns, layout.rows_shown * layout.columns);
    if (error == -ESTALE)
        error = wall_load(&watch->picture.wall, watch->conversation);
    watch->wall_known = error == 0;
    return error;
}

static int ask_all(struct watch *watch)
{
    struct request status = {.operation = OP_STATUS};
    int error = ask(watch, &status, &watch->picture.status);
    if (error != 0)
        return error;
    watch->picture.now_ms = status_figure(watch, "now_ms");
    int64_t uptime_ms = status_figure(watch, "uptime_ms");
    if (uptime_ms < watch->uptime_ms)
        watch->wall_known = false;
    watch->uptime_ms = uptime_ms;
    error = ask_wall(watch);
    if (error != 0)
        return error;
    int events = picture_layout(&watch->picture).events;
    if (events == 0)
        return 0;
    struct request history = {.operation = OP_HISTORY, .limit = (uint32_t)events};
    return ask(watch, &history, &watch->picture.history);
}

static void update(struct watch *watch)
{
    if (ask_all(watch) == 0) {
        watch->answered_ms = monotonic_ms();
        watch->picture.silent_ms = 0;
    } else {
        int64_t silent_ms = monotonic_ms() - watch->answered_ms;
        watch->picture.silent_ms = silent_ms > 0 ? silent_ms : 1;
    }
}

/* ---- keys ------------------------------------------------------------------------------ */

#define CTRL_L ('L' & 0x1f)

/* Whether to go on. */
static bool handle_key(struct watch *watch, int key)
{
    struct layout layout = picture_layout(&watch->picture);
    size_t *top = &watch->picture.top;
    size_t page = layout.rows_shown;
    switch (key) {
    case CTRL_L:
        picture_repaint(true);
        break;
    case 'q':
    case 'Q':
        return false;
    case KEY_UP:
        *top -= *top > 0;
        break;
    case KEY_DOWN:
        *top += 1;
        break;
    case KEY_PPAGE:
        *top -= *top < page ? *top : page;
        break;
    case KEY_NPAGE:
    case ' ':
        *top += page;
        break;
    case KEY_HOME:
        *top = 0;
        break;
    case KEY_END:
        *top = layout.rows;
        break;
    default:
        break;
    }
    return true;
}

/* Wait for keys until the next refresh is due. Whether to go on, and *moved: look anew at once. */
static bool wait_for_keys(struct watch *watch, int64_t until_ms, bool *moved)
{
    *moved = false;
    while (ending_signal == 0 && !*moved) {
        int64_t left_ms = until_ms - monotonic_ms();
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&input, 1, left_ms > 0 ? (int)left_ms : 0);
        if (ready > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
            return false; /* the terminal is gone */
        int key;
        while ((key = getch()) != ERR) { /* a new window size arrives as a key, too */
            if (!handle_key(watch, key))
                return false;
            *moved = true;
        }
        if (left_ms <= 0)
            break;
    }
    return ending_signal == 0;
}

static void watch_loop(struct watch *watch)
{
    bool go_on = true;
    int64_t repaint_ms = monotonic_ms() + REPAINT_MS;
    while (go_on) {
        int64_t next_ms = monotonic_ms() + REFRESH_MS;
        update(watch);
        if (monotonic_ms() >= repaint_ms) {
            picture_repaint(false);
            repaint_ms = monotonic_ms() + REPAINT_MS;
        }
        picture_draw(&watch->picture);
        bool moved;
        go_on = wait_for_keys(watch, next_ms, &moved);
        if (moved && go_on)
            picture_draw(&watch->picture); /* at once; the figures follow */
    }
}

int watch_run(struct conversation *conversation, const char *prefix)
{
    if (isatty(STDIN_FILENO) != 1) {
        say(prefix, "watch needs a terminal on its input: it is where q comes from");
        return STATUS_USAGE;
    }
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) {
        const char *type = getenv("TERM");
        say(prefix, "watch cannot use this terminal (TERM=%s)", type != NULL ? type : "");
        return STATUS_USAGE;
    }
    int timeout_ms = conversation_timeout(conversation);
    if (timeout_ms > ANSWER_MS)
        conversation_set_timeout(conversation, ANSWER_MS);
    set_handlers(note_signal);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    picture_start(terminal_of(stdout).colour);

    struct watch watch = {
        .conversation = conversation,
        .picture.endpoint = conversation_endpoint(conversation),
        .answered_ms = monotonic_ms(),
    };
    watch_loop(&watch);

    endwin();
    delscreen(screen);
    picture_free(&watch.picture);
    set_handlers(SIG_DFL);
    if (ending_signal != 0)
        raise(ending_signal);
    return STATUS_DONE;
}
