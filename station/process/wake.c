#include "wake.h"

#include <errno.h>
#include <sys/eventfd.h>

int wake_create(void)
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

void wake_signal(int fd)
{
    /* The only failure is a full counter, and then it is readable already. */
    if (eventfd_write(fd, 1) != 0)
        return;
}

void wake_drain(int fd)
{
    eventfd_t count;
    if (eventfd_read(fd, &count) != 0)
        return; /* there was nothing to take */
}
