/* PostgreSQL: a cluster of its own, made for the benchmark; the functions of postgres_schema.h. */
#include "peer.h"

#include "postgres_link.h"
#include "postgres_schema.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INIT_TIMEOUT_MS  120000
#define START_TIMEOUT_MS 30000
#define START_LOOK_MS    20

/* Whole settings, "name=value", of a server that shares a small machine with its clients. */
#define SHARED_BUFFERS "shared_buffers=128MB"

static int find_initdb(char path[CHILD_PATH_SIZE])
{
    static const char *const places[] = {"/usr/lib/postgresql/15/bin/initdb",
                                         "/usr/lib/postgresql/*/bin/initdb",
                                         "/usr/local/pgsql/bin/initdb", NULL};
    return peer_find_program(places, path);
}

static bool installed(void)
{
    char path[CHILD_PATH_SIZE];
    return find_initdb(path) == 0;
}

/* PostgreSQL refuses to run as root: then as its own user, else as nobody. */
static const struct child_user *find_user(struct child_user *user)
{
    if (geteuid() != 0)
        return NULL;
    const struct passwd *entry = getpwnam("postgres");
    if (entry == NULL)
        entry = getpwnam("nobody");
    *user = entry != NULL ? (struct child_user){.uid = entry->pw_uid, .gid = entry->pw_gid}
                          : (struct child_user){.uid = 65534, .gid = 65534};
    return user;
}

/* The other user must get into its directory, and through the one above, which is no secret: what
 * is in that one has permissions of its own. */
static int hand_over(const char *directory, const struct child_user *user)
{
    char above[PEER_DIRECTORY_SIZE];
    if (user == NULL)
        return 0;
    snprintf(above, sizeof above, "%s", directory);
    *strrchr(above, '/') = '\0';
    return chown(directory, user->uid, user->gid) != 0 || chmod(above, 0711) != 0 ? -errno : 0;
}

/* The server's data is in the directory itself, which is also where its socket is. */
static int make_cluster(const char *initdb, const char *directory, const struct child_user *user)
{
    const char *const arguments[] = {
        initdb,       "--pgdata",    directory,           "--auth", "trust",
        "--username", POSTGRES_USER, "--encoding",        "UTF8",   "--locale",
        "C",          "--no-sync",   "--no-instructions", NULL};
    struct child child;
    int status = child_spawn(&child, arguments, user);
    return status == 0 ? child_finish(&child, INIT_TIMEOUT_MS) : status;
}

static int spawn(struct peer_server *server, const char *initdb, const struct child_user *user,
                 unsigned links)
{
    char program[CHILD_PATH_SIZE];
    char sockets[PEER_DIRECTORY_SIZE + 32];
    char connections[32];
    snprintf(program, sizeof program, "%.*s/postgres", (int)(strrchr(initdb, '/') - initdb),
             initdb);
    snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", server->directory);
    snprintf(connections, sizeof connections, "max_connections=%u", links + 8);
    /* Nothing outside of the directory, /dev/shm among that; quiet unless it cannot go on; durable
     * as by default, said all the same. */
    const char *const arguments[] = {program,
                                     "-D",
                                     server->directory,
                                     "-c",
                                     "listen_addresses=",
                                     "-c",
                                     sockets,
                                     "-c",
                                     "unix_socket_permissions=0700",
                                     "-c",
                                     "dynamic_shared_memory_type=mmap",
                                     "-c",
                                     "log_min_messages=fatal",
                                     "-c",
                                     "fsync=on",
                                     "-c",
                                     "synchronous_commit=on",
                                     "-c",
                                     "full_page_writes=on",
                                     "-c",
                                     SHARED_BUFFERS,
                                     "-c",
                                     "autovacuum_naptime=1s",
                                     "-c",
                                     "jit=off",
                                     "-c",
                                     connections,
                                     NULL};
    return child_spawn(&server->child, arguments, user);
}

