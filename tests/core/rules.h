/*
 * What the tests of the rules share: one station, which each opens and which is closed behind it,
 * and the policies to open it with.
 */
#ifndef TEST_RULES_H
#define TEST_RULES_H

#include "fixture.h"

extern struct fixture f;

/* The usual policy with one change, or (NULL) none. It remembers 16 requests. */
struct policy policy_with(void (*change)(struct policy *policy));

void hold(struct policy *policy);
void fallback(struct policy *policy);
void short_memory(struct policy *policy); /* a day */
void three_wrong_codes(struct policy *policy);
void no_guess_limit(struct policy *policy);

/* A suite with this one test case; tests are added to the case. */
Suite *rules_suite(const char *name, TCase **tests);

#endif
