#include "perf_counter.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void perf_counter_open(struct perf_counter *counter, enum perf_event event)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attributes,
        .config =
            event == PERF_CACHE_MISSES ? PERF_COUNT_HW_CACHE_MISSES : PERF_COUNT_HW_INSTRUCTIONS,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .disabled = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    counter->fd = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    counter->error = counter->fd < 0 ? errno : 0;
}

void perf_counter_close(struct perf_counter *counter)
{
    if (counter->fd >= 0)
        close(counter->fd);
    counter->fd = -1;
}

void perf_counter_resume(struct perf_counter *counter)
{
    if (counter->fd >= 0)
        ioctl(counter->fd, PERF_EVENT_IOC_ENABLE, 0);
}

void perf_counter_pause(struct perf_counter *counter)
{
    if (counter->fd >= 0)
        ioctl(counter->fd, PERF_EVENT_IOC_DISABLE, 0);
}

double perf_counter_read(const struct perf_counter *counter)
{
    uint64_t counted[3]; /* value, time enabled, time running */
    if (counter->fd < 0 || read(counter->fd, counted, sizeof counted) != sizeof counted)
        return -1;
    if (counted[2] == 0)
        return counted[1] == 0 ? 0 : -1;
    return (double)counted[0] * ((double)counted[1] / (double)counted[2]);
}
