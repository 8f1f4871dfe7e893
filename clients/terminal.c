#include "terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal terminal_of(FILE *stream)
{
    struct terminal terminal = {0};
    terminal.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    terminal.present = isatty(fileno(stream)) == 1;
    if (!terminal.present)
        return terminal;
    const char *type = getenv("TERM");
    terminal.screen = type != NULL && type[0] != '\0' && strcmp(type, "dumb") != 0;
    const char *no_color = getenv("NO_COLOR");
    terminal.colour = terminal.screen && (no_color == NULL || no_color[0] == '\0');
    return terminal;
}

const char *terminal_style(const struct terminal *terminal, enum style style)
{
    static const char *const sequences[] = {
        [STYLE_PLAIN] = "\033[0m",    [STYLE_STRONG] = "\033[1m", [STYLE_GOOD] = "\033[1;32m",
        [STYLE_WARNING] = "\033[33m", [STYLE_BAD] = "\033[1;31m", [STYLE_FAINT] = "\033[2m",
    };
    return terminal->colour ? sequences[style] : "";
}

void terminal_clear(const struct terminal *terminal, FILE *stream)
{
    if (terminal->screen)
        fputs("\033[H\033[2J\033[3J", stream);
}

int terminal_width(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}
