/*
 * The locker inside Redis: two scripts, and what fills the wall. A script runs alone in the server,
 * so nothing else is needed to keep two deposits apart.
 *
 *     free:SIZE     sorted set: the free compartments of a size, by place
 *     live          hash: code → "PLACE SIZE EXPIRES_MS"
 *     expiry:SIZE   sorted set: the live codes of a size, by when they expire
 *     used:CODE     string: how a retired code is refused; forgotten by Redis itself
 *
 * Each answers an array: the outcome's name, and when that is "ok" the compartment (and the code).
 */
#ifndef LOCKER_REDIS_SCRIPT_H
#define LOCKER_REDIS_SCRIPT_H

/* KEYS: free:SIZE, live, expiry:SIZE. ARGV: SIZE, ms that the code lives, s that a used one is
 * remembered, codes on offer. */
extern const char redis_deposit_script[];

/* KEYS: live, used:CODE. ARGV: CODE, s that it is remembered. */
extern const char redis_pickup_script[];

/* KEYS: free:SIZE. ARGV: first and last place. */
extern const char redis_fill_script[];

#endif
