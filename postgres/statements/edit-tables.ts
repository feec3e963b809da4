/** Which managed tables have edits that no apply has consumed. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function editedTables(db: Queryable, tenant: Tenant): Promise<readonly string[]> {
  const rows = await db.query<{ table_name: string }>(
    `SELECT DISTINCT table_name FROM ${tenant.schema}.iasql_edit ORDER BY table_name`,
  )
  return rows.map((row) => row.table_name)
}
