#include "scale_sweep.h"

#include "bench_station.h"
#include "interrupt.h"
#include "stopwatch.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum ending { ORDERLY, KILLED, MEMORY_LOST, ENDINGS };

#define NAME_SIZE 40

struct startup {
    const struct scale_plan *plan;
    struct scratch scratch;
    struct bench_station station;
    struct bench_station_plan station_plan;
    char name[NAME_SIZE];
};

/* As a restart of the machine does: remove the segment, which only its name in /dev/shm holds. */
static void lose_memory(const char *name)
{
    char prefix[NAME_SIZE + 16];
    snprintf(prefix, sizeof prefix, "locker-%s-", name);
    DIR *directory = opendir("/dev/shm");
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory != NULL)
        closedir(directory);
}

static int end(struct startup *startup, enum ending ending)
{
    if (ending == ORDERLY)
        return bench_station_stop(&startup->station);
    bench_station_kill(&startup->station);
    if (ending == MEMORY_LOST)
        lose_memory(startup->name);
    return 0;
}

static int start(struct startup *startup, double *ms)
{
    uint64_t start_ns = stopwatch_now_ns();
    int status = bench_station_start(&startup->station, &startup->station_plan);
    *ms = (double)(stopwatch_now_ns() - start_ns) / 1e6;
    startup->station_plan.again = true;
    return status;
}

/* One ledger: write it, then end and start it in every way, round by round. */
static int measure_point(const struct scale_plan *plan, uint64_t rows, unsigned point,
                         struct scale_curve *curve)
{
    static const char *const options[] = {"--code-digits", "9", NULL};
    struct startup startup = {.plan = plan};
    /* The segment is found by this name: nobody else's may begin like it. */
    snprintf(startup.name, sizeof startup.name, "start%d-%" PRIu64, (int)getpid(), rows);
    int status = scratch_make_or_say(&startup.scratch, plan->scratch);
    startup.station_plan = (struct bench_station_plan){.program = plan->program,
                                                       .scratch = startup.scratch.path,
                                                       .name = startup.name,
                                                       .compartments = "medium=4096",
                                                       .options = options};
    double ms;
    progress_show("start-up: writing %" PRIu64 " rows", rows);
    if (status == 0)
        status = start(&startup, &ms);
    if (status == 0)
        status = scale_write_rows(startup.station.run_dir, rows);
    for (unsigned round = 0; round < plan->rounds && status == 0; round++) {
        for (enum ending ending = ORDERLY; ending < ENDINGS && status == 0; ending++) {
            progress_show("start-up: %" PRIu64 " rows, round %u of %u", rows, round + 1,
                          plan->rounds);
            status = end(&startup, ending);
            if (status == 0)
                status = start(&startup, &curve->y[ending][point][round]);
        }
    }
    progress_show(NULL);
    int stopped = bench_station_stop(&startup.station);
    scratch_remove(&startup.scratch);
    return status == 0 ? stopped : status;
}

int scale_startup(const struct scale_plan *plan, const uint64_t *rows, unsigned count,
                  struct scale_curve *curve)
{
    *curve = (struct scale_curve){
        .name = "start-up",
        .x_label = "rows",
        .y_label = "ms from the start until it serves",
        .lines = {"orderly end", "kill -9", "memory lost"},
        .line_count = ENDINGS,
        .first_style = 3,
        .rounds = plan->rounds,
    };
    int status = 0;
    for (unsigned i = 0; i < count && status == 0 && !interrupted(); i++) {
        curve->x[i] = (double)rows[i];
        status = measure_point(plan, rows[i], i, curve);
        if (status == 0)
            curve->point_count++;
    }
    return status;
}
