#include "key_file.h"

#include "command_line.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define KEY_CHARACTERS (KEY_TEXT_SIZE - 1)
#define PATH_SIZE      4096

/* A line that is a Z85 key of 32 bytes. */
static bool read_key(FILE *file, char key[KEY_TEXT_SIZE])
{
    char line[128];
    if (fgets(line, sizeof line, file) == NULL)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    unsigned char bytes[32];
    bool good = strlen(line) == KEY_CHARACTERS && zmq_z85_decode(bytes, line) != NULL;
    if (good)
        strcpy(key, line);
    explicit_bzero(line, sizeof line);
    explicit_bzero(bytes, sizeof bytes);
    return good;
}

static FILE *open_key_file(const char *path, const char *prefix)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        say(prefix, "cannot read the key file %s: %s", path, strerror(errno));
    return file;
}

int key_file_read_public(const char *path, char key[KEY_TEXT_SIZE], const char *prefix)
{
    FILE *file = open_key_file(path, prefix);
    if (file == NULL)
        return STATUS_USAGE;
    bool good = read_key(file, key);
    fclose(file);
    if (good)
        return STATUS_DONE;
    say(prefix, "%s does not begin with a public key (a line of %d Z85 characters)", path,
        KEY_CHARACTERS);
    return STATUS_USAGE;
}

int key_file_read_pair(const char *path, struct key_pair *pair, const char *prefix)
{
    FILE *file = open_key_file(path, prefix);
    if (file == NULL)
        return STATUS_USAGE;
    setvbuf(file, NULL, _IONBF, 0); /* no second copy of the secret in a freed buffer */
    struct stat status;
    bool secret = fstat(fileno(file), &status) == 0 && (status.st_mode & 077) == 0;
    bool good = read_key(file, pair->secret_key);
    char said[KEY_TEXT_SIZE] = "";
    bool has_public = read_key(file, said);
    fclose(file);
    if (!secret) {
        say(prefix, "others can read the secret key in %s: chmod 600 it, or make a new one", path);
        return STATUS_USAGE;
    }
    if (!good) {
        say(prefix, "%s does not begin with a secret key (a line of %d Z85 characters)", path,
            KEY_CHARACTERS);
        return STATUS_USAGE;
    }
    if (zmq_curve_public(pair->public_key, pair->secret_key) != 0) {
        say(prefix, "the secret key in %s cannot be used: %s", path, zmq_strerror(errno));
        return STATUS_USAGE;
    }
    if (has_public && strcmp(said, pair->public_key) != 0) {
        say(prefix, "the two keys in %s are no pair: the secret key belongs on the first line",
            path);
        return STATUS_USAGE;
    }
    return STATUS_DONE;
}

/* A new file of this mode with this text, on disk. */
static int write_new(const char *path, mode_t mode, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return -errno;
    size_t size = strlen(text);
    ssize_t written = write(fd, text, size);
    int error = 0;
    if (written < 0 || fsync(fd) != 0)
        error = -errno;
    else if ((size_t)written != size)
        error = -ENOSPC;
    if (close(fd) != 0 && error == 0)
        error = -errno;
    if (error != 0)
        unlink(path);
    return error;
}

int key_file_make(const char *path, const char *prefix)
{
    char public_path[PATH_SIZE];
    if ((size_t)snprintf(public_path, sizeof public_path, "%s.pub", path) >= sizeof public_path) {
        say(prefix, "the file's name is too long");
        return STATUS_USAGE;
    }
    struct key_pair pair;
    if (zmq_curve_keypair(pair.public_key, pair.secret_key) != 0) {
        say(prefix, "cannot make keys: %s", zmq_strerror(errno));
        return STATUS_REFUSED;
    }
    char text[2 * KEY_TEXT_SIZE + 1];
    snprintf(text, sizeof text, "%s\n", pair.public_key);
    const char *failed = public_path;
    int error = write_new(public_path, 0644, text);
    if (error == 0) {
        failed = path;
        snprintf(text, sizeof text, "%s\n%s\n", pair.secret_key, pair.public_key);
        error = write_new(path, 0600, text);
        if (error != 0)
            unlink(public_path);
    }
    explicit_bzero(text, sizeof text);
    explicit_bzero(&pair, sizeof pair);
    if (error == 0)
        return STATUS_DONE;
    if (error == -EEXIST)
        say(prefix, "%s exists: keys are never overwritten, choose another name", failed);
    else
        say(prefix, "cannot write %s: %s", failed, strerror(-error));
    return STATUS_REFUSED;
}
