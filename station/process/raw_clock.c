#include "raw_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static int64_t read_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now); /* cannot fail for these clocks */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct raw_time raw_clock_read(void)
{
    return (struct raw_time){
        .wall_ms = read_ms(CLOCK_REALTIME),
        .elapsed_ms = read_ms(CLOCK_BOOTTIME),
    };
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int raw_clock_boot_id(uint8_t boot_id[16])
{
    char text[64];
    const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const ssize_t length = read(fd, text, sizeof text);
    close(fd);
    size_t digits = 0;
    for (ssize_t i = 0; i < length && digits < 32; i++) {
        const int digit = hex_digit(text[i]);
        if (digit < 0)
            continue;
        uint8_t *byte = &boot_id[digits / 2];
        *byte = (uint8_t)(digits % 2 == 0 ? digit << 4 : *byte | digit);
        digits++;
    }
    return digits == 32 ? 0 : -EBADMSG;
}
