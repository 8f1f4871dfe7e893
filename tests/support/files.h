/*
 * Files, as the tests look at them and clean up after themselves.
 */
#ifndef LOCKER_TEST_FILES_H
#define LOCKER_TEST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Remove the directory with all that is in it. */
void files_remove_tree(const char *path);

/* The directory, which may not be there yet, becomes a copy of the other one, which has
 * files only; for nobody else to read. */
void files_copy_directory(const char *from, const char *to);

/* The paths below a directory, on stdout. */
void files_list(const char *path);

/* How many entries the directory has. */
int files_count(const char *path);

/* The whole file; free() it. *size is its length; a NUL follows. */
char *files_read(const char *path, size_t *size);

/* Of what a pattern fits, the first file. Fails when there is none. */
void files_find(const char *pattern, char *path, size_t size);

bool files_exist(const char *pattern); /* as glob(3) takes it */

/* Whether the bytes stand anywhere in the file. */
bool files_contain(const char *path, const void *bytes, size_t size);

/* Whether they stand in any regular file below the directory. */
bool files_tree_contains(const char *directory, const void *bytes, size_t size);

/* Change one bit of the byte at this offset. */
void files_flip_bit(const char *path, off_t offset);

#endif
