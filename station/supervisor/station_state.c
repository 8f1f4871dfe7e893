#include "station_state.h"

#include "directory.h"
#include "ledger.h"
#include "log.h"
#include "raw_clock.h"
#include "run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_DIR_MODE  0750
#define DATA_DIR_MODE 0700
#define WHY_SIZE      LEDGER_WHY_SIZE

/* ---- claiming -------------------------------------------------------------------------- */

static int claim(const char *directory, mode_t mode, const char *what, int *lock_fd)
{
    char why[WHY_SIZE];
    int error = directory_ensure(directory, mode, what);
    if (error != 0)
        return error;
    error = run_lock_take(directory, what, why, sizeof why);
    if (error < 0) {
        log_error("%s", why);
        return error;
    }
    *lock_fd = error;
    return 0;
}

int state_claim(struct station_state *state, const struct config *config)
{
    *state = (struct station_state){.config = config, .run_lock_fd = -1, .data_lock_fd = -1};
    const int error = claim(config->run_dir, RUN_DIR_MODE, "run", &state->run_lock_fd);
    if (error != 0 || config->ephemeral)
        return error;
    return claim(config->data_dir, DATA_DIR_MODE, "data", &state->data_lock_fd);
}

/* ---- the key ----------------------------------------------------------------------------- */

/* Where the key is: with the ledger it belongs to. */
static const char *key_directory(const struct config *config)
{
    return config->ephemeral ? config->run_dir : config->data_dir;
}

static bool has_ledger(const struct config *config)
{
    char path[CONFIG_PATH_MAX + 16];
    if (config->ephemeral)
        return false;
    snprintf(path, sizeof path, "%s/ledger.db", config->data_dir);
    return access(path, F_OK) == 0;
}

static int load_key(struct station_state *state)
{
    const char *directory = key_directory(state->config);
    char why[WHY_SIZE] = "";
    uint8_t key[STATION_KEY_SIZE];
    int error = station_key_load(directory, 0, key, why, sizeof why);
    if (error == -ENOENT && has_ledger(state->config)) {
        log_error("there is a ledger in %s but not the station.key it was written with; restore "
                  "station.key from the backup",
                  directory);
        return error;
    }
    if (error == -ENOENT) {
        state->key_is_new = true;
        error = station_key_load(directory, 1, key, why, sizeof why);
    }
    if (error != 0)
        log_error("%s", why);
    else
        station_keys_derive(key, &state->keys);
    explicit_bzero(key, sizeof key);
    return error;
}

/* ---- the segment ------------------------------------------------------------------------- */

/* What a start works with. */
struct start {
    struct station_state *state;
    struct segment_plan plan;
    char name[SEGMENT_NAME_SIZE];
    struct ledger *ledger; /* NULL when ephemeral */
    struct ledger_end end;
    int64_t alive_at_ms; /* the last trusted time the station is known to have been up; 0: none */
    bool adopted;
};

static int start_ledger(struct start *start)
{
    const struct config *config = start->state->config;
    const struct ledger_options options = {
        .directory = config->data_dir,
        .key = start->state->keys.ledger,
        .station = config->name,
        .wall = config->wall,
        .compartments = config->compartments,
        .boot_id = start->state->boot_id,
    };
    char why[LEDGER_WHY_SIZE] = "";
    if (config->ephemeral)
        return 0;
    int error = ledger_open(&start->ledger, &options, why);
    if (error == 0)
        error = ledger_end(start->ledger, start->state->boot_id, &start->end, why);
    if (error != 0)
        log_error("the ledger cannot be used: %s", why);
    start->alive_at_ms = start->end.alive_at_ms;
    return error;
}

/* Whether what the segment has recorded continues what stands in the ledger. */
static bool start_agrees(const struct start *start, char *why, size_t why_size)
{
    const struct segment *segment = &start->state->segment;
    const struct ledger_end *end = &start->end;
    const uint64_t last = locker_sequence(&segment->locker);
    const uint64_t durable = locker_durable_sequence(&segment->locker);
    struct event event;
    /* Sequences agree easily, and so do names: this is what tells two ledgers apart. */
    if (ledger_holds(start->ledger, &segment->header->ledger) != 0) {
        snprintf(why, why_size, "it belongs to another ledger, or to another copy of this one");
        return false;
    }
    if (durable > end->sequence || end->sequence > last) {
        snprintf(why, why_size,
                 "it goes from change %" PRIu64 " (on disk) to %" PRIu64
                 ", the ledger ends with %" PRIu64,
                 durable, last, end->sequence);
        return false;
    }
    if (end->sequence == 0)
        return true;
    const bool in_ring = locker_read_event(&segment->locker, end->sequence, &event) == 0;
    if (in_ring ? ledger_compare(start->ledger, &event) == 0 : end->sequence == durable)
        return true;
    snprintf(why, why_size, "its change %" PRIu64 " is not the ledger's", end->sequence);
    return false;
}

