/** Tables with committed outputs that are not yet in their rows. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function unprojectedTables(db: Queryable, tenant: Tenant): Promise<readonly string[]> {
  const rows = await db.query<{ table_name: string }>(
    `SELECT DISTINCT table_name FROM ${tenant.schema}.iasql_resource WHERE unprojected IS NOT NULL`,
  )
  return rows.map((row) => row.table_name)
}
