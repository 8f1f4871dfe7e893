#include "scale_sweep.h"

#include "bench_station.h"
#include "interrupt.h"
#include "load_client.h"
#include "load_targets.h"
#include "stopwatch.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum ending { ORDERLY, KILLED, MEMORY_LOST, CHECKPOINT_LOST };

#define NAME_SIZE   40
#define OPTION_SIZE 40

/* Doors beside what is varied: more than writing rows ever fills. */
#define DOORS 4096

static const struct {
    const char *name;
    const char *x_label;
    unsigned endings; /* the first so many of them */
} texts[SCALE_STARTS] = {
    [SCALE_START_ROWS] = {"start-up", "rows", MEMORY_LOST + 1},
    [SCALE_START_TOKENS] = {"start-up with parcels", "parcels inside", CHECKPOINT_LOST + 1},
};

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

static int lose_checkpoint(const char *data_dir)
{
    char path[BENCH_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/checkpoint", data_dir);
    return unlink(path) != 0 && errno != ENOENT ? -errno : 0;
}

static int end(struct startup *startup, enum ending ending)
{
    if (ending == ORDERLY)
        return bench_station_stop(&startup->station);
    bench_station_kill(&startup->station);
    if (ending >= MEMORY_LOST)
        lose_memory(startup->name);
    return ending == CHECKPOINT_LOST ? lose_checkpoint(startup->station.data_dir) : 0;
}

static int start(struct startup *startup, double *ms)
{
    uint64_t start_ns = stopwatch_now_ns();
    int status = bench_station_start(&startup->station, &startup->station_plan);
    *ms = (double)(stopwatch_now_ns() - start_ns) / 1e6;
    startup->station_plan.again = true;
    return status;
}

static int deposit_all(const char *run_dir, uint64_t parcels)
{
    struct load_server server;
    int status = load_server_of(&server, run_dir);
    const struct load_plan plan = {
        .driver_uri = server.driver_uri, .keypad_uri = server.keypad_uri, .size = SIZE_MEDIUM};
    if (status == 0)
        status = load_fill(&plan, (uint32_t)parcels);
    if (status != 0)
        fprintf(stderr, "locker-bench: cannot deposit into the station of %s: %s\n", run_dir,
                strerror(-status));
    return status;
}

/* Make the station, and bring it to the size that is varied. */
static int set_up(struct startup *startup, enum scale_start against, uint64_t value)
{
    double ms;
    progress_show("%s: writing %" PRIu64 " %s", texts[against].name, value, texts[against].x_label);
    int status = start(startup, &ms);
    if (status != 0)
        return status;
    return against == SCALE_START_ROWS ? scale_write_rows(startup->station.run_dir, value)
                                       : deposit_all(startup->station.run_dir, value);
}

/* End and start it in every way, round by round. */
static int measure_rounds(struct startup *startup, enum scale_start against, unsigned point,
                          struct scale_curve *curve)
{
    const unsigned rounds = startup->plan->rounds;
    int status = 0;
    for (unsigned round = 0; round < rounds && status == 0; round++) {
        for (unsigned ending = 0; ending < texts[against].endings && status == 0; ending++) {
            progress_show("%s: %.0f %s, round %u of %u", texts[against].name, curve->x[point],
                          texts[against].x_label, round + 1, rounds);
            status = end(startup, (enum ending)ending);
            if (status == 0)
                status = start(startup, &curve->y[ending][point][round]);
        }
    }
    return status;
}

static int measure_point(const struct scale_plan *plan, enum scale_start against, uint64_t value,
                         unsigned point, struct scale_curve *curve)
{
    static const char *const options[] = {"--code-digits", "9", NULL};
    char compartments[OPTION_SIZE];
    struct startup startup = {.plan = plan};
    /* The segment is found by this name: nobody else's may begin like it. */
    snprintf(startup.name, sizeof startup.name, "start%d-%" PRIu64, (int)getpid(), value);
    snprintf(compartments, sizeof compartments, "medium=%" PRIu64,
             against == SCALE_START_ROWS ? DOORS : value);
    int status = scratch_make_or_say(&startup.scratch, plan->scratch);
    startup.station_plan = (struct bench_station_plan){.program = plan->program,
                                                       .scratch = startup.scratch.path,
                                                       .name = startup.name,
                                                       .compartments = compartments,
                                                       .options = options};
    curve->x[point] = (double)value;
    if (status == 0)
        status = set_up(&startup, against, value);
    if (status == 0)
        status = measure_rounds(&startup, against, point, curve);
    progress_show(NULL);
    int stopped = bench_station_stop(&startup.station);
    scratch_remove(&startup.scratch);
    return status == 0 ? stopped : status;
}

int scale_startup(const struct scale_plan *plan, enum scale_start against, const uint64_t *values,
                  unsigned count, struct scale_curve *curve)
{
    *curve = (struct scale_curve){
        .name = texts[against].name,
        .x_label = texts[against].x_label,
        .y_label = "ms from the start until it serves",
        .lines = {"orderly end", "kill -9", "memory lost", "all but the rows lost"},
        .line_count = texts[against].endings,
        .first_style = 3,
        .rounds = plan->rounds,
    };
    int status = 0;
    for (unsigned i = 0; i < count && status == 0 && !interrupted(); i++) {
        status = measure_point(plan, against, values[i], i, curve);
        if (status == 0)
            curve->point_count++;
    }
    return status;
}
