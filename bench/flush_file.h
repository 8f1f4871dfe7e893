/*
 * A file that is flushed: written over from its start again and again, never grown, as a database's
 * log is at its best.
 */
#ifndef LOCKER_FLUSH_FILE_H
#define LOCKER_FLUSH_FILE_H

#include <stddef.h>
#include <stdint.h>

#define FLUSH_FILE_BYTES (4u << 20)

/* A row of a ledger takes about as much. */
#define FLUSH_FILE_ROW_BYTES 200

struct flush_file {
    int fd;
    void *page; /* what is written, FLUSH_FILE_BYTES / 16 of it */
    uint64_t at;
};

/* 0 or -errno; -EEXIST: nobody's file is written over. It is of its full size on the disk, and has
 * no name any more. */
int flush_file_open(struct flush_file *file, const char *path) __attribute__((warn_unused_result));
void flush_file_close(struct flush_file *file);

/* Write so many rows, in whole pages, and flush them. 0 or -errno. */
int flush_file_write(struct flush_file *file, size_t rows) __attribute__((warn_unused_result));

#endif
