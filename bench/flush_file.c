#include "flush_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE_BYTES  4096u
#define WRITE_BYTES (FLUSH_FILE_BYTES / 16)

static int fill(struct flush_file *file)
{
    for (uint64_t at = 0; at < FLUSH_FILE_BYTES; at += WRITE_BYTES) {
        const ssize_t written = pwrite(file->fd, file->page, WRITE_BYTES, (off_t)at);
        if (written != WRITE_BYTES)
            return written < 0 ? -errno : -ENOSPC;
    }
    return fsync(file->fd) != 0 ? -errno : 0;
}

int flush_file_open(struct flush_file *file, const char *path)
{
    *file = (struct flush_file){.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file->fd < 0)
        return -errno;
    unlink(path);
    file->page = calloc(1, WRITE_BYTES);
    const int error = file->page == NULL ? -ENOMEM : fill(file);
    if (error != 0)
        flush_file_close(file);
    return error;
}

void flush_file_close(struct flush_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->page);
    *file = (struct flush_file){.fd = -1};
}

int flush_file_write(struct flush_file *file, size_t rows)
{
    size_t bytes = (rows * FLUSH_FILE_ROW_BYTES + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    if (bytes > WRITE_BYTES)
        bytes = WRITE_BYTES;
    if (file->at + bytes > FLUSH_FILE_BYTES)
        file->at = 0;
    memset(file->page, (int)(rows & 0xff), bytes);
    const ssize_t written = pwrite(file->fd, file->page, bytes, (off_t)file->at);
    if (written != (ssize_t)bytes)
        return written < 0 ? -errno : -ENOSPC;
    file->at += bytes;
    return fdatasync(file->fd) != 0 ? -errno : 0;
}
