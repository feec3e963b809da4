/** Which rows had a resource before the one that was made for them last. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

/** By what applies have planned: for what it replaced, or for what the cloud had lost. */
export async function madeAgain(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
  rowIds: readonly number[],
): Promise<readonly number[]> {
  const again: number[] = []
  for (const page of inPages(rowIds, 5_000)) {
    const rows = await db.query<{ row_id: number }>(
      `SELECT row_id FROM (
         SELECT DISTINCT ON (row_id) row_id, planned->'resourceId' <> 'null' AS is_again
         FROM ${t}.iasql_change_record
         WHERE table_name = :table AND row_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:rows::jsonb))
           AND execution_id IS NOT NULL AND action IN ('create', 'replace') AND called_at IS NOT NULL
         ORDER BY row_id, change_id DESC) made WHERE is_again`,
      { table, rows: JSON.stringify(page) },
    )
    for (const row of rows) again.push(row.row_id)
  }
  return again
}
