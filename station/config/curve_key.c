#include "curve_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_BYTES 128

static int cannot_read(int error, char *why)
{
    snprintf(why, CURVE_KEY_WHY_SIZE, "cannot be read: %s; check the path and its permissions",
             strerror(error));
    return -error;
}

static int is_key(const char *line)
{
    static const char z85[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              ".-:+=^!/*?&<>()[]{}@%$#";
    return strlen(line) == CURVE_KEY_TEXT_SIZE - 1 && strspn(line, z85) == CURVE_KEY_TEXT_SIZE - 1;
}

int curve_key_read_secret(const char *path, char key[CURVE_KEY_TEXT_SIZE], char *why)
{
    char line[LINE_BYTES] = "";
    struct stat status;
    int error = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return cannot_read(errno, why);
    setvbuf(file, NULL, _IONBF, 0); /* no copy of the key stays in a buffer */
    if (fstat(fileno(file), &status) != 0) {
        error = cannot_read(errno, why);
    } else if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        snprintf(why, CURVE_KEY_WHY_SIZE, "others may read this secret key; chmod 600 it");
        error = -EPERM;
    } else if (!fgets(line, sizeof line, file) && ferror(file)) {
        error = cannot_read(errno, why);
    } else {
        line[strcspn(line, "\r\n")] = '\0';
        if (is_key(line)) {
            memcpy(key, line, CURVE_KEY_TEXT_SIZE);
        } else {
            snprintf(why, CURVE_KEY_WHY_SIZE,
                     "its first line is no CURVE key; it must be one secret key in Z85, 40 "
                     "characters, as locker-operator keygen makes them");
            error = -EINVAL;
        }
    }
    explicit_bzero(line, sizeof line);
    fclose(file);
    return error;
}

/* Counts the keys. */
static int read_lines(FILE *file, curve_key_taker *take, void *context, int *keys, char *why)
{
    char *line = NULL;
    size_t room = 0;
    int error = 0;
    for (int number = 1; error == 0 && getline(&line, &room, file) >= 0; number++) {
        line[strcspn(line, " \t\r\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        ++*keys;
        if (!is_key(line)) {
            snprintf(why, CURVE_KEY_WHY_SIZE,
                     "line %d is no CURVE key; write one public key in Z85, 40 characters, a line",
                     number);
            error = -EINVAL;
        } else if (take && (error = take(context, line)) != 0) {
            snprintf(why, CURVE_KEY_WHY_SIZE, "line %d: %s", number, strerror(-error));
        }
    }
    free(line);
    return error;
}

int curve_key_read_list(const char *path, curve_key_taker *take, void *context, char *why)
{
    int keys = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return cannot_read(errno, why);
    int error = read_lines(file, take, context, &keys, why);
    if (error == 0 && ferror(file)) {
        error = cannot_read(errno, why);
    } else if (error == 0 && keys == 0) {
        snprintf(why, CURVE_KEY_WHY_SIZE,
                 "it lists no key, so nobody could come in; write one public key in Z85 a line");
        error = -EINVAL;
    }
    fclose(file);
    return error;
}
