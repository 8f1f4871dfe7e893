#include "print.h"

#include "bounds.h"
#include "size.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ID_WIDTH COMPARTMENT_ID_MAX

static int64_t int_of(const struct value *map, const char *key)
{
    const struct value *value = value_get(map, key);
    return value != NULL ? value_int(value) : 0;
}

static bool bool_of(const struct value *map, const char *key)
{
    const struct value *value = value_get(map, key);
    return value != NULL && value_bool(value);
}

/* Distances are shown from this machine's clock: good enough to read "in 6d". */
static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void heading(const struct session *session, const char *text)
{
    if (!session->quiet)
        printf("%s%s%s\n", terminal_style(&session->out, STYLE_STRONG), text,
               terminal_style(&session->out, STYLE_PLAIN));
}

static void field(const struct session *session, const char *name, enum style style,
                  const char *text)
{
    printf("%-12s %s%s%s\n", name, terminal_style(&session->out, style), text,
           terminal_style(&session->out, STYLE_PLAIN));
}

static void field_until(const struct session *session, const struct value *reply)
{
    char moment[TEXT_SIZE];
    char distance[TEXT_SIZE];
    char text[TEXT_SIZE];
    int64_t at_ms = int_of(reply, "expires_at_ms");
    snprintf(text, sizeof text, "%.40s (%.40s)", text_moment(at_ms, moment),
             text_distance(at_ms, now_ms(), distance));
    field(session, "Valid until", STYLE_PLAIN, text);
}

/* "Compartment B07 …": a confirmation, nothing that --quiet would miss. */
static void confirm(const struct session *session, const struct value *reply, const char *what)
{
    char id[TEXT_SIZE];
    if (!session->quiet)
        printf("Compartment %s%s%s %s\n", terminal_style(&session->out, STYLE_STRONG),
               text_of(reply, "compartment", id), terminal_style(&session->out, STYLE_PLAIN), what);
}

/* ---- one compartment ------------------------------------------------------------------- */

void print_ping(const struct session *session, const struct value *reply)
{
    char station[TEXT_SIZE];
    char version[TEXT_SIZE];
    char role[TEXT_SIZE];
    (void)session;
    printf("Station %s, version %s, %s endpoint\n", text_of(reply, "station", station),
           text_of(reply, "version", version), text_of(reply, "role", role));
}

void print_deposit(const struct session *session, const struct value *reply)
{
    char id[TEXT_SIZE];
    char size[TEXT_SIZE];
    char text[2 * TEXT_SIZE];
    if (text_of(reply, "cancelled", text)[0] != '\0')
        field(session, "Given up", STYLE_PLAIN, text);
    snprintf(text, sizeof text, "%s (%s)", text_of(reply, "compartment", id),
             text_of(reply, "size", size));
    field(session, "Compartment", STYLE_STRONG, text);
    field(session, "Code", STYLE_STRONG, text_of(reply, "code", text));
    field_until(session, reply);
}

void print_cancel(const struct session *session, const struct value *reply)
{
    if (value_get(reply, "code") != NULL)
        print_deposit(session, reply);
    else
        confirm(session, reply, "is given up; its code no longer opens it");
}

void print_pickup(const struct session *session, const struct value *reply)
{
    char id[TEXT_SIZE];
    printf("Compartment %s%s%s is open\n", terminal_style(&session->out, STYLE_GOOD),
           text_of(reply, "compartment", id), terminal_style(&session->out, STYLE_PLAIN));
}

void print_collect(const struct session *session, const struct value *reply)
{
    confirm(session, reply, "is free: its expired parcel is out");
}

void print_service(const struct session *session, const struct value *reply)
{
    confirm(session, reply, bool_of(reply, "in_service") ? "is in service" : "is out of service");
}

void print_release(const struct session *session, const struct value *reply)
{
    confirm(session, reply, "is released; its code no longer opens it");
}

void print_reissue(const struct session *session, const struct value *reply)
{
    char text[TEXT_SIZE];
    field(session, "Compartment", STYLE_STRONG, text_of(reply, "compartment", text));
    field(session, "New code", STYLE_STRONG, text_of(reply, "code", text));
    field_until(session, reply);
}

