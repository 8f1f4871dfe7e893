#include "keypad_screen.h"

#include "arguments.h"
#include "prompt.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Nobody there any more: the answer goes, and whatever was half typed. */
#define IDLE_MS 30000

#define BOX_WIDTH_MAX 64

struct notice {
    enum style style;
    char title[TEXT_SIZE];
    char next[TEXT_SIZE];
};

/* What a customer is told for each refusal; others are shown as the station says them. */
static const struct {
    enum outcome outcome;
    const char *title;
    const char *next;
} advice[] = {
    {OUTCOME_INVALID_CODE, "This code is not valid here",
     "Check the digits, and that this is the right station."},
    {OUTCOME_CODE_USED, "This code has already been used",
     "If it was not you, please call the staff."},
    {OUTCOME_CODE_CANCELLED, "This code has been cancelled",
     "Look for a newer message with a new code."},
    {OUTCOME_CODE_EXPIRED, "This code has expired", "Please ask the carrier where your parcel is."},
    {OUTCOME_STORAGE_UNAVAILABLE, "The doors cannot be opened right now",
     "Your code stays valid: please try again in a few minutes."},
};

/* ---- what to say ----------------------------------------------------------------------- */

static bool notice_of_advice(const char *error, struct notice *notice)
{
    for (size_t i = 0; i < sizeof advice / sizeof advice[0]; i++) {
        if (strcmp(error, outcome_name(advice[i].outcome)) == 0) {
            notice->style = STYLE_BAD;
            snprintf(notice->title, sizeof notice->title, "%s", advice[i].title);
            snprintf(notice->next, sizeof notice->next, "%s", advice[i].next);
            return true;
        }
    }
    return false;
}

static void notice_of_refusal(const struct value *reply, struct notice *notice)
{
    char error[TEXT_SIZE];
    text_of(reply, "error", error);
    if (notice_of_advice(error, notice))
        return;
    if (strcmp(error, outcome_name(OUTCOME_TRY_LATER)) == 0) {
        const struct value *after = value_get(reply, "retry_after_ms");
        int64_t seconds = after != NULL ? (value_int(after) + 999) / 1000 : 1;
        notice->style = STYLE_WARNING;
        snprintf(notice->title, sizeof notice->title, "Please wait a moment");
        snprintf(notice->next, sizeof notice->next, "Type your code again in %" PRId64 " second%s.",
                 seconds, seconds == 1 ? "" : "s");
        return;
    }
    notice->style = STYLE_BAD;
    text_of(reply, "message", notice->title);
    snprintf(notice->next, sizeof notice->next, "Please call the staff.");
}

static void notice_of_reply(const struct value *reply, struct notice *notice)
{
    if (!value_bool(value_get(reply, "ok"))) {
        notice_of_refusal(reply, notice);
        return;
    }
    char id[TEXT_SIZE];
    text_of(reply, "compartment", id);
    notice->style = STYLE_GOOD;
    snprintf(notice->title, sizeof notice->title, "Compartment %.*s is open", COMPARTMENT_ID_MAX,
             id);
    snprintf(notice->next, sizeof notice->next, "Take your parcel and close the door, please.");
}

static void ask(struct session *session, char *typed, struct notice *notice)
{
    struct request request = {.operation = OP_PICKUP};
    argument_code(&typed, 1, &request);
    struct value *reply;
    int error = conversation_ask(session->conversation, &request, &reply);
    explicit_bzero(&request, sizeof request);
    if (error == 0) {
        notice_of_reply(reply, notice);
        value_free(reply);
        return;
    }
    /* The door may be open all the same, the answer lost: the same code typed again goes out under
     * the same id and learns what became of it. */
    notice->style = STYLE_BAD;
    snprintf(notice->title, sizeof notice->title, "The station does not answer");
    snprintf(notice->next, sizeof notice->next, "Please type the same code again in a minute.");
}

/* ---- the screen ------------------------------------------------------------------------ */

static void rule(const struct session *session, int width)
{
    fputs("  ", stdout);
    for (int i = 0; i < width; i++)
        fputs(session->out.unicode ? "━" : "=", stdout);
    putchar('\n');
}

static void show(const struct session *session, const struct notice *notice)
{
    const struct terminal *out = &session->out;
    terminal_clear(out, stdout);
    if (notice->title[0] != '\0') {
        int width = terminal_width(stdout) - 4;
        width = width > BOX_WIDTH_MAX ? BOX_WIDTH_MAX : width;
        putchar('\n');
        rule(session, width);
        printf("\n  %s%s%s\n\n  %s\n\n", terminal_style(out, notice->style), notice->title,
               terminal_style(out, STYLE_PLAIN), notice->next);
        rule(session, width);
    }
    printf("\n  %sType your code and press Enter%s\n\n  > ", terminal_style(out, STYLE_STRONG),
           terminal_style(out, STYLE_PLAIN));
    fflush(stdout);
}

/* Whether something can be read before the customer must be taken to have left. */
static bool wait_for_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready;
    do
        ready = poll(&input, 1, IDLE_MS);
    while (ready < 0 && errno == EINTR);
    return ready != 0;
}

int keypad_screen_run(struct session *session)
{
    char line[PROMPT_LINE_SIZE];
    struct notice notice = {0};
    while (!ferror(stdout)) {
        show(session, &notice);
        while (!wait_for_input()) {
            tcflush(STDIN_FILENO, TCIFLUSH);
            notice = (struct notice){0};
            show(session, &notice);
        }
        enum prompt_input input = prompt_read(stdin, line);
        if (input == PROMPT_END || input == PROMPT_FAILED)
            break;
        if (line[strspn(line, " ")] == '\0' && input == PROMPT_LINE)
            continue;
        if (input == PROMPT_BAD) {
            notice_of_advice(outcome_name(OUTCOME_INVALID_CODE), &notice);
            continue;
        }
        terminal_clear(&session->out, stdout);
        fputs("\n  One moment, please\n", stdout);
        fflush(stdout);
        ask(session, line, &notice);
        explicit_bzero(line, sizeof line);
        tcflush(STDIN_FILENO, TCIFLUSH); /* typed while waiting, to a question of before */
    }
    terminal_clear(&session->out, stdout);
    return STATUS_DONE;
}
