#include "golden.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN_MAX 128

static struct golden all[GOLDEN_MAX];
static size_t all_count;

static void add_hex(struct golden *golden, const char *line)
{
    unsigned byte;
    int used;
    while (sscanf(line, " %2x%n", &byte, &used) == 1) {
        golden->bytes = realloc(golden->bytes, golden->size + 1);
        ck_assert_ptr_nonnull(golden->bytes);
        golden->bytes[golden->size++] = (unsigned char)byte;
        line += used;
    }
}

static void read_block(FILE *page, const char *head)
{
    static char line[16384];
    ck_assert_uint_lt(all_count, GOLDEN_MAX);
    struct golden *golden = &all[all_count++];
    ck_assert_int_eq(sscanf(head, "```golden %15s %31s", golden->kind, golden->name), 2);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, page));
    line[strcspn(line, "\n")] = '\0';
    golden->json = strdup(line);
    while (fgets(line, sizeof line, page) && strncmp(line, "```", 3) != 0)
        add_hex(golden, line);
    ck_assert_uint_gt(golden->size, 0);
}

const struct golden *golden_all(size_t *count)
{
    if (all_count == 0) {
        char path[1024];
        char line[1024];
        const char *source = getenv("LOCKER_SOURCE");
        ck_assert_msg(source != NULL, "run this by ctest, or set LOCKER_SOURCE");
        snprintf(path, sizeof path, "%s/docs/protocol.md", source);
        FILE *page = fopen(path, "r");
        ck_assert_msg(page != NULL, "cannot read %s", path);
        while (fgets(line, sizeof line, page)) {
            if (strncmp(line, "```golden ", 10) == 0)
                read_block(page, line);
        }
        fclose(page);
        ck_assert_uint_gt(all_count, 40);
    }
    *count = all_count;
    return all;
}

const struct golden *golden_get(const char *kind, const char *name)
{
    size_t count;
    const struct golden *golden = golden_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(golden[i].kind, kind) == 0 && strcmp(golden[i].name, name) == 0)
            return &golden[i];
    }
    ck_abort_msg("docs/protocol.md has no golden %s %s", kind, name);
}
