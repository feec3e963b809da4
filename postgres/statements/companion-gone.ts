/** Rows that went along with their parent, by what applies have written down: nobody makes them but AWS. */
import { alongMessages } from '#engine/ddl/audit-sql.ts'
import { literal } from '#engine/ddl/sql-text.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

/** Of these rows; those whose record still stands come back as what they were. */
export async function wentAlong(
  db: Queryable,
  { schema: t }: Tenant,
  rows: readonly { readonly table_name: string; readonly row_id: number }[],
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for (const page of inPages(rows, 5_000)) {
    const found = await db.query<{ table_name: string; row_id: number }>(
      `SELECT DISTINCT c.table_name, c.row_id
       FROM jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint)
       JOIN ${t}.iasql_change_record c ON c.table_name = r.table_name AND c.row_id = r.row_id
         AND c.companion AND c.execution_id IS NOT NULL AND c.state = 'done'
       WHERE NOT EXISTS (SELECT FROM ${t}.iasql_resource k
         WHERE k.table_name = r.table_name AND k.row_id = r.row_id)`,
      { rows: JSON.stringify(page) },
    )
    for (const row of found) keys.add(resourceKey(row.table_name, row.row_id))
  }
  return keys
}

/** Rows that AWS made along with these ones, or with what it made along with them. */
export async function companionRows(
  db: Queryable,
  { schema: t }: Tenant,
  rows: readonly { readonly table_name: string; readonly row_id: number }[],
): Promise<readonly { readonly table_name: string; readonly row_id: number }[]> {
  const found: { table_name: string; row_id: number }[] = []
  for (const page of inPages(rows, 2_000)) {
    const companions = await db.query<{ table_name: string; row_id: number }>(
      `WITH RECURSIVE along AS (
         SELECT c.resource_id, c.table_name, c.row_id
         FROM jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint)
         JOIN ${t}.iasql_resource p ON p.table_name = r.table_name AND p.row_id = r.row_id
         JOIN ${t}.iasql_resource c ON c.companion_of = p.resource_id
         UNION SELECT c.resource_id, c.table_name, c.row_id
         FROM along JOIN ${t}.iasql_resource c ON c.companion_of = along.resource_id)
       SELECT table_name, row_id FROM along LIMIT 20000`,
      { rows: JSON.stringify(page) },
    )
    for (const row of companions) found.push(row)
  }
  return found
}

/** Rows that AWS made along with these ones once, that users took away and have put back, and that nothing stands for yet. */
export async function rowsPutBack(
  db: Queryable,
  { schema: t }: Tenant,
  rows: readonly { readonly table_name: string; readonly row_id: number }[],
  installed: readonly TableSpec[],
): Promise<readonly { readonly table_name: string; readonly row_id: number }[]> {
  const found: { table_name: string; row_id: number }[] = []
  for (const type of installed) {
    for (const { parent, via } of type.createdWith.filter(({ removable }) => removable)) {
      const ids = rows.flatMap((row) => (row.table_name === unqualified(parent) ? [row.row_id] : []))
      for (const page of inPages(ids, 2_000)) {
        const some = await db.query<{ table_name: string; row_id: number }>(
          `SELECT :table AS table_name, q.id AS row_id FROM ${t}."${type.name}" q
           WHERE q."${via}" IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))
             AND NOT EXISTS (SELECT FROM ${t}.iasql_resource k
               WHERE k.table_name = :table AND k.row_id = q.id AND k.cloud_id IS NOT NULL)
             AND EXISTS (SELECT FROM ${t}.iasql_audit a WHERE a.table_name = :table AND a.row_id = q.id
               AND a.change_type = 'INSERT' AND a.message = ${literal(alongMessages.parent)})
           ORDER BY q.id LIMIT 20000`,
          { table: type.name, ids: JSON.stringify(page) },
        )
        for (const row of some) found.push(row)
      }
    }
  }
  return found
}
