#include "postgres_link.h"

#include "code_offer.h"
#include "peer.h"
#include "postgres_schema.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_SIZE     24
#define OFFER_TEXT_SIZE (CODE_OFFER_COUNT * CODE_SIZE + 3)
#define PARAMETERS_MAX  3

/* Requests in one transaction at most: in a longer one the search for the lowest free place wades
 * through all that the transaction itself has taken. */
#define BATCH_MAX 64

struct link {
    PGconn *connection;
    const char *size;
    char ttl_ms[NUMBER_SIZE];
    /* Pipelining: which operations are out, in their order, and the answers to the first of them;
     * rings of `window`. */
    unsigned window;
    enum load_operation *out;
    struct load_answer *answers;
    uint64_t sent;
    uint64_t synchronised; /* of those sent, the server has been told to commit */
    uint64_t answered;
    uint64_t committed; /* of those answered */
    uint64_t received;  /* of those committed */
};

struct statement {
    const char *name;
    const char *parameters[PARAMETERS_MAX];
    int count;
    char offers[OFFER_TEXT_SIZE];
};

int postgres_complain(const PGconn *connection, const PGresult *result)
{
    const char *what = result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(connection);
    fprintf(stderr, "locker-bench: postgres: %s%s", what,
            *what != '\0' && what[strlen(what) - 1] == '\n' ? "" : "\n");
    return -EPROTO;
}

int postgres_connect(const char *directory, PGconn **connected)
{
    const char *const names[] = {"host", "user", "dbname", "connect_timeout", NULL};
    const char *const values[] = {directory, POSTGRES_USER, "postgres", "5", NULL};
    PGconn *connection = PQconnectdbParams(names, values, 0);
    if (connection == NULL)
        return -ENOMEM;
    if (PQstatus(connection) != CONNECTION_OK) {
        int status = postgres_complain(connection, NULL);
        PQfinish(connection);
        return status;
    }
    *connected = connection;
    return 0;
}

/* ---- requests and answers -------------------------------------------------------------- */

/* As an array's text: "{123456789,…}". */
static int make_offers(char text[OFFER_TEXT_SIZE])
{
    struct code_offer offer;
    int status = code_offer_draw(&offer);
    if (status != 0)
        return status;
    char *p = text;
    for (unsigned i = 0; i < CODE_OFFER_COUNT; i++) {
        *p++ = i == 0 ? '{' : ',';
        memcpy(p, offer.codes[i], PEER_CODE_DIGITS);
        p += PEER_CODE_DIGITS;
    }
    *p++ = '}';
    *p = '\0';
    return 0;
}

static int make_statement(const struct link *link, enum load_operation operation, const char *code,
                          struct statement *statement)
{
    if (operation == LOAD_PICKUP) {
        statement->name = "pickup";
        statement->parameters[0] = code;
        statement->count = 1;
        return 0;
    }
    statement->name = "deposit";
    statement->parameters[0] = link->size;
    statement->parameters[1] = link->ttl_ms;
    statement->parameters[2] = statement->offers;
    statement->count = 3;
    return make_offers(statement->offers);
}

/* The row of a result, which is freed. */
static int read_row(const struct link *link, PGresult *result, enum load_operation operation,
                    struct load_answer *answer)
{
    int status = -EPROTO;
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
        postgres_complain(link->connection, result);
    } else {
        answer->operation = operation;
        answer->outcome = peer_outcome(PQgetvalue(result, 0, 0));
        answer->compartment = (uint32_t)strtoul(PQgetvalue(result, 0, 1), NULL, 10);
        if (operation == LOAD_DEPOSIT)
            snprintf(answer->code, sizeof answer->code, "%s", PQgetvalue(result, 0, 2));
        status = 0;
    }
    PQclear(result);
    return status;
}

static int ask(void *argument, enum load_operation operation, const char *code,
               struct load_answer *answer)
{
    struct link *link = argument;
    struct statement statement;
    int status = make_statement(link, operation, code, &statement);
    if (status != 0)
        return status;
    PGresult *result = PQexecPrepared(link->connection, statement.name, statement.count,
                                      statement.parameters, NULL, NULL, 0);
    return read_row(link, result, operation, answer);
}

/* End the transaction here. */
static int synchronise(struct link *link)
{
    if (PQpipelineSync(link->connection) != 1)
        return postgres_complain(link->connection, NULL);
    link->synchronised = link->sent;
    return 0;
}

