/** When each tenant's cloud is looked at, and where: a copy of its settings that one query over all tenants can ask. */
import type { PlatformMigration } from './migration.ts'

/**
 * `edit_id`, `plan_id`: what the last automatic apply, at `tried_at`, knew of; until there is more, the next is at `retry_at`.
 * `running_since`: of the check `check_id`, while it runs.
 */
const schedule = `CREATE TABLE iasql_platform.drift_schedule (
  tenant_id text PRIMARY KEY REFERENCES iasql_platform.tenant ON DELETE CASCADE,
  interval_minutes int, next_at timestamptz, check_id bigint NOT NULL DEFAULT 0, running_since timestamptz,
  is_applied boolean NOT NULL DEFAULT false, edit_id bigint NOT NULL DEFAULT 0, plan_id bigint NOT NULL DEFAULT 0,
  tries int NOT NULL DEFAULT 0, tried_at timestamptz, retry_at timestamptz)`

/** `empty_checks`: how often in a row nothing was found there. `execution_id`: the sync of check `check_id`. */
const places = `CREATE TABLE iasql_platform.drift_place (
  place_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES iasql_platform.tenant ON DELETE CASCADE,
  account_id text NOT NULL, region text, empty_checks int NOT NULL DEFAULT 0, checked_at timestamptz,
  check_id bigint, execution_id bigint, UNIQUE NULLS NOT DISTINCT (tenant_id, account_id, region))`

export const driftScheduleMigration: PlatformMigration = {
  name: 'drift-schedule',
  version: 1,
  sql: [
    schedule,
    'CREATE INDEX drift_schedule_next ON iasql_platform.drift_schedule (next_at)',
    'CREATE INDEX drift_schedule_applied ON iasql_platform.drift_schedule (tenant_id) WHERE is_applied',
    places,
  ],
}