/*
 * Nobody may be at work in what we adopt or replace. The run directory's lock says so too, but a
 * run directory that was removed under a station and made anew is another one, and the name of
 * the segment the same. Those who map it hold its lock, as they hold the directories'.
 */
static int start_alone(const struct start *start)
{
    struct stat status;
    uint32_t holder = 0;
    const int fd = shm_open(start->name, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return 0; /* none, or nothing of ours */
    int error = fstat(fd, &status) != 0 || status.st_uid != geteuid() ? 0 : run_lock_await(fd);
    if (error != 0 &&
        pread(fd, &holder, sizeof holder, offsetof(struct segment_header, supervisor_pid)) < 0)
        holder = 0;
    if (error != 0)
        log_error("another station (process %" PRIu32 ") is at work in the shared memory "
                  "/dev/shm%s, its run directory was removed; stop it or choose another with --run",
                  holder, start->name);
    close(fd);
    return error;
}

/* 0: adopted. -ENOENT: there was none. -ESTALE: not to be trusted, said in the log. */
static int start_adopt(struct start *start)
{
    struct segment *segment = &start->state->segment;
    char why[WHY_SIZE] = "";
    int error = segment_adopt(segment, &start->plan, why, sizeof why);
    if (error == -ENOENT)
        return error;
    if (error == 0 && start->ledger && !start_agrees(start, why, sizeof why)) {
        segment_unmap(segment);
        error = -ESTALE;
    }
    if (error == 0 && !start->ledger && start->state->key_is_new) {
        segment_unmap(segment);
        snprintf(why, sizeof why, "the station.key of its codes is gone");
        error = -ESTALE;
    }
    if (error == 0) {
        start->state->has_segment = true;
        start->adopted = true;
        if (start->alive_at_ms < locker_clock(&segment->locker)->last_ms)
            start->alive_at_ms = locker_clock(&segment->locker)->last_ms;
        segment_not_ready(segment);
        if (start->ledger)
            locker_set_durable(&segment->locker, start->end.sequence);
        return 0;
    }
    if (why[0] == '\0')
        snprintf(why, sizeof why, "%s", strerror(-error));
    if (start->ledger)
        log_notice("the segment of an earlier run is not taken over (%s); building it from the "
                   "ledger",
                   why);
    else
        log_warning("the segment of an earlier run cannot be taken over (%s); what was in this "
                    "ephemeral station is lost",
                    why);
    return -ESTALE;
}

static int start_create(struct start *start)
{
    struct segment *segment = &start->state->segment;
    char why[LEDGER_WHY_SIZE] = "";
    int error = segment_create(segment, &start->plan);
    if (error != 0) {
        log_error("cannot create the shared memory /dev/shm%s: %s; make room there, or remember "
                  "fewer requests (--remember-requests)",
                  start->name, strerror(-error));
        return error;
    }
    start->state->has_segment = true;
    if (start->ledger)
        error = ledger_load(start->ledger, &segment->locker, why);
    if (error != 0) {
        log_error("the ledger cannot be used: %s", why);
        segment_remove(segment);
        return error;
    }
    const struct raw_time raw = raw_clock_read();
    trusted_clock_start(locker_clock(&segment->locker), &start->end.floor, raw.wall_ms,
                        raw.elapsed_ms);
    struct guess_limit *limit = locker_guess_limit(&segment->locker);
    if (limit->full_at_ms < start->end.guess_full_at_ms)
        limit->full_at_ms = start->end.guess_full_at_ms;
    atomic_store(&segment->header->published_sequence, locker_sequence(&segment->locker));
    return 0;
}

/* Add a long outage to every code's life. The segment is not ready: nobody sees it half done. */
static void start_credit(const struct start *start, struct moment now)
{
    struct locker *locker = &start->state->segment.locker;
    const int64_t least_ms = start->plan.policy.credit_outages_ms;
    const int64_t outage_ms = now.now_ms - start->alive_at_ms;
    if (least_ms == 0 || start->alive_at_ms == 0 || outage_ms < least_ms)
        return;
    if (locker_credit_outage(locker, now, outage_ms) != 0) {
        log_warning("the station was down for %" PRId64 " s, which cannot be added to the life of "
                    "the codes: too many changes wait for the disk",
                    outage_ms / 1000);
        return;
    }
    if (!start->ledger)
        locker_set_durable(locker, locker_sequence(locker));
    log_notice("the station was down for %" PRId64 " s: added to the life of every code",
               outage_ms / 1000);
}

/* What belongs to one run of the supervisor, and not to the state. */
static void start_header(const struct start *start, struct moment now)
{
    struct segment_header *header = start->state->segment.header;
    header->ledger = (struct ledger_stamp){.sequence = 0};
    if (start->ledger)
        ledger_stamp_end(start->ledger, &header->ledger);
    header->started_elapsed_ms = now.elapsed_ms;
    atomic_store(&header->supervisor_pid, (uint32_t)getpid());
    sleeper_get_up(&header->keeper_sleeper);
    atomic_store(&header->chores_wanted, 0);
    atomic_store(&header->keeper_pid, 0);
    atomic_store(&header->storage, STORAGE_GOOD);
    atomic_store(&header->feed_wanted, 0);
    atomic_store(&header->checkpoint_sequence, start->end.checkpoint_sequence);
    for (int role = 0; role < ROLE_COUNT; role++) {
        sleeper_get_up(&header->desks[role].sleeper);
        atomic_store(&header->desks[role].pid, 0);
    }
}

static int start_segment(struct start *start, bool distrust)
{
    struct segment *segment = &start->state->segment;
    if (distrust)
        log_warning("the segment of before is not used again%s",
                    start->ledger ? "" : "; what was in this ephemeral station is lost");
    int error = start_alone(start);
    if (error != 0)
        return error;
    error = distrust ? -ESTALE : start_adopt(start);
    if (error != 0)
        error = start_create(start);
    if (error == 0 && (error = run_lock_await(segment->fd)) != 0)
        log_error("cannot lock the shared memory /dev/shm%s: %s", start->name, strerror(-error));
    if (error != 0)
        return error;
    const struct raw_time raw = raw_clock_read();
    const struct moment now = {
        .now_ms = trusted_clock_read(locker_clock(&segment->locker), raw.wall_ms, raw.elapsed_ms),
        .elapsed_ms = raw.elapsed_ms,
    };
    start_credit(start, now);
    start_header(start, now);
    if (locker_clock(&segment->locker)->suspect)
        log_warning("the clock is suspect: going on from the latest time known; set the clock, or "
                    "accept it with: locker-operator clock accept");
    if (start->adopted)
        log_notice("took over the segment of an earlier run, at change %" PRIu64 " (%" PRIu64
                   " on disk)",
                   locker_sequence(&segment->locker), locker_durable_sequence(&segment->locker));
    segment_ready(segment);
    return 0;
}

int state_open(struct station_state *state, bool distrust)
{
    const struct config *config = state->config;
    struct start start = {.state = state};
    state->key_is_new = false;
    int error = raw_clock_boot_id(state->boot_id);
    if (error != 0)
        log_error("cannot read the boot id: %s", strerror(-error));
    else
        error = load_key(state);
    if (error == 0) {
        error = segment_name(config->name, config->run_dir, start.name);
        if (error != 0)
            log_error("cannot name the segment: %s", strerror(-error));
    }
    if (error != 0)
        return error;
    start.plan = (struct segment_plan){.name = start.name,
                                       .station = config->name,
                                       .wall = config->wall,
                                       .compartments = config->compartments,
                                       .policy = config->policy,
                                       .ephemeral = config->ephemeral};
    memcpy(start.plan.boot_id, state->boot_id, sizeof start.plan.boot_id);
    error = start_ledger(&start);
    if (error == 0)
        error = start_segment(&start, distrust);
    if (start.ledger)
        ledger_close(start.ledger); /* the keeper opens its own */
    return error;
}

/* ---- the end ----------------------------------------------------------------------------- */

int state_end(struct station_state *state)
{
    char path[CONFIG_PATH_MAX + 16];
    const struct locker *locker = &state->segment.locker;
    if (state->config->ephemeral) {
        snprintf(path, sizeof path, "%s/station.key", state->config->run_dir);
        unlink(path);
    }
    if (!state->has_segment)
        return 0;
    const uint64_t left = locker_sequence(locker) - locker_durable_sequence(locker);
    if (left == 0 && atomic_load(&state->segment.header->storage) == STORAGE_GOOD) {
        segment_remove(&state->segment);
        return 0;
    }
    if (left == 0)
        log_error("the ledger cannot be used; what it should hold stays in shared memory");
    else
        log_error("%" PRIu64 " changes could not be written to the ledger; they stay in shared "
                  "memory for the next start",
                  left);
    return -EIO;
}

void state_let_go(struct station_state *state)
{
    if (state->has_segment)
        segment_unmap(&state->segment);
    state->has_segment = false;
    explicit_bzero(&state->keys, sizeof state->keys);
}

void state_release(struct station_state *state)
{
    if (state->data_lock_fd >= 0)
        close(state->data_lock_fd);
    if (state->run_lock_fd >= 0)
        close(state->run_lock_fd);
}
