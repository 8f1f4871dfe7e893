#include "mark.h"

#include "bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK_MAGIC         "LOCKMRK2"
#define MARK_PAGE          4096
#define MARK_SLOT_OFFSET   2048 /* slots in different sectors */
#define MARK_CONTENT_SIZE  (8 + 8 + 16 + 8 + 8 + 16 + 16 + 8 + 8 + 8 + 8)
#define MARK_CHECKSUM_SIZE 16
#define MARK_SLOT_SIZE     (MARK_CONTENT_SIZE + MARK_CHECKSUM_SIZE)

static void slot_encode(const struct mark *mark, uint8_t slot[MARK_SLOT_SIZE])
{
    const struct mark_state *state = &mark->state;
    uint8_t *at = bytes_put(slot, MARK_MAGIC, 8);
    at = bytes_put_u64(at, mark->turn);
    at = bytes_put(at, state->identity, sizeof state->identity);
    at = bytes_put_u64(at, state->epoch);
    at = bytes_put_u64(at, state->sequence);
    at = bytes_put(at, state->chain, sizeof state->chain);
    at = bytes_put(at, state->boot_id, sizeof state->boot_id);
    at = bytes_put_i64(at, state->now_ms);
    at = bytes_put_i64(at, state->elapsed_ms);
    at = bytes_put_i64(at, state->origin_ms);
    at = bytes_put_i64(at, state->guess_full_at_ms);
    crypto_generichash(at, MARK_CHECKSUM_SIZE, slot, MARK_CONTENT_SIZE, mark->key, MARK_KEY_SIZE);
}

static bool slot_decode(const struct mark *mark, const uint8_t slot[MARK_SLOT_SIZE],
                        struct mark_state *state, uint64_t *turn)
{
    uint8_t checksum[MARK_CHECKSUM_SIZE];
    crypto_generichash(checksum, sizeof checksum, slot, MARK_CONTENT_SIZE, mark->key,
                       MARK_KEY_SIZE);
    if (memcmp(slot, MARK_MAGIC, 8) != 0 ||
        memcmp(checksum, slot + MARK_CONTENT_SIZE, sizeof checksum) != 0)
        return false;
    const uint8_t *at = bytes_get_u64(slot + 8, turn);
    at = bytes_get(at, state->identity, sizeof state->identity);
    at = bytes_get_u64(at, &state->epoch);
    at = bytes_get_u64(at, &state->sequence);
    at = bytes_get(at, state->chain, sizeof state->chain);
    at = bytes_get(at, state->boot_id, sizeof state->boot_id);
    at = bytes_get_i64(at, &state->now_ms);
    at = bytes_get_i64(at, &state->elapsed_ms);
    at = bytes_get_i64(at, &state->origin_ms);
    bytes_get_i64(at, &state->guess_full_at_ms);
    return true;
}

static int mark_read(struct mark *mark)
{
    uint8_t page[MARK_PAGE] = {0};
    struct stat status;
    if (fstat(mark->fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EBADMSG;
    if (pread(mark->fd, page, sizeof page, 0) < 0)
        return -errno;
    for (unsigned i = 0; i < 2; i++) {
        struct mark_state state;
        uint64_t turn;
        if (!slot_decode(mark, page + i * MARK_SLOT_OFFSET, &state, &turn))
            continue;
        if (mark->believed && turn < mark->turn)
            continue;
        mark->believed = true;
        mark->turn = turn;
        mark->state = state;
    }
    return 0;
}

static int mark_path(char path[PATH_MAX], const char *directory)
{
    const int length = snprintf(path, PATH_MAX, "%s/mark", directory);
    return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int mark_open(struct mark *mark, const char *directory, const uint8_t key[MARK_KEY_SIZE],
              bool readonly)
{
    *mark = (struct mark){.fd = -1};
    memcpy(mark->key, key, MARK_KEY_SIZE);
    char path[PATH_MAX];
    int rc = mark_path(path, directory);
    if (rc < 0)
        return rc;
    /* O_NONBLOCK: whatever stands there, a pipe even, opening it does not wait. */
    const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    mark->fd = open(path, (readonly ? O_RDONLY : O_RDWR) | flags);
    if (mark->fd < 0)
        return errno == ENOENT ? 0 : -errno;
    rc = mark_read(mark);
    if (rc < 0)
        mark_close(mark);
    return rc;
}

int mark_create(struct mark *mark, const char *directory)
{
    if (mark->fd >= 0)
        return -posix_fallocate(mark->fd, 0, MARK_PAGE);
    char path[PATH_MAX];
    int rc = mark_path(path, directory);
    if (rc < 0)
        return rc;
    mark->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (mark->fd < 0)
        return -errno;
    return -posix_fallocate(mark->fd, 0, MARK_PAGE);
}

int mark_look(const struct mark *mark, const char *directory)
{
    char path[PATH_MAX];
    struct stat ours;
    struct stat there;
    const int rc = mark_path(path, directory);
    if (rc < 0)
        return rc;
    if (fstat(mark->fd, &ours) < 0 || lstat(path, &there) < 0)
        return -errno;
    return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino ? 0 : -ESTALE;
}

int mark_replace(struct mark *mark, const char *directory)
{
    char path[PATH_MAX];
    int rc = mark_path(path, directory);
    if (rc < 0)
        return rc;
    if (unlink(path) < 0 && errno != ENOENT)
        return -errno;
    close(mark->fd);
    mark->fd = -1;
    rc = mark_create(mark, directory);
    return rc < 0 ? rc : mark_write(mark);
}

int mark_write(struct mark *mark)
{
    uint8_t slot[MARK_SLOT_SIZE];
    mark->turn++;
    mark->unflushed = true;
    slot_encode(mark, slot);
    const off_t offset = (mark->turn & 1) != 0 ? MARK_SLOT_OFFSET : 0;
    const ssize_t written = pwrite(mark->fd, slot, sizeof slot, offset);
    if (written < 0)
        return -errno;
    return written == (ssize_t)sizeof slot ? 0 : -EIO;
}

int mark_flush(struct mark *mark)
{
    if (fdatasync(mark->fd) < 0)
        return -errno;
    mark->unflushed = false;
    return 0;
}

void mark_close(struct mark *mark)
{
    if (mark->fd >= 0)
        close(mark->fd);
    mark->fd = -1;
    sodium_memzero(mark->key, sizeof mark->key);
}
