/** Which managed tables have edits that no apply has consumed, or differ from the cloud. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function editedTables(db: Queryable, { schema: t }: Tenant): Promise<readonly string[]> {
  // A look into an index for each table, however many edits there are.
  const rows = await db.query<{ table_name: string }>(
    `SELECT m."table" AS table_name FROM ${t}.iasql_tables m,
       LATERAL (
         (SELECT FROM ${t}.iasql_edit e WHERE e.table_name = m."table" LIMIT 1)
         UNION ALL
         (SELECT FROM ${t}.iasql_resource r WHERE r.table_name = m."table" AND r.drift IS NOT NULL LIMIT 1)
         LIMIT 1) edited
     ORDER BY 1`,
  )
  return rows.map((row) => row.table_name)
}
