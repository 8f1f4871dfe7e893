#include "raw_peer.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define GREETING_SIZE 64

#define FRAME_MORE    1
#define FRAME_LONG    2
#define FRAME_COMMAND 4

int raw_peer_send(int fd, const void *bytes, size_t size)
{
    const unsigned char *rest = bytes;
    while (size > 0) {
        const ssize_t sent = send(fd, rest, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -errno;
        rest += sent;
        size -= (size_t)sent;
    }
    return 0;
}

size_t raw_peer_add_frame(unsigned char *bytes, size_t used, const void *frame, size_t size,
                          bool more)
{
    const unsigned char flags = more ? FRAME_MORE : 0;
    if (size <= UINT8_MAX) {
        bytes[used++] = flags;
        bytes[used++] = (unsigned char)size;
    } else {
        bytes[used++] = flags | FRAME_LONG;
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes[used++] = (unsigned char)((uint64_t)size >> shift);
    }
    memcpy(bytes + used, frame, size);
    return used + size;
}

static int receive(int fd, unsigned char *bytes, size_t size)
{
    const ssize_t got = recv(fd, bytes, size, MSG_WAITALL);
    if (got < 0)
        return -errno;
    return got == (ssize_t)size ? 0 : -ECONNRESET;
}

/* Greeting against greeting, READY against READY. Who sends a message before he has had the other's
 * READY is shown the door. */
static int shake_hands(int fd, const char *type)
{
    static const char name[] = "\5READY\13Socket-Type\0\0\0";
    static const char greeting[GREETING_SIZE] = "\xff\0\0\0\0\0\0\0\0\x7f\3\0NULL";
    unsigned char theirs[GREETING_SIZE];
    unsigned char ready[UINT8_MAX + 2];
    size_t used = 2;
    memcpy(ready + used, name, sizeof name - 1);
    used += sizeof name - 1;
    ready[used++] = (unsigned char)strlen(type);
    used += (size_t)snprintf((char *)ready + used, sizeof ready - used, "%s", type);
    ready[0] = FRAME_COMMAND;
    ready[1] = (unsigned char)(used - 2);
    int error = raw_peer_send(fd, greeting, sizeof greeting);
    if (error == 0)
        error = receive(fd, theirs, sizeof theirs);
    if (error == 0)
        error = raw_peer_send(fd, ready, used);
    if (error == 0)
        error = receive(fd, ready, 2);
    return error == 0 ? receive(fd, ready + 2, ready[1]) : error;
}

int raw_peer_open(const char *path, const char *type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = 10};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    int error = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
    if (error == 0)
        error = shake_hands(fd, type);
    if (error == 0)
        return fd;
    close(fd);
    return error;
}
