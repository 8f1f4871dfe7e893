/*
 * Whether a segment that was found can be trusted. Nothing is used before it has been held against
 * its bounds, and the lock is touched only when everything that can be compared agrees.
 */
#include "segment_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every process of the station that left it is dead: nobody can hold the lock for long. */
#define ADOPTION_LOCK_LIMIT_MS 200

static int stale(char *why, size_t why_size, const char *reason)
{
    if (why)
        snprintf(why, why_size, "%s", reason);
    return -ESTALE;
}

int segment_judge_header(const struct segment *segment, struct locker_shape *shape, char *why,
                         size_t why_size)
{
    const struct segment_header *header = segment->header;
    if (memcmp(header->magic, SEGMENT_MAGIC, sizeof header->magic) != 0)
        return stale(why, why_size, "it is no locker segment");
    const uint32_t version = atomic_load_explicit(&header->version, memory_order_acquire);
    if (version == 0)
        return stale(why, why_size, "it was never made ready");
    if (version != SEGMENT_LAYOUT_VERSION || header->locker_version != LOCKER_LAYOUT_VERSION ||
        header->fingerprint != segment_layout_fingerprint())
        return stale(why, why_size, "it has the layout of another version of this program");
    if (header->size != segment->size || header->locker_offset != segment_locker_offset() ||
        segment->size <= segment_locker_offset())
        return stale(why, why_size, "its size is not what its header says");
    if (!station_lock_is_sound(&header->lock))
        return stale(why, why_size, "its lock is damaged");
    if (locker_examine((const unsigned char *)header + segment_locker_offset(),
                       segment->size - segment_locker_offset(), shape) != 0)
        return stale(why, why_size, "its size does not fit its contents");
    return 0;
}

/* Anybody may put a file into /dev/shm, and wait there for a station of this name. */
static int judge_file(const struct stat *status, char *why, size_t why_size)
{
    if (status->st_uid != geteuid())
        return stale(why, why_size, "it belongs to another user");
    if ((status->st_mode & 022) != 0)
        return stale(why, why_size, "others may write to it");
    if (!S_ISREG(status->st_mode) || status->st_size <= (off_t)segment_locker_offset())
        return stale(why, why_size, "it is too short");
    return 0;
}

static int judge_plan(const struct segment *segment, const struct locker_shape *shape,
                      const struct segment_plan *plan, char *why, size_t why_size)
{
    const struct segment_header *header = segment->header;
    const struct locker_shape planned =
        locker_shape_for(plan->wall, plan->compartments, plan->policy.remember_requests);
    if (memcmp(header->boot_id, plan->boot_id, sizeof header->boot_id) != 0)
        return stale(why, why_size, "it is from before the last boot");
    if (strncmp(header->station, plan->station, sizeof header->station) != 0)
        return stale(why, why_size, "it is of a station of another name");
    if (*(const unsigned char *)&header->ephemeral != (plan->ephemeral ? 1 : 0))
        return stale(why, why_size, "one of the two is ephemeral and the other is not");
    if (header->wall_fingerprint != wall_fingerprint(plan->wall, plan->compartments))
        return stale(why, why_size, "the compartments are configured differently now");
    if (memcmp(shape, &planned, sizeof planned) != 0)
        return stale(why, why_size, "it was made for another number of remembered requests");
    return 0;
}

/* Under the lock: what it holds makes sense, and is what the plan says. */
static int judge_contents(struct segment *segment, const struct segment_plan *plan, char *why,
                          size_t why_size)
{
    char broken[160];
    const struct locker *locker = &segment->locker;
    /* The memory, not the header, has the last word on the wall. */
    if (!locker_check(locker, broken, sizeof broken)) {
        if (why)
            snprintf(why, why_size, "it is damaged: %s", broken);
        return -ESTALE;
    }
    if (memcmp(locker_compartment(locker, 0), plan->wall,
               plan->compartments * sizeof *plan->wall) != 0)
        return stale(why, why_size, "the compartments are configured differently now");
    return 0;
}

static int adopt_locked(struct segment *segment, const struct segment_plan *plan, char *why,
                        size_t why_size)
{
    const int locked = segment_lock_within(segment, ADOPTION_LOCK_LIMIT_MS, NULL);
    if (locked == -ENOTRECOVERABLE)
        return stale(why, why_size, "it is damaged beyond what could be put right");
    if (locked == -ETIMEDOUT)
        return stale(why, why_size, "a process still holds its lock");
    if (locked != 0)
        return stale(why, why_size, "its lock is damaged");
    const int error = judge_contents(segment, plan, why, why_size);
    if (error == 0)
        locker_set_policy(&segment->locker, &plan->policy);
    segment_unlock(segment);
    return error;
}

int segment_adopt(struct segment *segment, const struct segment_plan *plan, char *why,
                  size_t why_size)
{
    struct stat status;
    struct locker_shape shape;
    *segment = (struct segment){.fd = -1};
    snprintf(segment->name, sizeof segment->name, "%s", plan->name);
    const int fd = shm_open(plan->name, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int error = fstat(fd, &status) == 0 ? 0 : -errno;
    if (error == 0)
        error = judge_file(&status, why, why_size);
    if (error == 0)
        error = segment_map_fd(segment, fd, (size_t)status.st_size, false);
    if (error != 0) {
        close(fd);
        return error;
    }
    error = segment_judge_header(segment, &shape, why, why_size);
    if (error == 0)
        error = judge_plan(segment, &shape, plan, why, why_size);
    if (error == 0) {
        segment_attach_locker(segment);
        error = adopt_locked(segment, plan, why, why_size);
    }
    if (error != 0)
        segment_unmap(segment);
    return error;
}
