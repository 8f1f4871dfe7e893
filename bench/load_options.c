#include "load_options.h"

#include "arguments.h"

#include <stdio.h>
#include <string.h>

#define SHAPES_OF_A_KIND (LOAD_SHAPES_MAX / 3)

#define CLIENTS_MAX 1024
#define RATE_MAX    10000000

bool load_option(struct load_options *options, int option)
{
    switch (option) {
    case LOAD_CLIENTS:
        options->clients = optarg;
        return true;
    case LOAD_WINDOWS:
        options->windows = optarg;
        return true;
    case LOAD_RATES:
        options->rates = optarg;
        return true;
    case LOAD_RATE_CLIENTS:
        return argument_count("--rate-clients", optarg, 1, CLIENTS_MAX, &options->rate_clients);
    case LOAD_ROUNDS:
        return argument_count("--rounds", optarg, 1, LOAD_ROUNDS_MAX, &options->rounds);
    case LOAD_SECONDS:
        return argument_number("--seconds", optarg, 0.01, 3600, &options->seconds);
    default:
        return false;
    }
}

/* How many numbers the list has: "0" is none. False after a message. */
static bool read_list(const char *option, const char *text, uint64_t max,
                      uint64_t values[SHAPES_OF_A_KIND], unsigned *count)
{
    *count = 0;
    if (strcmp(text, "0") == 0)
        return true;
    *count = argument_list(option, text, 1, max, values, SHAPES_OF_A_KIND);
    return *count > 0;
}

bool load_options_apply(const struct load_options *options, struct load_table *table)
{
    uint64_t clients[SHAPES_OF_A_KIND];
    uint64_t windows[SHAPES_OF_A_KIND];
    uint64_t rates[SHAPES_OF_A_KIND];
    unsigned client_count;
    unsigned window_count;
    unsigned rate_count;
    if (!read_list("--clients", options->clients, CLIENTS_MAX, clients, &client_count) ||
        !read_list("--windows", options->windows, LOAD_WINDOW_MAX, windows, &window_count) ||
        !read_list("--rates", options->rates, RATE_MAX, rates, &rate_count))
        return false;
    struct load_shape *shape = table->shapes;
    for (unsigned i = 0; i < client_count; i++)
        *shape++ = (struct load_shape){.clients = (unsigned)clients[i]};
    for (unsigned i = 0; i < window_count; i++)
        *shape++ = (struct load_shape){.clients = 1, .window = (unsigned)windows[i]};
    for (unsigned i = 0; i < rate_count; i++)
        *shape++ = (struct load_shape){.clients = (unsigned)options->rate_clients,
                                       .rate = (unsigned)rates[i]};
    table->shape_count = (unsigned)(shape - table->shapes);
    table->seconds = options->seconds;
    if (table->shape_count == 0)
        fputs("locker-bench: --clients 0, --windows 0 and --rates 0 leave nothing to do\n", stderr);
    return table->shape_count > 0;
}
