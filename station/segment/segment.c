#include "segment.h"

#include "log.h"
#include "segment_map.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ (64 bits). */
#define FNV_START UINT64_C(0xcbf29ce484222325)

static uint64_t fnv(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

int segment_name(const char *station, const char *run_dir, char name[SEGMENT_NAME_SIZE])
{
    char real[PATH_MAX];
    if (!realpath(run_dir, real))
        return -errno;
    const int length = snprintf(name, SEGMENT_NAME_SIZE, "/locker-%s-%016llx", station,
                                (unsigned long long)fnv(FNV_START, real, strlen(real)));
    return length < SEGMENT_NAME_SIZE ? 0 : -ENAMETOOLONG;
}

uint64_t wall_fingerprint(const struct compartment *wall, uint32_t compartments)
{
    uint64_t hash = FNV_START;
    for (uint32_t i = 0; i < compartments; i++) {
        hash = fnv(hash, wall[i].id, strnlen(wall[i].id, sizeof wall[i].id) + 1);
        hash = fnv(hash, &wall[i].size, sizeof wall[i].size);
    }
    return hash;
}

uint64_t segment_layout_fingerprint(void)
{
    const uint64_t facts[] = {
        SEGMENT_LAYOUT_VERSION,
        sizeof(struct segment_header),
        sizeof(struct station_lock),
        offsetof(struct segment_header, lock),
        offsetof(struct segment_header, keeper_sleeper),
        offsetof(struct segment_header, desks),
        sizeof(struct desk_line),
        locker_layout_fingerprint(),
    };
    return fnv(FNV_START, facts, sizeof facts);
}

size_t segment_locker_offset(void)
{
    return (sizeof(struct segment_header) + PAGE - 1) / PAGE * PAGE;
}

int segment_map_fd(struct segment *segment, int fd, size_t size, bool readonly)
{
    void *memory =
        mmap(NULL, size, readonly ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return -errno;
    /* Hashes of codes are no codes, but nothing of this belongs into a core dump. */
    madvise(memory, size, MADV_DONTDUMP);
    segment->header = memory;
    segment->size = size;
    segment->fd = fd;
    segment->readonly = readonly;
    return 0;
}

void segment_attach_locker(struct segment *segment)
{
    locker_attach(&segment->locker, (unsigned char *)segment->header + segment_locker_offset());
}

static int fill_header(struct segment_header *header, const struct segment_plan *plan, size_t size)
{
    memcpy(header->magic, SEGMENT_MAGIC, sizeof header->magic);
    header->locker_version = LOCKER_LAYOUT_VERSION;
    header->fingerprint = segment_layout_fingerprint();
    header->wall_fingerprint = wall_fingerprint(plan->wall, plan->compartments);
    header->size = size;
    header->locker_offset = segment_locker_offset();
    header->ephemeral = plan->ephemeral;
    memcpy(header->boot_id, plan->boot_id, sizeof header->boot_id);
    snprintf(header->station, sizeof header->station, "%s", plan->station);
    return station_lock_create(&header->lock);
}

/* Memory of its own for every page, or none at all. */
static int allocate(int fd, size_t size)
{
    int error;
    do
        error = posix_fallocate(fd, 0, (off_t)size);
    while (error == EINTR);
    return -error;
}

int segment_create(struct segment *segment, const struct segment_plan *plan)
{
    const struct locker_shape shape =
        locker_shape_for(plan->wall, plan->compartments, plan->policy.remember_requests);
    const size_t size = segment_locker_offset() + locker_memory_bytes(&shape);
    *segment = (struct segment){.fd = -1};
    snprintf(segment->name, sizeof segment->name, "%s", plan->name);
    if (shm_unlink(plan->name) != 0 && errno != ENOENT)
        return -errno;
    const int fd = shm_open(plan->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int error = allocate(fd, size);
    if (error == 0)
        error = segment_map_fd(segment, fd, size, false);
    if (error != 0) {
        close(fd);
        segment_remove(segment);
        return error;
    }
    error = fill_header(segment->header, plan, size);
    if (error != 0) {
        segment_unmap(segment);
        segment_remove(segment);
        return error;
    }
    locker_format(&segment->locker, (unsigned char *)segment->header + segment_locker_offset(),
                  &shape, plan->wall, &plan->policy);
    return 0;
}

/* Owns fd, whatever comes of it. */
static int map_judged(struct segment *segment, int fd, bool readonly)
{
    struct stat status;
    struct locker_shape shape;
    int error = fstat(fd, &status) == 0 ? 0 : -errno;
    if (error == 0 && status.st_size <= (off_t)segment_locker_offset())
        error = -EPROTO;
    if (error == 0)
        error = segment_map_fd(segment, fd, (size_t)status.st_size, readonly);
    if (error != 0) {
        close(fd);
        return error;
    }
    if (segment_judge_header(segment, &shape, NULL, 0) != 0) {
        segment_unmap(segment);
        return -EPROTO;
    }
    segment_attach_locker(segment);
    return 0;
}

int segment_map(struct segment *segment, int fd)
{
    *segment = (struct segment){.fd = -1};
    return map_judged(segment, fd, false);
}

int segment_open_readonly(struct segment *segment, const char *name)
{
    *segment = (struct segment){.fd = -1};
    const int fd = shm_open(name, O_RDONLY | O_CLOEXEC, 0);
    return fd < 0 ? -errno : map_judged(segment, fd, true);
}

void segment_ready(struct segment *segment)
{
    atomic_store_explicit(&segment->header->version, SEGMENT_LAYOUT_VERSION, memory_order_release);
}

void segment_not_ready(struct segment *segment)
{
    atomic_store_explicit(&segment->header->version, 0, memory_order_release);
}

void segment_unmap(struct segment *segment)
{
    if (segment->header)
        munmap(segment->header, segment->size);
    if (segment->fd >= 0)
        close(segment->fd);
    segment->header = NULL;
    segment->fd = -1;
}

void segment_remove(struct segment *segment)
{
    shm_unlink(segment->name);
}

/* What a dead owner left half done is finished, or the lock is given up for everyone. */
static int recover(struct segment *segment)
{
    struct locker *locker = &segment->locker;
    char why[200];
    /* An owner that died at rest left nothing to do, and readers, who cannot tell a recovery from
     * rest when no change is under way, must not see the indexes being built again. */
    if (!locker_check(locker, why, sizeof why))
        locker_recover(locker);
    if (!locker_check(locker, why, sizeof why)) {
        station_lock_release(&segment->header->lock); /* not repaired: ENOTRECOVERABLE for all */
        log_error("what a process left half done cannot be put right: %s", why);
        return -ENOTRECOVERABLE;
    }
    station_lock_repaired(&segment->header->lock);
    return 0;
}

int segment_lock_within(struct segment *segment, int limit_ms, bool *recovered)
{
    const int error = station_lock_take(&segment->header->lock, limit_ms);
    if (recovered)
        *recovered = error == -EOWNERDEAD;
    return error == -EOWNERDEAD ? recover(segment) : error;
}

int segment_lock(struct segment *segment, bool *recovered)
{
    return segment_lock_within(segment, STATION_LOCK_LIMIT_MS, recovered);
}

void segment_unlock(struct segment *segment)
{
    station_lock_release(&segment->header->lock);
}