/* The last line of its pid file says so, as pg_ctl reads it. */
static bool is_ready(const struct peer_server *server)
{
    char path[PEER_DIRECTORY_SIZE + 32];
    char line[256];
    bool ready = false;
    snprintf(path, sizeof path, "%s/postmaster.pid", server->directory);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL)
        ready = strncmp(line, "ready", 5) == 0;
    fclose(file);
    return ready;
}

static int wait_ready(struct peer_server *server)
{
    const struct timespec pause = {.tv_nsec = START_LOOK_MS * 1000000L};
    for (int waited = 0; waited < START_TIMEOUT_MS; waited += START_LOOK_MS) {
        if (is_ready(server))
            return 0;
        if (!child_runs(&server->child))
            return -ECHILD;
        nanosleep(&pause, NULL);
    }
    return -ETIMEDOUT;
}

/* ---- the wall -------------------------------------------------------------------------- */

static int expect(PGconn *connection, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    int failure = done ? 0 : postgres_complain(connection, result);
    PQclear(result);
    return failure;
}

/* The places of a size follow those of the sizes before it. */
static int fill_wall(PGconn *connection, const struct peer_plan *plan)
{
    uint32_t before = 0;
    int status = 0;
    for (unsigned size = 0; size < SIZE_COUNT && status == 0; before += plan->doors[size++]) {
        char doors[16];
        char others[16];
        snprintf(doors, sizeof doors, "%u", plan->doors[size]);
        snprintf(others, sizeof others, "%u", before);
        const char *const parameters[] = {doors, size_name((enum parcel_size)size), others};
        status = expect(connection, PQexecParams(connection, POSTGRES_FILL, 3, NULL, parameters,
                                                 NULL, NULL, 0));
    }
    for (unsigned i = 0; i < POSTGRES_PLAN_STATEMENTS && status == 0; i++)
        status = expect(connection, PQexec(connection, postgres_plan[i]));
    return status;
}

static int prepare(struct peer_server *server, const struct peer_plan *plan)
{
    PGconn *connection;
    int status = postgres_connect(server->directory, &connection);
    if (status != 0)
        return status;
    const char *version = PQparameterStatus(connection, "server_version");
    if (version != NULL)
        snprintf(server->version, sizeof server->version, "%.*s", (int)strcspn(version, " "),
                 version);
    status = expect(connection, PQexec(connection, postgres_schema));
    if (status == 0)
        status = fill_wall(connection, plan);
    PQfinish(connection);
    return status;
}

static int stop(struct peer_server *server)
{
    /* SIGTERM waits for its clients' farewells, which are on their way. */
    int status = child_stop(&server->child);
    if (status != 0)
        fputs("locker-bench: postgres did not end with exit code 0\n", stderr);
    return status;
}

static int start(struct peer_server *server, const struct peer_plan *plan)
{
    char initdb[CHILD_PATH_SIZE];
    struct child_user other;
    const struct child_user *user = find_user(&other);
    int status = peer_settle(server, plan);
    if (status == 0)
        status = find_initdb(initdb);
    if (status == 0)
        status = hand_over(server->directory, user);
    if (status == 0)
        status = make_cluster(initdb, server->directory, user);
    if (status == 0)
        status = spawn(server, initdb, user, plan->links_max);
    if (status == 0)
        status = wait_ready(server);
    if (status == 0)
        status = prepare(server, plan);
    if (status != 0) {
        fprintf(stderr, "locker-bench: postgres did not start: %s\n", strerror(-status));
        child_stop(&server->child);
    }
    return status;
}

const struct peer peer_postgres = {
    .name = "postgres",
    .package = "postgresql-15",
    .guarantees = {.durable = "before the reply",
                   .exactly_once = "no",
                   .expiry = "a deposit in need",
                   .refusals = "named"},
    .installed = installed,
    .start = start,
    .stop = stop,
    .protocol = &postgres_protocol,
};