void print_extend(const struct session *session, const struct value *reply)
{
    char text[TEXT_SIZE];
    field(session, "Compartment", STYLE_STRONG, text_of(reply, "compartment", text));
    field_until(session, reply);
}

/* ---- tables ---------------------------------------------------------------------------- */

static void print_free_and_total(const struct session *session, const struct value *reply,
                                 const char *indent)
{
    const struct value *free_now = value_get(reply, "free");
    const struct value *total = value_get(reply, "total");
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%s%-8s %8s %8s", indent, "SIZE", "FREE", "TOTAL");
    heading(session, text);
    for (int i = 0; i < SIZE_COUNT; i++) {
        const char *name = size_name((enum parcel_size)i);
        printf("%s%-8s %8" PRId64 " %8" PRId64 "\n", indent, name,
               free_now != NULL ? int_of(free_now, name) : 0,
               total != NULL ? int_of(total, name) : 0);
    }
}

void print_availability(const struct session *session, const struct value *reply)
{
    print_free_and_total(session, reply, "");
}

void print_expired(const struct session *session, const struct value *reply)
{
    const struct value *lines = value_get(reply, "compartments");
    size_t count = lines != NULL ? value_count(lines) : 0;
    if (count == 0) {
        session_note(session, "No expired parcel is waiting to be collected.");
        return;
    }
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%-*s %-8s %s", ID_WIDTH, "COMPARTMENT", "SIZE", "EXPIRED");
    heading(session, text);
    for (size_t i = 0; i < count; i++) {
        const struct value *line = value_at(lines, i);
        char id[TEXT_SIZE];
        char size[TEXT_SIZE];
        char moment[TEXT_SIZE];
        char distance[TEXT_SIZE];
        int64_t at_ms = int_of(line, "expired_at_ms");
        printf("%-*s %-8s %s (%s)\n", ID_WIDTH, text_of(line, "compartment", id),
               text_of(line, "size", size), text_moment(at_ms, moment),
               text_distance(at_ms, now_ms(), distance));
    }
}

void print_compartments_heading(const struct session *session)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%-*s %-8s %-9s %-8s %s", ID_WIDTH, "COMPARTMENT", "SIZE", "STATE",
             "SERVICE", "VALID UNTIL, REASON");
    heading(session, text);
}

static void print_compartment(const struct session *session, const struct value *line)
{
    char id[TEXT_SIZE];
    char size[TEXT_SIZE];
    char state[TEXT_SIZE];
    char reason[TEXT_SIZE];
    char until[TEXT_SIZE] = "";
    bool in_service = bool_of(line, "in_service");
    text_of(line, "state", state);
    text_of(line, "reason", reason);
    if (int_of(line, "expires_at_ms") != 0)
        text_moment(int_of(line, "expires_at_ms"), until);
    enum style style = STYLE_PLAIN;
    if (!in_service)
        style = STYLE_BAD;
    else if (strcmp(state, "expired") == 0)
        style = STYLE_WARNING;
    else if (strcmp(state, "free") == 0)
        style = STYLE_GOOD;
    const char *gap = until[0] != '\0' && reason[0] != '\0' ? ", " : "";
    bool last = until[0] == '\0' && reason[0] == '\0'; /* no blanks at a line's end */
    const char *service = in_service ? "in" : "out";
    printf("%-*s %-8s %s%-9s %-*s%s%s%s%s%s\n", ID_WIDTH, text_of(line, "compartment", id),
           text_of(line, "size", size), terminal_style(&session->out, style), state, last ? 0 : 8,
           service, terminal_style(&session->out, STYLE_PLAIN), last ? "" : " ", until, gap,
           reason);
}

void print_compartments(const struct session *session, const struct value *reply)
{
    const struct value *lines = value_get(reply, "compartments");
    for (size_t i = 0; lines != NULL && i < value_count(lines); i++)
        print_compartment(session, value_at(lines, i));
}

