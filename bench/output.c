#include "output.h"

#include "arguments.h"
#include "load_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_PATH_SIZE 4096

bool output_option(struct output_options *options, int option)
{
    switch (option) {
    case OUTPUT_JSON:
        options->json = true;
        return true;
    case OUTPUT_CSV:
        options->csv = true;
        return true;
    case OUTPUT_HGRM:
        options->hgrm_dir = optarg;
        return true;
    default:
        return false;
    }
}

static int write_distribution(const char *directory, const char *target, const char *shape,
                              const char *kind, const struct histogram *histogram)
{
    char path[OUTPUT_PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s-%s%s.hgrm", directory, target, shape, kind);
    for (char *p = path + strlen(directory) + 1; *p != '\0'; p++)
        if (*p == ' ' || *p == '/')
            *p = '-';
    FILE *file = length < (int)sizeof path ? fopen(path, "we") : NULL;
    int status = file == NULL ? -errno : histogram_write_hgrm(histogram, 1000, file);
    if (file != NULL && fclose(file) != 0)
        status = -errno;
    if (status != 0)
        fprintf(stderr, "locker-bench: cannot write %s: %s\n", path, strerror(-status));
    return status;
}

static int write_distributions(const char *directory, const struct load_table *table)
{
    int status = 0;
    for (unsigned target = 0; target < table->target_count; target++) {
        for (unsigned shape = 0; shape < table->shape_count && status == 0; shape++) {
            const struct load_cell *cell = table->cells[target][shape];
            char text[LOAD_SHAPE_TEXT_SIZE];
            if (cell->skipped)
                continue;
            load_shape_text(&table->shapes[shape], text);
            status = write_distribution(directory, table->targets[target], text, "-service",
                                        &cell->service);
            if (status == 0 && table->shapes[shape].rate > 0)
                status = write_distribution(directory, table->targets[target], text, "-response",
                                            &cell->response);
        }
    }
    return status;
}

/* The object, which is consumed, with the samples under "samples", on stdout. 0 or -errno. */
static int write_json(json_t *object, const struct samples *samples)
{
    int status = object == NULL ? -ENOMEM : 0;
    if (status == 0 && json_object_set_new(object, "samples", samples_json(samples)) != 0)
        status = -ENOMEM;
    if (status == 0 && json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0)
        status = -EIO;
    putchar('\n');
    json_decref(object);
    return status;
}

int output_table(const struct output_options *options, const struct load_table *table)
{
    if (table->rounds == 0) {
        fputs("locker-bench: no round was completed\n", stderr);
        return EXIT_REFUSED;
    }
    struct samples samples = {0};
    int status = load_samples(table, &samples);
    if (status == 0 && options->json)
        status = write_json(load_json(table), &samples);
    else if (status == 0 && options->csv)
        load_print_csv(table, stdout);
    else if (status == 0)
        load_print(table, stdout);
    if (status == -ENOMEM)
        fputs("locker-bench: no memory\n", stderr);
    int result = arguments_flush_stdout();
    if (options->hgrm_dir != NULL && status == 0)
        status = write_distributions(options->hgrm_dir, table);
    samples_free(&samples);
    return status != 0 ? EXIT_REFUSED : result;
}
