/** How many rows a managed table has. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function countRows(db: Queryable, tenant: Tenant, table: string): Promise<number> {
  const rows = await db.query<{ count: number }>(`SELECT count(*) AS count FROM ${tenant.schema}."${table}"`)
  return rows[0]?.count ?? 0
}

/** How many rows of the tables have edits that no apply has taken up. */
export async function countEdited(db: Queryable, tenant: Tenant, tables: readonly string[]): Promise<number> {
  const rows = await db.query<{ count: number }>(
    `SELECT count(DISTINCT (table_name, row_id)) AS count FROM ${tenant.schema}.iasql_edit
     WHERE table_name IN (SELECT jsonb_array_elements_text(:tables::jsonb))`,
    { tables: JSON.stringify(tables) },
  )
  return rows[0]?.count ?? 0
}
