/** How many rows a managed table has. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function countRows(db: Queryable, tenant: Tenant, table: string): Promise<number> {
  const rows = await db.query<{ count: number }>(`SELECT count(*) AS count FROM ${tenant.schema}."${table}"`)
  return rows[0]?.count ?? 0
}
