/*
 * The doorkeeper: answers libzmq's question, for each new connection, whether it may come in
 * (ZAP, ZeroMQ RFC 27). Domain "local": unix sockets, whose file mode has decided already.
 * Domain "remote": CURVE only, and only public keys on the role's list.
 *
 * It also is what keeps out peers without a ZMTP 3 handshake: libzmq lets those pass as ZMTP 1.0
 * where no ZAP domain is set.
 */
#ifndef LOCKER_DOORKEEPER_H
#define LOCKER_DOORKEEPER_H

#include <stddef.h>
#include <stdint.h>

#define DOORKEEPER_LOCAL  "local"
#define DOORKEEPER_REMOTE "remote"

#define CURVE_KEY_SIZE 32

struct doorkeeper {
    void *socket;                       /* REP at inproc://zeromq.zap.01 */
    int fd;                             /* readable when a question may have come (ZMQ_FD) */
    uint8_t (*allowed)[CURVE_KEY_SIZE]; /* public keys, owned */
    size_t allowed_count;
    int64_t silent_until_ms; /* monotonic: refusals until then are counted, not logged */
    unsigned unsaid;         /* so many since the last one that was logged */
};

/* Open before any socket of the context is bound. 0 or -errno. */
int doorkeeper_open(struct doorkeeper *doorkeeper, void *context)
    __attribute__((warn_unused_result));
void doorkeeper_close(struct doorkeeper *doorkeeper);

/* Add the keys of a file (curve_key_read_list()). 0, or -errno after logging file, line and
 * remedy. */
int doorkeeper_allow_file(struct doorkeeper *doorkeeper, const char *path)
    __attribute__((warn_unused_result));

/* Answer every question that waits. Who is refused is named in the log; not each one, for a
 * terminal that is refused tries again at once. */
void doorkeeper_serve(struct doorkeeper *doorkeeper);

#endif
