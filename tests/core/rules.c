#include "rules.h"

#include "support/harness.h"

struct policy policy_with(void (*change)(struct policy *policy))
{
    struct policy policy = POLICY_DEFAULT;
    policy.remember_requests = 16;
    if (change)
        change(&policy);
    return policy;
}

void hold(struct policy *policy)
{
    policy->hold_expired = true;
}

void fallback(struct policy *policy)
{
    policy->fallback = true;
}

void short_memory(struct policy *policy)
{
    policy->remember_ms = DAY_MS;
}

void three_wrong_codes(struct policy *policy)
{
    policy->wrong_codes = 3;
}

void no_guess_limit(struct policy *policy)
{
    policy->wrong_codes = 0;
}

struct fixture f;

static void close_fixture(void)
{
    fixture_close(&f);
}

Suite *rules_suite(const char *name, TCase **tests)
{
    Suite *suite = harness_suite(name, tests);
    tcase_add_checked_fixture(*tests, NULL, close_fixture);
    return suite;
}
