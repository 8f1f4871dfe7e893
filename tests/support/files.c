#include "files.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREE_DESCRIPTORS 16

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void files_remove_tree(const char *path)
{
    nftw(path, remove_one, TREE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int list_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    printf("    %s\n", path);
    return 0;
}

void files_list(const char *path)
{
    nftw(path, list_one, TREE_DESCRIPTORS, FTW_PHYS);
}

int files_count(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    ck_assert_msg(directory != NULL, "%s", path);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

char *files_read(const char *path, size_t *size)
{
    struct stat status;
    size_t got;
    *size = 0;
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL && fstat(fileno(file), &status) == 0, "%s", path);
    /* It may grow meanwhile: what is there now is what is read. */
    const size_t room = (size_t)status.st_size;
    char *bytes = malloc(room + 1);
    ck_assert_ptr_nonnull(bytes);
    while (*size < room && (got = fread(bytes + *size, 1, room - *size, file)) > 0)
        *size += got;
    fclose(file);
    bytes[*size] = '\0';
    return bytes;
}

bool files_exist(const char *pattern)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return false;
    globfree(&found);
    return true;
}

void files_copy_directory(const char *from, const char *to)
{
    char path[512];
    DIR *directory = opendir(from);
    ck_assert_msg(directory != NULL, "%s", from);
    ck_assert_msg(mkdir(to, 0700) == 0 || errno == EEXIST, "%s", to);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t size;
        if (entry->d_type != DT_REG)
            continue;
        snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
        char *bytes = files_read(path, &size);
        snprintf(path, sizeof path, "%s/%s", to, entry->d_name);
        const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        ck_assert_msg(fd >= 0 && write(fd, bytes, size) == (ssize_t)size, "%s", path);
        close(fd);
        free(bytes);
    }
    closedir(directory);
}

void files_find(const char *pattern, char *path, size_t size)
{
    glob_t found;
    ck_assert_msg(glob(pattern, 0, NULL, &found) == 0, "%s", pattern);
    snprintf(path, size, "%s", found.gl_pathv[0]);
    globfree(&found);
}

bool files_contain(const char *path, const void *bytes, size_t size)
{
    size_t total;
    char *all = files_read(path, &total);
    const bool found = memmem(all, total, bytes, size) != NULL;
    free(all);
    return found;
}

/* nftw() takes no context. */
static const void *sought;
static size_t sought_size;

static int seek_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)where;
    return kind == FTW_F && S_ISREG(status->st_mode) && files_contain(path, sought, sought_size);
}

bool files_tree_contains(const char *directory, const void *bytes, size_t size)
{
    sought = bytes;
    sought_size = size;
    return nftw(directory, seek_one, TREE_DESCRIPTORS, FTW_PHYS) != 0;
}

void files_flip_bit(const char *path, off_t offset)
{
    unsigned char byte;
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_msg(fd >= 0, "%s", path);
    ck_assert_int_eq(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    ck_assert_int_eq(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}
