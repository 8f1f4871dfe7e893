#include "postgres_schema.h"

/* clang-format off: one string a line of SQL */

/*
 * A wall is small and each of its rows is rewritten for ever: what a commit leaves dead must be
 * cleaned away soon, or every search for the lowest free place wades through it. Hence the hints
 * to autovacuum; the partial indexes keep each search to what it is about. Statistics are made once
 * (postgres_plan), and are not made again when the wall happens to be empty.
 *
 * deposit: SKIP LOCKED hands the next place to whoever comes while the lowest is being taken,
 * instead of making them wait for it. Looking for a code among the live ones before the retired
 * ones cannot miss one that is being picked up meanwhile; the unique index sees to two deposits
 * with the same code.
 *
 * pickup: of two with the same code the second waits for the first, then finds the code gone from
 * the wall and among the retired ones.
 */
const char postgres_schema[] =
    "CREATE TABLE compartment (\n"
    "  place int PRIMARY KEY,\n"
    "  size text NOT NULL,\n"
    "  code text,                      -- NULL: free\n"
    "  expires_at timestamptz\n"
    ") WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0,\n"
    "        autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,\n"
    "        autovacuum_analyze_threshold = 2147483647);\n"
    "CREATE INDEX compartment_free ON compartment (size, place) WHERE code IS NULL;\n"
    "CREATE UNIQUE INDEX compartment_code ON compartment (code) WHERE code IS NOT NULL;\n"
    "CREATE INDEX compartment_expiry ON compartment (size, expires_at) WHERE code IS NOT NULL;\n"
    "\n"
    "CREATE TABLE retired_code (\n"
    "  code text PRIMARY KEY,\n"
    "  refusal text NOT NULL,          -- code_used, code_expired\n"
    "  retired_at timestamptz NOT NULL DEFAULT now()\n"
    ");\n"
    "\n"
    "CREATE FUNCTION deposit(wanted text, lives interval, offers text[],\n"
    "                        OUT outcome text, OUT place int, OUT code text)\n"
    "LANGUAGE plpgsql AS $$\n"
    "#variable_conflict use_column\n"
    "DECLARE\n"
    "  late text;\n"
    "BEGIN\n"
    "  FOREACH deposit.code IN ARRAY offers LOOP\n"
    "    EXIT WHEN NOT EXISTS (SELECT FROM compartment c WHERE c.code = deposit.code)\n"
    "          AND NOT EXISTS (SELECT FROM retired_code r WHERE r.code = deposit.code);\n"
    "    deposit.code := NULL;\n"
    "  END LOOP;\n"
    "  IF deposit.code IS NULL THEN\n"
    "    outcome := 'try_later';\n"
    "    RETURN;\n"
    "  END IF;\n"
    "  SELECT c.place INTO deposit.place FROM compartment c\n"
    "    WHERE c.size = wanted AND c.code IS NULL\n"
    "    ORDER BY c.place LIMIT 1 FOR UPDATE SKIP LOCKED;\n"
    "  IF NOT FOUND THEN\n"
    "    SELECT c.place, c.code INTO deposit.place, late FROM compartment c\n"
    "      WHERE c.size = wanted AND c.code IS NOT NULL AND c.expires_at <= now()\n"
    "      ORDER BY c.expires_at LIMIT 1 FOR UPDATE SKIP LOCKED;\n"
    "    IF NOT FOUND THEN\n"
    "      outcome := 'no_space';\n"
    "      RETURN;\n"
    "    END IF;\n"
    "    INSERT INTO retired_code (code, refusal) VALUES (late, 'code_expired');\n"
    "  END IF;\n"
    "  UPDATE compartment c SET code = deposit.code, expires_at = now() + lives\n"
    "    WHERE c.place = deposit.place;\n"
    "  outcome := 'ok';\n"
    "END $$;\n"
    "\n"
    "CREATE FUNCTION pickup(given text, OUT outcome text, OUT place int)\n"
    "LANGUAGE plpgsql AS $$\n"
    "#variable_conflict use_column\n"
    "BEGIN\n"
    "  UPDATE compartment c SET code = NULL, expires_at = NULL\n"
    "    WHERE c.code = given AND c.expires_at > now()\n"
    "    RETURNING c.place INTO pickup.place;\n"
    "  IF FOUND THEN\n"
    "    INSERT INTO retired_code (code, refusal) VALUES (given, 'code_used');\n"
    "    outcome := 'ok';\n"
    "    RETURN;\n"
    "  END IF;\n"
    "  SELECT r.refusal INTO outcome FROM retired_code r WHERE r.code = given;\n"
    "  IF NOT FOUND THEN\n"
    "    outcome := CASE WHEN EXISTS (SELECT FROM compartment c WHERE c.code = given)\n"
    "                    THEN 'code_expired' ELSE 'invalid_code' END;\n"
    "  END IF;\n"
    "END $$;\n";

const char *const postgres_plan[POSTGRES_PLAN_STATEMENTS] = {
    "UPDATE compartment SET code = place::text, expires_at = now() WHERE place % 8 <> 0",
    "VACUUM ANALYZE compartment",
    "UPDATE compartment SET code = NULL, expires_at = NULL",
    "VACUUM compartment",
};
/* clang-format on */
