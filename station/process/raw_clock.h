/*
 * The raw clocks: the only place that reads them.
 */
#ifndef LOCKER_RAW_CLOCK_H
#define LOCKER_RAW_CLOCK_H

#include <stdint.h>

struct raw_time {
    int64_t wall_ms;    /* CLOCK_REALTIME */
    int64_t elapsed_ms; /* CLOCK_BOOTTIME */
};

struct raw_time raw_clock_read(void);

/* /proc/sys/kernel/random/boot_id as 16 bytes. 0 or -errno. */
int raw_clock_boot_id(uint8_t boot_id[16]) __attribute__((warn_unused_result));

#endif
