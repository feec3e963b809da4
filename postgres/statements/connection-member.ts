/** The membership that a connection stands on: who it is that speaks, also to other tenants. */
import type { Queryable } from '../database.ts'

/** Undefined: a token, or the connection is gone. */
export async function findConnectionMember(db: Queryable, connectionId: string): Promise<string | undefined> {
  const rows = await db.query<{ member: string | null }>(
    'SELECT member FROM iasql_platform.connection WHERE connection_id = :id',
    { id: connectionId },
  )
  return rows[0]?.member ?? undefined
}
