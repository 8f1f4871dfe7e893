#include "load_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void load_round_clear(struct load_round *round)
{
    *round = (struct load_round){0};
    histogram_clear(&round->service);
    histogram_clear(&round->response);
}

int load_table_make_cells(struct load_table *table)
{
    for (unsigned target = 0; target < table->target_count; target++) {
        for (unsigned shape = 0; shape < table->shape_count; shape++) {
            struct load_cell *cell = calloc(1, sizeof *cell);
            if (cell == NULL)
                return -ENOMEM;
            histogram_clear(&cell->service);
            histogram_clear(&cell->response);
            table->cells[target][shape] = cell;
        }
    }
    return 0;
}

void load_table_free(struct load_table *table)
{
    for (unsigned target = 0; target < LOAD_TARGETS_MAX; target++) {
        for (unsigned shape = 0; shape < LOAD_SHAPES_MAX; shape++) {
            free(table->cells[target][shape]);
            table->cells[target][shape] = NULL;
        }
    }
}

void load_table_record(struct load_table *table, unsigned target, unsigned shape, unsigned number,
                       const struct load_round *round)
{
    struct load_cell *cell = table->cells[target][shape];
    cell->per_second[number] = (double)round->answered / round->seconds;
    const struct histogram *latency =
        round->response.count > 0 ? &round->response : &round->service;
    cell->p50_us[number] = (double)histogram_percentile(latency, 50) / 1000;
    cell->p99_us[number] = (double)histogram_percentile(latency, 99) / 1000;
    cell->refused += round->refused;
    cell->rounds_short += round->fell_short;
    histogram_merge(&cell->service, &round->service);
    histogram_merge(&cell->response, &round->response);
}

void load_shape_text(const struct load_shape *shape, char text[LOAD_SHAPE_TEXT_SIZE])
{
    if (shape->rate > 0)
        snprintf(text, LOAD_SHAPE_TEXT_SIZE, "%u/s", shape->rate);
    else if (shape->window > 0)
        snprintf(text, LOAD_SHAPE_TEXT_SIZE, "window %u", shape->window);
    else
        snprintf(text, LOAD_SHAPE_TEXT_SIZE, shape->clients == 1 ? "1 client" : "%u clients",
                 shape->clients);
}

const struct histogram *load_cell_latency(const struct load_cell *cell)
{
    return cell->response.count > 0 ? &cell->response : &cell->service;
}

struct spread load_table_rate(const struct load_table *table, unsigned target, unsigned shape)
{
    return spread_of(table->cells[target][shape]->per_second, table->rounds);
}

struct spread load_table_ratio(const struct load_table *table, unsigned target, unsigned to,
                               unsigned shape)
{
    double ratios[LOAD_ROUNDS_MAX];
    ratios_of(table->cells[target][shape]->per_second, table->cells[to][shape]->per_second,
              table->rounds, ratios);
    return spread_of(ratios, table->rounds);
}
