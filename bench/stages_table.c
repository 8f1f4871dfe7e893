#include "stages_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A stage's line is mostly its distribution: 320 pairs at most. */
#define LINE_SIZE 16384

const char *const stages_processes[STAGES_PROCESSES] = {"driver desk", "keypad desk", "keeper",
                                                        "client"};

struct stages_cell *stages_table_add(struct stages_table *table)
{
    if (table->cell_count == STAGES_CELLS_MAX)
        return NULL;
    struct stages_cell *cell = calloc(1, sizeof *cell);
    if (cell != NULL)
        table->cells[table->cell_count++] = cell;
    return cell;
}

void stages_table_free(struct stages_table *table)
{
    for (unsigned i = 0; i < table->cell_count; i++)
        free(table->cells[i]);
    *table = (struct stages_table){0};
}

/* ---- accounts ---------------------------------------------------------------------------- */

static const struct stages_row *find(const struct stages_cell *cell, const char *process,
                                     const char *stage)
{
    for (unsigned i = 0; i < cell->row_count; i++)
        if (strcmp(cell->rows[i].process, process) == 0 && strcmp(cell->rows[i].stage, stage) == 0)
            return &cell->rows[i];
    return NULL;
}

static struct stages_row *row_of(struct stages_cell *cell, const struct stages_row *like)
{
    const struct stages_row *known = find(cell, like->process, like->stage);
    if (known != NULL)
        return &cell->rows[known - cell->rows];
    if (cell->row_count == STAGES_ROWS_MAX)
        return NULL;
    cell->rows[cell->row_count] = *like;
    return &cell->rows[cell->row_count++];
}

/* The smallest time that so many percent do not exceed. */
static double percentile(const char *pairs, uint64_t count, unsigned percent)
{
    const uint64_t rank = (count * percent + 99) / 100;
    uint64_t seen = 0;
    uint64_t top = 0;
    uint64_t here = 0;
    int used = 0;
    for (; seen < rank && sscanf(pairs, " %" SCNu64 ":%" SCNu64 "%n", &top, &here, &used) == 2;
         pairs += used)
        seen += here;
    return (double)top;
}

static double without(double ns, double mark_ns)
{
    return ns > mark_ns ? ns - mark_ns : 0;
}

static bool read_line(struct stages_cell *cell, const char *line)
{
    struct stages_row like = {.span = false};
    char kind[8];
    uint64_t count;
    uint64_t sum_ns;
    double mark_ns;
    int used = 0;
    if (sscanf(line, "%23[^,],%7[^,],%23[^,],%" SCNu64 ",%" SCNu64 ",%lf,%n", like.process, kind,
               like.stage, &count, &sum_ns, &mark_ns, &used) != 6 ||
        used == 0 || count == 0)
        return false;
    like.span = strcmp(kind, "span") == 0;
    struct stages_row *row = row_of(cell, &like);
    if (row == NULL)
        return false;
    const double marks_ns = like.span ? 0 : mark_ns; /* a span has many marks in it, or none */
    double(*figures)[STAGES_ROUNDS_MAX] = row->figures;
    figures[STAGES_TIMES][cell->rounds] = (double)count; /* until the requests are known */
    figures[STAGES_MEAN_NS][cell->rounds] = without((double)sum_ns / (double)count, marks_ns);
    figures[STAGES_P50_NS][cell->rounds] = without(percentile(line + used, count, 50), marks_ns);
    figures[STAGES_P99_NS][cell->rounds] = without(percentile(line + used, count, 99), marks_ns);
    figures[STAGES_MARK_NS][cell->rounds] = marks_ns * (double)count;
    return true;
}

static double count_of(const struct stages_cell *cell, const char *process, const char *stage)
{
    const struct stages_row *row = find(cell, process, stage);
    return row != NULL ? row->figures[STAGES_TIMES][cell->rounds] : 0;
}

/* Counts as times a request. The keeper and others have none of their own: a change's. */
static bool relate(struct stages_cell *cell)
{
    double requests[STAGES_ROWS_MAX];
    const double changes =
        count_of(cell, "driver desk", "whole") + count_of(cell, "keypad desk", "whole");
    if (count_of(cell, "driver desk", "whole") == 0)
        return false;
    for (unsigned i = 0; i < cell->row_count; i++) {
        requests[i] = count_of(cell, cell->rows[i].process, "receive");
        if (requests[i] == 0)
            requests[i] = changes;
    }
    for (unsigned i = 0; i < cell->row_count; i++) {
        cell->rows[i].figures[STAGES_TIMES][cell->rounds] /= requests[i];
        cell->rows[i].figures[STAGES_MARK_NS][cell->rounds] /= requests[i];
    }
    return true;
}

int stages_read(struct stages_cell *cell, FILE *file)
{
    static char line[LINE_SIZE];
    if (cell->rounds == STAGES_ROUNDS_MAX || fgets(line, sizeof line, file) == NULL ||
        strncmp(line, "process,kind,stage,", 19) != 0)
        return -EINVAL;
    while (fgets(line, sizeof line, file) != NULL)
        if (!read_line(cell, line))
            return -EINVAL;
    return relate(cell) ? 0 : -EINVAL;
}

/* ---- figures ------------------------------------------------------------------------------- */

double stages_median(const struct stages_cell *cell, const char *process, const char *stage,
                     enum stages_figure figure)
{
    const struct stages_row *row = find(cell, process, stage);
    return row != NULL ? spread_of(row->figures[figure], cell->rounds).median : 0;
}

void stages_way(const struct stages_cell *cell, unsigned round, double parts[STAGES_PARTS])
{
    static const char *const spans[STAGES_PARTS] = {"whole",  "decided",  "handed", "taken",
                                                    "stored", "released", "sent"};
    for (unsigned part = 0; part < STAGES_PARTS; part++) {
        const struct stages_row *row = find(cell, "driver desk", spans[part]);
        parts[part] = row != NULL ? row->figures[STAGES_MEAN_NS][round] : 0;
    }
    parts[PART_TRANSPORT] = cell->trips[round].mean_ns - parts[PART_TRANSPORT];
}
