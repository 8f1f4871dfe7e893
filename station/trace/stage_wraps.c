/*
 * Marks around what must not know of them: the core is pure, and SQLite is not ours. The linker
 * sends calls of these functions here (--wrap), in a traced build.
 */
#include "locker.h"
#include "stage.h"

#include <sys/syscall.h>
#include <unistd.h>

/* --wrap's names. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
enum outcome __real_locker_decide(const struct locker *locker, struct moment now,
                                  const struct intent *intent, struct event *event);
enum outcome __wrap_locker_decide(const struct locker *locker, struct moment now,
                                  const struct intent *intent, struct event *event);
void __real_locker_record(struct locker *locker, const struct event *event);
void __wrap_locker_record(struct locker *locker, const struct event *event);
void __real_locker_apply(struct locker *locker, const struct event *event);
void __wrap_locker_apply(struct locker *locker, const struct event *event);

enum outcome __wrap_locker_decide(const struct locker *locker, struct moment now,
                                  const struct intent *intent, struct event *event)
{
    const enum outcome outcome = __real_locker_decide(locker, now, intent, event);
    stage_end(STAGE_DECIDE);
    return outcome;
}

void __wrap_locker_record(struct locker *locker, const struct event *event)
{
    __real_locker_record(locker, event);
    stage_end(STAGE_RECORD);
}

void __wrap_locker_apply(struct locker *locker, const struct event *event)
{
    __real_locker_apply(locker, event);
    stage_end(STAGE_APPLY);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
/* In the place of the C library's, for SQLite, too. What came before either in a commit is the
 * commit's. */
int fdatasync(int fd)
{
    stage_end(STAGE_COMMIT);
    const int result = (int)syscall(SYS_fdatasync, fd);
    stage_end(STAGE_FLUSH);
    return result;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    stage_end(STAGE_COMMIT);
    const ssize_t result = syscall(SYS_pwrite64, fd, bytes, size, offset);
    stage_end(STAGE_WRITE);
    return result;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
