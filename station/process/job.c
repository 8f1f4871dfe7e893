#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOB_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

const char *job_name(enum job_kind kind)
{
    static const char *const names[JOB_KIND_COUNT] = {
        [JOB_DESK_DRIVER] = "driver desk",     [JOB_DESK_KEYPAD] = "keypad desk",
        [JOB_DESK_OPERATOR] = "operator desk", [JOB_KEEPER] = "keeper",
        [JOB_ARCHIVIST] = "archivist",
    };
    return names[kind];
}

int job_seal(const struct job *job)
{
    const int fd = memfd_create("locker-job", MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    int error = 0;
    const ssize_t written = write(fd, job, sizeof *job);
    if (written != (ssize_t)sizeof *job)
        error = written < 0 ? -errno : -EIO;
    else if (fcntl(fd, F_ADD_SEALS, JOB_SEALS) != 0)
        error = -errno;
    if (error != 0) {
        close(fd);
        return error;
    }
    return fd;
}

int job_read(int fd, struct job *job)
{
    struct stat status;
    int error = 0;
    if (fstat(fd, &status) != 0)
        return -errno; /* no descriptor: nothing to close */
    const int seals = fcntl(fd, F_GET_SEALS);
    /* At least ours: the kernel may add more (vm.memfd_noexec). */
    if (seals < 0 || (seals & JOB_SEALS) != JOB_SEALS || status.st_size != (off_t)sizeof *job)
        error = -EPROTO;
    else if (pread(fd, job, sizeof *job, 0) != (ssize_t)sizeof *job)
        error = -EIO;
    else if (job->kind >= JOB_KIND_COUNT || job->remote_count > REMOTE_ENDPOINTS_MAX)
        error = -EPROTO;
    close(fd);
    return error;
}
