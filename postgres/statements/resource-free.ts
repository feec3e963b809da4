/** Rows that may leave their table: locked first, and looked at only then, since whoever edits a row holds it until its edits are there. */

import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import { sqlstateOf } from '../database-error.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'
import { inPages } from './paging.ts'
import { shortWaits } from './short-waits.ts'

/** Ids that one result, or one statement, takes. */
export const idsAtATime = 20_000

export interface Leaving {
  readonly table: string
  readonly ids: readonly number[]
  /** About the record `r` and the row `q`. */
  readonly condition: string
  /** Whose own claims do not hold a row. */
  readonly executionId: number | null
}

/** Of these, the rows that nobody holds, edits, works on or may just have made; they stay locked with their records. */
export async function lockFreeRows(
  transaction: Queryable,
  { schema: t }: Tenant,
  { table, ids, condition, executionId }: Leaving,
): Promise<readonly number[]> {
  const free: number[] = []
  for (const page of inPages(ids, idsAtATime)) {
    const locked = await transaction.query<{ id: number }>(
      `SELECT q.id FROM ${t}."${table}" q, ${shortWaits}
       WHERE q.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))
       FOR UPDATE OF q SKIP LOCKED`,
      { ids: JSON.stringify(page) },
    )
    if (locked.length === 0) continue
    // A statement of its own: it sees what was committed until the rows were locked.
    const rows = await transaction.query<{ id: number }>(
      `SELECT q.id FROM ${t}."${table}" q JOIN ${t}.iasql_resource r ON r.table_name = :table AND r.row_id = q.id
       WHERE q.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb)) AND ${condition}
         AND NOT EXISTS (SELECT FROM ${t}.iasql_intent i
           WHERE i.table_name = :table AND i.row_id = q.id AND i.token IS NOT NULL)
         AND NOT EXISTS (SELECT FROM ${t}.iasql_edit e WHERE e.table_name = :table AND e.row_id = q.id)
         AND NOT EXISTS (SELECT FROM ${t}.iasql_change_record c
           WHERE c.table_name = :table AND c.row_id = q.id AND c.execution_id <> coalesce(:execution::bigint, 0)
             AND ${isOpen('c')})
       FOR UPDATE OF r SKIP LOCKED`,
      { table, ids: JSON.stringify(locked.map(({ id }) => id)), execution: executionId },
    )
    for (const { id } of rows) free.push(id)
  }
  return free
}

/** References are checked at the end of the transaction: the order of tables does not matter. */
export async function deleteRows(
  transaction: Queryable,
  { schema: t }: Tenant,
  table: string,
  ids: readonly number[],
): Promise<void> {
  for (const page of inPages(ids, idsAtATime)) {
    await transaction.run(
      `WITH gone AS (
         DELETE FROM ${t}."${table}" q USING ${shortWaits}, ${noteAuthor}
         WHERE q.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb)) RETURNING q.id)
       DELETE FROM ${t}.iasql_resource r USING gone WHERE r.table_name = :table AND r.row_id = gone.id`,
      { table, ids: JSON.stringify(page) },
    )
  }
}

/** Somebody referred to a row meanwhile, or holds what has to be locked: foreign key, deadlock, lock not available. */
export const isLater = (error: unknown): boolean =>
  ['23503', '40P01', '55P03'].includes(sqlstateOf(error) ?? '')
