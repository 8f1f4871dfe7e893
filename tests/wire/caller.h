/*
 * What the client's tests share: the router that they call, and calls.
 */
#ifndef TEST_CALLER_H
#define TEST_CALLER_H

#include "client.h"
#include "router.h"

/* Longer than any of these tests takes on a machine with fifteen other things to do. */
#define PATIENT_MS 100000

extern struct router router;

/* Start it with this script. */
#define START(...)                                                                                 \
    static const enum router_act script[] = {__VA_ARGS__};                                         \
    router_start(&router, script, sizeof script / sizeof script[0])

struct client *open_client(const char *uri, int timeout_ms);

/* A change whose answer names the compartment. */
int collect(struct client *client, const char *compartment, struct value **reply);

/* The same, and it is answered so. */
void check_collects(struct client *client, const char *compartment);

/* Of the requests that came, two are the same, but for the socket. */
void check_same_bytes(size_t first, size_t second);

#endif
