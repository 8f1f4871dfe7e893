/*
 * Key files of remote terminals: CURVE keys in Z85, one a line.
 *
 * A pair's file has the secret key on its first line and the public key on its second, mode 0600;
 * FILE.pub has the public key alone, as the station's list of allowed keys takes it.
 */
#ifndef LOCKER_KEY_FILE_H
#define LOCKER_KEY_FILE_H

#define KEY_TEXT_SIZE 41 /* 40 Z85 characters and a NUL */

struct key_pair {
    char secret_key[KEY_TEXT_SIZE];
    char public_key[KEY_TEXT_SIZE];
};

/* Each: STATUS_DONE, or STATUS_USAGE after a message that says what is wrong with the file. */
int key_file_read_public(const char *path, char key[KEY_TEXT_SIZE], const char *prefix);
int key_file_read_pair(const char *path, struct key_pair *pair, const char *prefix);

/* Make a new pair: PATH and PATH.pub. Neither may exist; nothing is ever overwritten, and nothing
 * is left of a pair that could not be written whole. STATUS_DONE, STATUS_USAGE (no such name), or
 * STATUS_REFUSED (exists, or could not be written), after a message. */
int key_file_make(const char *path, const char *prefix);

#endif
