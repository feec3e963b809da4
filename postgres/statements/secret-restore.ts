/** Lets a transaction write back earlier markers of the rows that held them: `iasql_keep_secret` asks for it. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** As the platform, committed before the transaction of that id writes. Those that have ended are forgotten. */
export async function letRestore(platform: Queryable, { schema: t }: Tenant, xid: string): Promise<void> {
  await platform.run(
    `WITH ended AS (
       DELETE FROM ${t}.iasql_restoring
       WHERE xid < pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()))
     INSERT INTO ${t}.iasql_restoring (xid) VALUES (:xid::xid8)`,
    { xid },
  )
}
