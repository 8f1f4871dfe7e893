#include "station_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* crypto_kdf: sub-keys of one context, told apart by number. Never renumber. */
#define KDF_CONTEXT "lockerst"
enum { KDF_CODE_HASH = 1, KDF_CODE_DERIVE = 2, KDF_REQUEST = 3, KDF_LEDGER = 4 };

static int check_file(int fd, const char *path, char *why, size_t why_size)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        const int error = -errno;
        snprintf(why, why_size, "cannot look at %s: %s", path, strerror(-error));
        return error;
    }
    if (!S_ISREG(status.st_mode) || status.st_size != STATION_KEY_SIZE) {
        snprintf(why, why_size,
                 "%s is no station key (32 bytes expected): put the right file back; without it "
                 "no code that was given out can be recognised",
                 path);
        return -EBADMSG;
    }
    if (status.st_uid != geteuid()) {
        snprintf(why, why_size, "%s belongs to another user: chown it to the station's", path);
        return -EPERM;
    }
    if ((status.st_mode & 077) != 0) {
        snprintf(why, why_size, "%s can be read by others: chmod 600 it", path);
        return -EPERM;
    }
    return 0;
}

static int read_key(int fd, const char *path, uint8_t key[STATION_KEY_SIZE], char *why,
                    size_t why_size)
{
    const int error = check_file(fd, path, why, why_size);
    if (error != 0)
        return error;
    if (read(fd, key, STATION_KEY_SIZE) != STATION_KEY_SIZE) {
        snprintf(why, why_size, "cannot read %s", path);
        return -EIO;
    }
    return 0;
}

static int sync_directory(const char *directory)
{
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const int error = fsync(fd) == 0 ? 0 : -errno;
    close(fd);
    return error;
}

/* Written under another name and linked into place: a power cut never leaves half a key, and a key
 * that stands there is never replaced. */
static int make_key(const char *directory, const char *path, uint8_t key[STATION_KEY_SIZE],
                    char *why, size_t why_size)
{
    char fresh[4096 + 8];
    int error = 0;
    snprintf(fresh, sizeof fresh, "%s.new", path);
    unlink(fresh);
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        error = -errno;
        goto failed;
    }
    randombytes_buf(key, STATION_KEY_SIZE);
    const ssize_t written = write(fd, key, STATION_KEY_SIZE);
    if (written != STATION_KEY_SIZE)
        error = written < 0 ? -errno : -ENOSPC;
    else if (fsync(fd) != 0)
        error = -errno;
    close(fd);
    if (error == 0 && link(fresh, path) != 0)
        error = -errno;
    unlink(fresh);
    if (error == 0)
        error = sync_directory(directory);
    if (error == 0)
        return 0;
    sodium_memzero(key, STATION_KEY_SIZE);
failed:
    snprintf(why, why_size, "cannot make the station key %s: %s", path, strerror(-error));
    return error;
}

int station_key_load(const char *directory, int may_create, uint8_t key[STATION_KEY_SIZE],
                     char *why, size_t why_size)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/station.key", directory) >= (int)sizeof path) {
        snprintf(why, why_size, "the directory's name is too long");
        return -ENAMETOOLONG;
    }
    if (sodium_init() < 0) {
        snprintf(why, why_size, "libsodium finds no source of randomness");
        return -EIO;
    }
    /* O_NONBLOCK: whatever stands there, a pipe even, opening it does not wait. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        const int error = read_key(fd, path, key, why, why_size);
        close(fd);
        return error;
    }
    if (errno == ENOENT && may_create)
        return make_key(directory, path, key, why, why_size);
    const int error = -errno;
    snprintf(why, why_size, "cannot open the station key %s: %s", path, strerror(-error));
    return error;
}

void station_keys_derive(const uint8_t key[STATION_KEY_SIZE], struct station_keys *keys)
{
    crypto_kdf_derive_from_key(keys->code_hash, sizeof keys->code_hash, KDF_CODE_HASH, KDF_CONTEXT,
                               key);
    crypto_kdf_derive_from_key(keys->code_derive, sizeof keys->code_derive, KDF_CODE_DERIVE,
                               KDF_CONTEXT, key);
    crypto_kdf_derive_from_key(keys->request, sizeof keys->request, KDF_REQUEST, KDF_CONTEXT, key);
    crypto_kdf_derive_from_key(keys->ledger, sizeof keys->ledger, KDF_LEDGER, KDF_CONTEXT, key);
}
