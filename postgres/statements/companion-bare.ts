/** Whether a resource whose row went, and has come back, stood without what AWS makes along with it. */
import { alongMessages } from '#engine/ddl/audit-sql.ts'
import { literal } from '#engine/ddl/sql-text.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

interface Bare {
  readonly type: TableSpec
  readonly rowId: number
  /** The kind of what AWS makes along with it, and the column by which that belongs there. */
  readonly table: string
  readonly via: string
}

/** By the audit log: the row that went knew what AWS calls it, and none of that kind went along with it. */
export async function wasBare(
  db: Queryable,
  { schema: t }: Tenant,
  { type, rowId, table, via }: Bare,
): Promise<boolean> {
  const outputs = Object.entries(type.columns).flatMap(([name, { nature }]) =>
    nature === 'output' ? [name] : [],
  )
  const rows = await db.query<{ bare: boolean }>(
    `SELECT EXISTS (
         SELECT FROM jsonb_each(p.original) o WHERE o.value <> 'null'
           AND o.key IN (SELECT jsonb_array_elements_text(:outputs::jsonb)))
       AND NOT EXISTS (
         SELECT FROM ${t}.iasql_audit c WHERE c.xid = p.xid AND c.table_name = :table AND c.change_type = 'DELETE'
           AND c.message = ${literal(alongMessages.parent)} AND (c.original->>:via)::bigint = p.row_id) AS bare
     FROM ${t}.iasql_audit p
     WHERE p.table_name = :parent AND p.row_id = :row::bigint AND p.change_type = 'DELETE' ORDER BY p.id DESC LIMIT 1`,
    { parent: type.name, row: rowId, table, via, outputs: JSON.stringify(outputs) },
  )
  return rows[0]?.bare ?? false
}
