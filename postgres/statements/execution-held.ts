/** What an apply has left to do, and what it has to wait for: rows that other executions have claimed, and what depends on them. */

import { resourceKey } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'
import { inPages } from './paging.ts'

export interface HeldRow {
  readonly table_name: string
  readonly row_id: number
  /** The execution that has claimed it; null: it depends on a claimed one. */
  readonly holder: number | null
}

/** Replaces what was held before; for the transaction of a claim. */
export async function storeHeld(
  transaction: Queryable,
  { schema: t }: Tenant,
  executionId: number,
  rows: readonly HeldRow[],
): Promise<void> {
  await transaction.run(`DELETE FROM ${t}.iasql_execution_held WHERE execution_id = :execution::bigint`, {
    execution: executionId,
  })
  for (const page of inPages(rows)) {
    await transaction.run(
      `INSERT INTO ${t}.iasql_execution_held (execution_id, table_name, row_id, holder)
       SELECT :execution::bigint, table_name, row_id, holder
       FROM jsonb_to_recordset(:rows::jsonb) AS h (table_name text, row_id bigint, holder bigint)`,
      { execution: executionId, rows: JSON.stringify(page) },
    )
  }
}

/** Who has claimed it by resource key; null: it depends on a claimed one, or has come of the execution's own changes. */
export async function heldKeys(
  db: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<ReadonlyMap<string, number | null>> {
  const keys = new Map<string, number | null>()
  let last = { table_name: '', row_id: 0 }
  for (;;) {
    const page = await db.query<HeldRow>(
      `SELECT table_name, row_id, holder FROM ${t}.iasql_execution_held
       WHERE execution_id = :execution::bigint AND (table_name, row_id) > (:table::text, :row::bigint)
       ORDER BY table_name, row_id LIMIT 5000`,
      { execution: executionId, table: last.table_name, row: last.row_id },
    )
    for (const { table_name: table, row_id: rowId, holder } of page)
      keys.set(resourceKey(table, rowId), holder)
    last = page.at(-1) ?? last
    if (page.length < 5_000) return keys
  }
}

export interface ApplyStanding {
  readonly is_planned: boolean
  readonly has_open_changes: boolean
  readonly held: number
  /** Everything that was claimed when this apply planned last still is: nothing has become free. */
  readonly is_blocked: boolean
  /** `execution 7 of ann`: who holds what it waits for. */
  readonly holders: string | null
}

export async function applyStanding(
  db: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<ApplyStanding> {
  const rows = await db.query<ApplyStanding>(
    `WITH held AS (
       SELECT h.holder, EXISTS (
         SELECT FROM ${t}.iasql_change_record c WHERE c.table_name = h.table_name AND c.row_id = h.row_id
           AND c.execution_id = h.holder AND ${isOpen('c')}) AS stands
       FROM ${t}.iasql_execution_held h WHERE h.execution_id = :execution::bigint)
     SELECT x.planned AS is_planned,
       EXISTS (SELECT FROM ${t}.iasql_change_record c
         WHERE c.execution_id = x.execution_id AND ${isOpen('c')}) AS has_open_changes,
       (SELECT count(*) FROM held) AS held,
       (SELECT coalesce(bool_and(stands), false) FROM held WHERE holder IS NOT NULL) AS is_blocked,
       (SELECT string_agg('execution ' || execution_id || ' of ' || actor, ', ' ORDER BY execution_id)
        FROM ${t}.iasql_execution_record WHERE execution_id IN (SELECT holder FROM held)) AS holders
     FROM ${t}.iasql_execution_record x WHERE x.execution_id = :execution::bigint`,
    { execution: executionId },
  )
  const [standing] = rows
  if (!standing) throw new Error(`there is no execution ${executionId}`)
  return standing
}

/** Notes that the execution has a plan; false when it has ended, or another invocation has it by now (null: nobody yet). */
export async function notePlanned(
  transaction: Queryable,
  { schema: t }: Tenant,
  { executionId, fence }: { readonly executionId: number; readonly fence: number | null },
): Promise<boolean> {
  const changed = await transaction.run(
    `UPDATE ${t}.iasql_execution_record SET planned = true
     WHERE execution_id = :execution::bigint AND ended_at IS NULL AND fence = coalesce(:fence::bigint, 0)`,
    { execution: executionId, fence },
  )
  return changed > 0
}
