#include "wall.h"

#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void wall_free(struct wall *wall)
{
    free(wall->compartments);
    free(wall->lines);
    *wall = (struct wall){0};
}

static uint64_t counts_total(const struct wall_counts *counts)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < counts->used; i++)
        total += counts->runs[i].count;
    return total;
}

void wall_counts_add(struct wall_counts *counts, enum parcel_size size, const char *text,
                     const struct place *place, const char *subject, struct mistakes *mistakes)
{
    int64_t number = 0;
    for (unsigned i = 0; i < counts->used; i++) {
        if (counts->runs[i].size == size) {
            mistakes_add(mistakes, place, subject, "%s is named twice; keep one", size_name(size));
            return;
        }
    }
    if (number_parse(text, 0, WALL_COMPARTMENTS_MAX, &number) != 0) {
        mistakes_add(mistakes, place, subject,
                     "\"%s\" is no number of %s compartments; write a whole number from 0 to %d",
                     text, size_name(size), WALL_COMPARTMENTS_MAX);
        return;
    }
    counts->runs[counts->used].size = size;
    counts->runs[counts->used++].count = (uint32_t)number;
    if (counts_total(counts) > WALL_COMPARTMENTS_MAX)
        mistakes_add(mistakes, place, subject,
                     "these are %" PRIu64 " compartments together; a station has %d at most",
                     counts_total(counts), WALL_COMPARTMENTS_MAX);
}

/* One "small=12". */
static void counts_parse_one(struct wall_counts *counts, const char *item, size_t length,
                             const struct place *place, const char *subject,
                             struct mistakes *mistakes)
{
    char text[32];
    enum parcel_size size;
    if (length < sizeof text) {
        memcpy(text, item, length);
        text[length] = '\0';
        char *equals = strchr(text, '=');
        if (equals) {
            *equals = '\0';
            if (size_from_name(text, &size) == 0) {
                wall_counts_add(counts, size, equals + 1, place, subject, mistakes);
                return;
            }
        }
    }
    mistakes_add(mistakes, place, subject,
                 "\"%.*s\" is not SIZE=COUNT; write for example small=12,medium=8,large=4",
                 (int)(length < 40 ? length : 40), item);
}

void wall_counts_parse(struct wall_counts *counts, const char *text, const struct place *place,
                       const char *subject, struct mistakes *mistakes)
{
    for (const char *item = text; item;) {
        const size_t length = strcspn(item, ",");
        counts_parse_one(counts, item, length, place, subject, mistakes);
        item = item[length] == ',' ? item + length + 1 : NULL;
    }
}

/* By hand: printf would make a wall of millions slow to read. */
static void door_name(struct compartment *door, enum parcel_size size, unsigned digits,
                      uint32_t number)
{
    *door = (struct compartment){.size = (uint8_t)size};
    door->id[0] = "SML"[size];
    for (unsigned i = digits; i > 0; i--) {
        door->id[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

int wall_from_counts(struct wall *wall, const struct wall_counts *counts)
{
    wall_free(wall);
    const uint64_t total = counts_total(counts);
    wall->compartments = calloc(total > 0 ? total : 1, sizeof *wall->compartments);
    if (!wall->compartments)
        return -ENOMEM;
    wall->room = (uint32_t)total;
    for (unsigned i = 0; i < counts->used; i++) {
        const uint32_t count = counts->runs[i].count;
        unsigned digits = 2;
        for (uint32_t rest = count / 100; rest > 0; rest /= 10)
            digits++;
        for (uint32_t k = 1; k <= count; k++)
            door_name(&wall->compartments[wall->count++], counts->runs[i].size, digits, k);
    }
    return 0;
}

static int wall_grow(struct wall *wall)
{
    if (wall->count < wall->room)
        return 0;
    const uint32_t room = wall->room ? wall->room * 2 : 128;
    struct compartment *compartments =
        realloc(wall->compartments, room * sizeof *wall->compartments);
    if (compartments)
        wall->compartments = compartments;
    int *lines = realloc(wall->lines, room * sizeof *wall->lines);
    if (lines)
        wall->lines = lines;
    if (!compartments || !lines)
        return -ENOMEM;
    wall->room = room;
    return 0;
}

static bool id_is_printable(const char *id)
{
    for (; *id; id++)
        if (*id <= ' ' || *id > '~')
            return false;
    return true;
}

int wall_add(struct wall *wall, const char *id, enum parcel_size size, const struct place *place,
             struct mistakes *mistakes)
{
    const size_t length = strlen(id);
    if (length == 0 || length > COMPARTMENT_ID_MAX || !id_is_printable(id)) {
        mistakes_add(mistakes, place, "compartment",
                     "\"%s\" can be no id; take 1 to %d printable ASCII characters without a space",
                     id, COMPARTMENT_ID_MAX);
        return 0;
    }
    if (wall->count == WALL_COMPARTMENTS_MAX) {
        mistakes_add(mistakes, place, "compartment", "a station has %d compartments at most",
                     WALL_COMPARTMENTS_MAX);
        return 0;
    }
    if (wall_grow(wall) != 0)
        return -ENOMEM;
    struct compartment *door = &wall->compartments[wall->count];
    *door = (struct compartment){.size = (uint8_t)size};
    memcpy(door->id, id, length);
    wall->lines[wall->count++] = place->line;
    return 0;
}

static int door_compare(const void *a, const void *b)
{
    const struct compartment *const *x = a;
    const struct compartment *const *y = b;
    const int order = strcmp((*x)->id, (*y)->id);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

int wall_check_unique(const struct wall *wall, const char *file, struct mistakes *mistakes)
{
    if (!wall->lines || wall->count < 2)
        return 0;
    const struct compartment **sorted = calloc(wall->count, sizeof(const struct compartment *));
    if (!sorted)
        return -ENOMEM;
    for (uint32_t i = 0; i < wall->count; i++)
        sorted[i] = &wall->compartments[i];
    qsort(sorted, wall->count, sizeof(const struct compartment *), door_compare);
    for (uint32_t i = 1; i < wall->count; i++) {
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) != 0)
            continue;
        const struct place place = {.file = file,
                                    .line = wall->lines[sorted[i] - wall->compartments]};
        mistakes_add(mistakes, &place, "compartment",
                     "\"%s\" is there already, in line %d; give each compartment its own id",
                     sorted[i]->id, wall->lines[sorted[i - 1] - wall->compartments]);
    }
    free(sorted);
    return 0;
}
