/** How many rows of user-made tables stand for something in the cloud. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function countDescribed(db: Queryable, { schema: t }: Tenant): Promise<number> {
  const rows = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM ${t}.iasql_resource r JOIN ${t}.iasql_tables k ON k."table" = r.table_name
     WHERE k.module <> 'aws_account' AND r.table_name <> 'availability_zone' AND r.observed IS NOT NULL`,
  )
  return rows[0]?.count ?? 0
}
