/*
 * The settings: one table from which flags, the file's options and --help are all made.
 */
#ifndef LOCKER_SETTING_H
#define LOCKER_SETTING_H

#include "config.h"
#include "mistakes.h"
#include "wall.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A configuration being put together: defaults, then the file, then the command line, each over
 * what was there before. */
struct draft {
    struct config *config;
    struct mistakes *mistakes;
    struct wall wall;
    const char *base;     /* the directory that relative paths start from; "" the current one */
    bool data_given;      /* in the present layer (file or command line) … */
    bool ephemeral_given; /* … where the two exclude each other */
    bool wall_given;      /* rightly or wrongly */
    int curve_key_line;   /* of the file, where curve-secret-key stands; 0: nowhere */
    bool check_only;
    bool no_memory; /* reading had to be given up */
};

enum setting_where { IN_FLAGS = 1, IN_FILE = 2, IN_BOTH = 3 };

enum setting_group { GROUP_PLACES, GROUP_WALL, GROUP_POLICY, GROUP_RUNNING };

#define SETTING_GROUP_COUNT 4

struct setting {
    const char *name;
    const char *argument; /* what --help calls the value; NULL: a flag without one */
    bool is_switch;       /* on or off; as a flag the value may be left out: on */
    enum setting_where where;
    enum setting_group group;
    const char *help;
    /* Check the value and take it over, or add the mistake. NULL: asks for an action. */
    void (*set)(const struct setting *setting, struct draft *draft, const struct place *place,
                const char *value);
    size_t offset; /* in struct config */
    int64_t min;
    int64_t max;
};

extern const struct setting settings[];
extern const size_t setting_count;

/* The option of the file of that name, or NULL. */
const struct setting *setting_of_file(const char *name);

/* A path, from draft->base when it is relative. For options outside the table. */
void setting_path(struct draft *draft, const struct place *place, const char *subject,
                  const char *value, char path[CONFIG_PATH_MAX]);

/* After each layer: what contradicts itself within it. */
void setting_layer_end(struct draft *draft, const struct place *place);

#endif