static int send_statement(void *argument, enum load_operation operation, const char *code)
{
    struct link *link = argument;
    struct statement statement;
    int status = make_statement(link, operation, code, &statement);
    if (status != 0)
        return status;
    if (PQsendQueryPrepared(link->connection, statement.name, statement.count, statement.parameters,
                            NULL, NULL, 0) != 1)
        return postgres_complain(link->connection, NULL);
    link->out[link->sent++ % link->window] = operation;
    return link->sent - link->synchronised >= BATCH_MAX ? synchronise(link) : 0;
}

/* Take down what has come so far. */
static int take_results(struct link *link)
{
    int status = 0;
    /* Once everything has come PQgetResult() would give NULL for ever. */
    while (status == 0 && link->committed < link->synchronised && PQisBusy(link->connection) == 0) {
        PGresult *result = PQgetResult(link->connection);
        if (result == NULL) /* the end of one statement's results */
            continue;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            link->committed = link->answered;
            PQclear(result);
            continue;
        }
        uint64_t at = link->answered++ % link->window;
        status = read_row(link, result, link->out[at], &link->answers[at]);
    }
    return status;
}

static int receive(void *argument, struct load_answer *answer)
{
    struct link *link = argument;
    if (link->received == link->committed) {
        int status = take_results(link);
        if (status != 0 || link->received == link->committed)
            return status;
    }
    *answer = link->answers[link->received++ % link->window];
    return 1;
}

/* While the server does not take more it may be waiting for its answers to be taken. */
static int flush(struct link *link)
{
    int left;
    while ((left = PQflush(link->connection)) == 1) {
        int status = peer_wait(PQsocket(link->connection), POLLIN | POLLOUT);
        if (status != 0)
            return status;
        if (PQconsumeInput(link->connection) != 1)
            return postgres_complain(link->connection, NULL);
    }
    return left == 0 ? 0 : postgres_complain(link->connection, NULL);
}

static int wait_answers(void *argument)
{
    struct link *link = argument;
    int status = link->synchronised < link->sent ? synchronise(link) : 0;
    if (status == 0)
        status = flush(link);
    if (status == 0)
        status = peer_wait(PQsocket(link->connection), POLLIN);
    if (status == 0 && PQconsumeInput(link->connection) != 1)
        status = postgres_complain(link->connection, NULL);
    return status;
}

/* ---- opening --------------------------------------------------------------------------- */

static int prepare(struct link *link, const char *name, const char *query)
{
    PGresult *result = PQprepare(link->connection, name, query, 0, NULL);
    int status = PQresultStatus(result) == PGRES_COMMAND_OK
                     ? 0
                     : postgres_complain(link->connection, result);
    PQclear(result);
    return status;
}

static int enter_pipeline(struct link *link, unsigned window)
{
    link->window = window;
    link->out = calloc(window, sizeof link->out[0]);
    link->answers = calloc(window, sizeof link->answers[0]);
    if (link->out == NULL || link->answers == NULL)
        return -ENOMEM;
    if (PQsetnonblocking(link->connection, 1) != 0 || PQenterPipelineMode(link->connection) != 1)
        return postgres_complain(link->connection, NULL);
    return 0;
}

static void close_link(void *argument)
{
    struct link *link = argument;
    if (link->connection != NULL)
        PQfinish(link->connection);
    free(link->out);
    free(link->answers);
    free(link);
}

static int open_link(void *argument, enum parcel_size size, unsigned window, void **opened)
{
    const struct peer_server *server = argument;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return -ENOMEM;
    link->size = size_name(size);
    snprintf(link->ttl_ms, sizeof link->ttl_ms, "%" PRId64, server->ttl_ms);
    int status = postgres_connect(server->directory, &link->connection);
    if (status == 0)
        status = prepare(link, "deposit", POSTGRES_DEPOSIT);
    if (status == 0)
        status = prepare(link, "pickup", POSTGRES_PICKUP);
    if (status == 0 && window > 0)
        status = enter_pipeline(link, window);
    if (status == 0)
        *opened = link;
    else
        close_link(link);
    return status;
}

const struct load_protocol postgres_protocol = {.open = open_link,
                                                .close = close_link,
                                                .ask = ask,
                                                .send = send_statement,
                                                .receive = receive,
                                                .wait = wait_answers};
