/** The open connections of one token or member. */
import type { Queryable } from '../database.ts'

export interface ConnectionHolder {
  readonly tenantId: string
  /** The name of a token, or the subject of a membership. */
  readonly name: string
  readonly isMember: boolean
}

export async function findConnectionsOf(
  db: Queryable,
  { tenantId, name, isMember }: ConnectionHolder,
): Promise<readonly string[]> {
  const whose = isMember ? 'member = :name' : 'member IS NULL AND subject = :name'
  const rows = await db.query<{ connection_id: string }>(
    `SELECT connection_id FROM iasql_platform.connection
     WHERE tenant_id = :tenant AND ${whose} AND expires_at > pg_catalog.now() ORDER BY connection_id`,
    { tenant: tenantId, name },
  )
  return rows.map((row) => row.connection_id)
}
