/** Rows that refer to others by an expression inside a text or document. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface RowKey {
  readonly table_name: string
  readonly row_id: number
}

export async function findExpressing(
  db: Queryable,
  tenant: Tenant,
  targets: readonly RowKey[],
): Promise<readonly RowKey[]> {
  const t = tenant.schema
  const found: RowKey[] = []
  const [any] = await db.query(`SELECT 1 AS one FROM ${t}.iasql_expression LIMIT 1`)
  if (!any) return found
  for (const page of inPages(targets, 20_000)) {
    found.push(
      ...(await db.query<RowKey>(
        `SELECT DISTINCT x.table_name, x.row_id
         FROM jsonb_to_recordset(:targets::jsonb) AS n (table_name text, row_id bigint)
         JOIN ${t}.iasql_expression x ON x.target_table = n.table_name AND x.target_id = n.row_id`,
        { targets: JSON.stringify(page) },
      )),
    )
  }
  return found
}

/** Some of the rows of other tables that refer to rows of these. */
export const findExpressingOutside = (
  db: Queryable,
  tenant: Tenant,
  tables: readonly string[],
): Promise<readonly (RowKey & { readonly column_name: string })[]> =>
  db.query(
    `WITH going AS (SELECT value AS name FROM jsonb_array_elements_text(:tables::jsonb))
     SELECT x.table_name, x.row_id, x.column_name FROM ${tenant.schema}.iasql_expression x
     WHERE x.target_table IN (SELECT name FROM going) AND x.table_name NOT IN (SELECT name FROM going)
     ORDER BY x.table_name, x.row_id LIMIT 5`,
    { tables: JSON.stringify(tables) },
  )
