#include "caller.h"

#include <check.h>
#include <string.h>

struct router router;

struct client *open_client(const char *uri, int timeout_ms)
{
    struct client *client;
    const struct client_options options = {.endpoint = uri, .timeout_ms = timeout_ms};
    ck_assert_int_eq(client_open(&client, &options), 0);
    return client;
}

int collect(struct client *client, const char *compartment, struct value **reply)
{
    struct request request = {.operation = OP_COLLECT, .has_compartment = true};
    strcpy(request.compartment, compartment);
    client_new_id(&request);
    return client_call(client, &request, reply);
}

void check_collects(struct client *client, const char *compartment)
{
    struct value *reply;
    ck_assert_int_eq(collect(client, compartment, &reply), 0);
    ck_assert(value_bool(value_get(reply, "ok")));
    ck_assert_str_eq(value_str(value_get(reply, "compartment")), compartment);
    value_free(reply);
}

void check_same_bytes(size_t first, size_t second)
{
    ck_assert_uint_lt(second, router.count);
    ck_assert_uint_eq(router.requests[first].size, router.requests[second].size);
    ck_assert_mem_eq(router.requests[first].bytes, router.requests[second].bytes,
                     router.requests[first].size);
}
