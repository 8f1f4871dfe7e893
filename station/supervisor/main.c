/*
 * locker-station: the supervisor, or (started by it with --job) one of its processes.
 */
#include "archivist.h"
#include "confine.h"
#include "desk.h"
#include "harden.h"
#include "job.h"
#include "keeper.h"
#include "log.h"
#include "number.h"
#include "streams.h"
#include "supervisor.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_USAGE 2

/* libzmq aborts a process that runs out of descriptors: let it have as many as it may. */
#define DESCRIPTORS_MAX 65536

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_MAX)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warning("the limit of open files stays at %llu", (unsigned long long)limit.rlim_cur);
}

/* What ps and top show; the arguments say it too. */
static void take_name(enum job_kind kind)
{
    static const char *const names[JOB_KIND_COUNT] = {
        "locker-driver-d", "locker-keypad-d", "locker-oper-d", "locker-keeper", "locker-archive"};
    prctl(PR_SET_NAME, names[kind]);
}

/*
 * For what nobody waits for: it leaves the processor to any other process that wants it, and within
 * a tenth of a millisecond. Linux 6.6 and later lets whoever runs finish its slice, 3 ms, before
 * one that wakes gets its turn, and the flush of a disk takes several turns; since 6.12 a process
 * may ask for a shorter slice, which older ones ignore. Not SCHED_IDLE: on a machine without a
 * pause that would hardly run at all, and what it holds of the file system meanwhile the others
 * wait for.
 */
static void stand_back(void)
{
    const struct sched_attr attributes = {.size = sizeof attributes,
                                          .sched_policy = SCHED_BATCH,
                                          .sched_nice = 19,
                                          .sched_runtime = 100000};
    if (syscall(SYS_sched_setattr, 0, &attributes, 0) != 0 && setpriority(PRIO_PROCESS, 0, 19) != 0)
        log_warning("the archivist runs at full priority: %s", strerror(errno));
}

/* A SIGHUP that comes before we can take it (see signals_open()) is kept until then: "read the
 * configuration again" must not mean death while it is being read for the first time. */
static void wait_with_hangups(void)
{
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    sigprocmask(SIG_BLOCK, &hangup, NULL);
}

static int job_main(const char *fd_text, int oom_score_fd)
{
    struct job job;
    int64_t fd;
    int status;
    if (number_parse(fd_text, 0, 1 << 20, &fd) != 0 || job_read((int)fd, &job) != 0 ||
        job.kind >= JOB_KIND_COUNT) {
        fputs("locker-station: --job is for the station's own use; see locker-station --help\n",
              stderr);
        return EXIT_USAGE;
    }
    const enum job_kind kind = (enum job_kind)job.kind;
    process_die_with(job.supervisor_pid);
    take_name(kind);
    log_set_speaker(job_name(kind));
    if (kind <= JOB_DESK_OPERATOR)
        process_confine(DESK_MEMORY_MAX, oom_score_fd);
    else if (oom_score_fd >= 0)
        close(oom_score_fd);
    if (kind == JOB_KEEPER)
        status = keeper_main(&job);
    else if (kind == JOB_ARCHIVIST) {
        stand_back();
        status = archivist_main(&job);
    } else {
        status = desk_main(&job);
    }
    explicit_bzero(&job, sizeof job);
    return status;
}

/* What was printed must have got out: a full disk is an error. */
static int finish_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_SUCCESS;
    perror("locker-station: cannot write to the standard output");
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct config config;
    int status = EXIT_USAGE;
    streams_occupy();
    const bool is_job = argc == 3 && strcmp(argv[1], "--job") == 0;
    const int oom_score_fd = is_job ? process_open_oom_score() : -1;
    process_harden();
    process_tell_traps();
    wait_with_hangups();
    if (is_job)
        return job_main(argv[2], oom_score_fd);
    switch (config_from_command_line(&config, argc, argv)) {
    case CONFIG_RUN:
        raise_descriptor_limit();
        status = supervise(&config, argc, argv);
        break;
    case CONFIG_CHECK_ONLY:
    case CONFIG_EXIT_OK:
        status = finish_stdout();
        break;
    case CONFIG_EXIT_USAGE:
        break;
    }
    config_free(&config);
    return status;
}
