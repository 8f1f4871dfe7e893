#include "load_measure.h"

#include "interrupt.h"
#include "load_client.h"

#include <stdio.h>
#include <string.h>

struct measurement {
    struct load_table *table;
    const struct load_server *servers;
    enum parcel_size size;
    unsigned rounds;
};

static int measure_cell(const struct measurement *self, unsigned target, unsigned shape,
                        unsigned number)
{
    static struct load_round round; /* two histograms: large for a stack */
    struct load_table *table = self->table;
    if (table->cells[target][shape]->skipped)
        return 0;
    struct load_plan plan = {.driver_uri = self->servers[target].driver_uri,
                             .keypad_uri = self->servers[target].keypad_uri,
                             .protocol = self->servers[target].protocol,
                             .server = self->servers[target].server,
                             .size = self->size,
                             .shape = table->shapes[shape],
                             .seconds = table->seconds};
    char text[LOAD_SHAPE_TEXT_SIZE];
    load_shape_text(&plan.shape, text);
    progress_show("round %u of %u: %s, %s", number + 1, self->rounds, table->targets[target], text);
    int status = load_run(&plan, &round);
    if (status != 0) {
        progress_show(NULL);
        fprintf(stderr, "locker-bench: the %s gave no proper answer: %s\n", table->targets[target],
                strerror(-status));
        return status;
    }
    load_table_record(table, target, shape, number, &round);
    return 0;
}

static int measure_round(const struct measurement *self, unsigned number)
{
    struct load_table *table = self->table;
    for (unsigned shape = 0; shape < table->shape_count; shape++) {
        for (unsigned i = 0; i < table->target_count; i++) {
            /* Nobody is always the first: what one leaves behind (heat, dirty pages) is shared. */
            int status = measure_cell(self, (i + number) % table->target_count, shape, number);
            if (status != 0)
                return status;
            if (interrupted())
                return 0;
        }
    }
    table->rounds++;
    return 0;
}

/* Whoever cannot send ahead of the answers can be loaded in a closed loop only, and the open loop
 * speaks libzmq. */
static void skip_cells(const struct measurement *self)
{
    struct load_table *table = self->table;
    for (unsigned target = 0; target < table->target_count; target++) {
        const struct load_protocol *protocol = self->servers[target].protocol;
        for (unsigned shape = 0; shape < table->shape_count; shape++)
            table->cells[target][shape]->skipped =
                protocol != NULL && (table->shapes[shape].rate > 0 ||
                                     (table->shapes[shape].window > 0 && protocol->send == NULL));
    }
}

int load_measure(struct load_table *table, const struct load_server *servers, enum parcel_size size,
                 unsigned rounds)
{
    struct measurement self = {.table = table, .servers = servers, .size = size, .rounds = rounds};
    int status = load_table_make_cells(table);
    if (status == 0)
        skip_cells(&self);
    for (unsigned number = 0; number < rounds && status == 0 && !interrupted(); number++)
        status = measure_round(&self, number);
    progress_show(NULL);
    return status;
}
