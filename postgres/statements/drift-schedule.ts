/** Which tenants' clouds are due to be looked at; times are the caller's. */
import type { Queryable } from '../database.ts'

/** Spread over the first interval, so that tenants made together are not looked at together. */
const firstTime = (minutes: string): string =>
  `:now::timestamptz + make_interval(mins => ${minutes}) * (0.1 + 0.9 * random())`

/** Active tenants that have no schedule yet get one. */
export async function addSchedules(
  db: Queryable,
  input: { readonly minutes: number; readonly now: Date },
): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.drift_schedule (tenant_id, interval_minutes, next_at)
     SELECT t.tenant_id, :minutes::int, ${firstTime(':minutes::int')} FROM iasql_platform.tenant t
     WHERE t.state = 'active' AND t.database_name = current_database() AND NOT EXISTS (
       SELECT FROM iasql_platform.drift_schedule s WHERE s.tenant_id = t.tenant_id)
     ON CONFLICT DO NOTHING`,
    { minutes: input.minutes, now: input.now.toISOString() },
  )
}

export interface ScheduleSettings {
  readonly tenantId: string
  /** Null: no checks. */
  readonly minutes: number | null
  /** Whether edits are applied without anybody asking. */
  readonly isApplied: boolean
  readonly now: Date
}

/** An interval that stays the same leaves the next check where it is. */
export async function storeSchedule(db: Queryable, { now, ...schedule }: ScheduleSettings): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.drift_schedule AS known (tenant_id, interval_minutes, next_at, is_applied)
     VALUES (:tenantId, :minutes::int, ${firstTime(':minutes::int')}, :isApplied::boolean)
     ON CONFLICT (tenant_id) DO UPDATE SET interval_minutes = excluded.interval_minutes, is_applied = excluded.is_applied,
       next_at = CASE WHEN known.interval_minutes IS NOT DISTINCT FROM excluded.interval_minutes
         THEN known.next_at ELSE excluded.next_at END`,
    { ...schedule, now: now.toISOString() },
  )
}

export interface DueCheck {
  readonly tenant_id: string
  readonly check_id: number
}

/** A check that has not ended by then is taken for dead. */
const longestCheck = "interval '2 hours'"

/** Each for one caller only, however many ask at once. */
export async function takeDueChecks(
  db: Queryable,
  { now, most }: { readonly now: Date; readonly most: number },
): Promise<readonly DueCheck[]> {
  return await db.query<DueCheck>(
    `WITH due AS (
       SELECT s.tenant_id FROM iasql_platform.drift_schedule s JOIN iasql_platform.tenant t USING (tenant_id)
       WHERE s.next_at <= :now::timestamptz AND s.interval_minutes IS NOT NULL AND t.state = 'active'
         AND t.database_name = current_database()
         AND (s.running_since IS NULL OR s.running_since < :now::timestamptz - ${longestCheck})
       ORDER BY s.next_at LIMIT :most::int FOR UPDATE OF s SKIP LOCKED)
     UPDATE iasql_platform.drift_schedule s SET check_id = s.check_id + 1, running_since = :now::timestamptz,
       next_at = :now::timestamptz + make_interval(mins => s.interval_minutes) * (0.9 + 0.2 * random())
     FROM due WHERE s.tenant_id = due.tenant_id RETURNING s.tenant_id, s.check_id`,
    { now: now.toISOString(), most },
  )
}

interface OneCheck {
  readonly tenantId: string
  readonly checkId: number
}

export async function endCheck(db: Queryable, check: OneCheck): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.drift_schedule SET running_since = NULL
     WHERE tenant_id = :tenantId AND check_id = :checkId::bigint`,
    { ...check },
  )
}

/** It has not begun, and is due again at that time. */
export async function putOffCheck(db: Queryable, { at, ...check }: OneCheck & { at: Date }): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.drift_schedule SET running_since = NULL, next_at = :at::timestamptz
     WHERE tenant_id = :tenantId AND check_id = :checkId::bigint AND interval_minutes IS NOT NULL`,
    { ...check, at: at.toISOString() },
  )
}
