/** Which of these records have no row any more: what they stand for is to go. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export async function rowlessRecords(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
  rowIds: readonly number[],
): Promise<readonly number[]> {
  const found: number[] = []
  for (const page of inPages(rowIds)) {
    const rows = await db.query<{ row_id: number }>(
      `SELECT r.row_id FROM ${t}.iasql_resource r
       WHERE r.table_name = :table AND r.row_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))
         AND NOT EXISTS (SELECT FROM ${t}."${table}" q WHERE q.id = r.row_id)`,
      { table, ids: JSON.stringify(page) },
    )
    for (const row of rows) found.push(row.row_id)
  }
  return found
}
