/** Which resources whose rows went, and have come back, stood without what AWS makes along with them. */
import { alongMessages } from '#engine/ddl/audit-sql.ts'
import { literal } from '#engine/ddl/sql-text.ts'
import { outputColumns, type TableSpec } from '#engine/model/table.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

interface Returned {
  readonly type: TableSpec
  readonly rowIds: readonly number[]
  /** The kind of what AWS makes along with it, and the column by which that belongs there. */
  readonly table: string
  readonly via: string
}

/** By the audit log: a row that went knew what AWS calls it, and none of that kind went along with it. */
export async function bareRows(
  db: Queryable,
  { schema: t }: Tenant,
  { type, rowIds, table, via }: Returned,
): Promise<readonly number[]> {
  const outputs = outputColumns(type)
  const bare: number[] = []
  for (const page of inPages(rowIds, 5_000)) {
    const rows = await db.query<{ row_id: number }>(
      // What went along is taken off as a whole: one statement may have ended thousands of them.
      `WITH gone AS (
         SELECT DISTINCT ON (row_id) row_id, xid, original FROM ${t}.iasql_audit
         WHERE table_name = :parent AND change_type = 'DELETE'
           AND row_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:rows::jsonb))
         ORDER BY row_id, id DESC)
       SELECT row_id FROM (
         SELECT xid, row_id FROM gone WHERE EXISTS (
           SELECT FROM jsonb_each(original) o WHERE o.value <> 'null'
             AND o.key IN (SELECT jsonb_array_elements_text(:outputs::jsonb)))
         EXCEPT SELECT xid, (original->>:via)::bigint FROM ${t}.iasql_audit
         WHERE xid IN (SELECT xid FROM gone) AND table_name = :table AND change_type = 'DELETE'
           AND message = ${literal(alongMessages.parent)}) bare`,
      { parent: type.name, rows: JSON.stringify(page), table, via, outputs: JSON.stringify(outputs) },
    )
    for (const row of rows) bare.push(row.row_id)
  }
  return bare
}