void print_history(const struct session *session, const struct value *reply)
{
    const struct value *events = value_get(reply, "events");
    size_t count = events != NULL ? value_count(events) : 0;
    if (count == 0) {
        session_note(session, "Nothing has happened yet.");
        return;
    }
    char text[2 * TEXT_SIZE];
    snprintf(text, sizeof text, "%10s %-19s %-16s %-*s %s", "NUMBER", "WHEN", "EVENT", ID_WIDTH,
             "COMPARTMENT", "DETAILS");
    heading(session, text);
    for (size_t i = 0; i < count; i++) {
        const struct value *event = value_at(events, i);
        char moment[TEXT_SIZE];
        printf("%10" PRId64 " %-19s %s\n", int_of(event, "sequence"),
               text_moment(int_of(event, "at_ms"), moment),
               text_event(event, 0, ID_WIDTH, text, sizeof text));
    }
}

/* ---- the station ----------------------------------------------------------------------- */

void print_sweep(const struct session *session, const struct value *reply)
{
    (void)session;
    printf("Expired parcels swept: %" PRId64 "\n", int_of(reply, "freed"));
}

void print_clock(const struct session *session, const struct value *reply)
{
    char text[TEXT_SIZE];
    field(session, "Time", STYLE_PLAIN, text_moment(int_of(reply, "now_ms"), text));
    text_of(reply, "clock", text);
    bool good = strcmp(text, "ok") == 0;
    field(session, "Clock", good ? STYLE_GOOD : STYLE_BAD, text);
    if (!good)
        session_note(session, "The station does not trust its wall clock. Set it right, then run"
                              " \"locker-operator clock accept\".");
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static void print_scalar(const char *key, const struct value *value, char text[TEXT_SIZE])
{
    switch (value_kind(value)) {
    case VALUE_NIL:
        strcpy(text, "none");
        break;
    case VALUE_BOOL:
        strcpy(text, value_bool(value) ? "yes" : "no");
        break;
    case VALUE_INT:
        if (strcmp(key, "now_ms") == 0 || ends_with(key, "_at_ms"))
            text_moment(value_int(value), text);
        else if (ends_with(key, "_ms"))
            text_duration(value_int(value), text);
        else
            snprintf(text, TEXT_SIZE, "%" PRId64, value_int(value));
        break;
    default:
        text[0] = '\0';
    }
}

/* Every key but ok, free and total, whatever they are: a newer station's say something, too. */
static void print_map(const struct session *session, const struct value *map, int indent)
{
    for (size_t i = 0; i < value_count(map); i++) {
        const char *key = value_key(map, i);
        const struct value *value = value_at(map, i);
        char label[64];
        char text[TEXT_SIZE];
        if (strcmp(key, "ok") == 0 || strcmp(key, "free") == 0 || strcmp(key, "total") == 0)
            continue;
        size_t size = strlen(key);
        bool in_ms = ends_with(key, "_ms");
        snprintf(label, sizeof label, "%.*s", (int)(in_ms ? size - 3 : size), key);
        for (char *p = label; *p != '\0'; p++)
            *p = *p == '_' ? ' ' : (*p > ' ' && *p <= '~' ? *p : '?');
        if (value_kind(value) == VALUE_MAP) {
            if (value_count(value) > 0)
                printf("%*s%s\n", indent, "", label);
            print_map(session, value, indent + 2);
            continue;
        }
        if (value_kind(value) == VALUE_STR)
            text_of(map, key, text);
        else
            print_scalar(key, value, text);
        bool alarm = strcmp(key, "clock") == 0 && strcmp(text, "ok") != 0;
        printf("%*s%-*s %s%s%s\n", indent, "", 24 - indent, label,
               terminal_style(&session->out, alarm ? STYLE_BAD : STYLE_PLAIN), text,
               terminal_style(&session->out, STYLE_PLAIN));
    }
}

void print_status(const struct session *session, const struct value *reply)
{
    print_map(session, reply, 0);
    print_free_and_total(session, reply, "");
}
