/** Who speaks on a connection, as long as its tenant is active and the token that opened it good. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export interface ConnectionSession {
  readonly tenant_id: string
  readonly subject: string
  readonly role: Role
}

/** A connection `c` that may still be served: its tenant is active, and the token that opened it is good. */
export const isServed = `c.expires_at > pg_catalog.now() AND EXISTS (
       SELECT FROM iasql_platform.tenant t WHERE t.tenant_id = c.tenant_id AND t.state = 'active') AND EXISTS (
       SELECT FROM iasql_platform.token k
       WHERE k.tenant_id = c.tenant_id AND k.name = c.subject AND k.role = c.role
         AND k.created_at <= c.connected_at AND (k.expires_at IS NULL OR k.expires_at > pg_catalog.now()))`

/** A token that was revoked and made anew by the same name does not revive the connections of the old one. */
export async function findConnectionSession(
  db: Queryable,
  connectionId: string,
): Promise<ConnectionSession | undefined> {
  const rows = await db.query<ConnectionSession>(
    `SELECT c.tenant_id, c.subject, c.role FROM iasql_platform.connection c
     WHERE c.connection_id = :id AND ${isServed}`,
    { id: connectionId },
  )
  return rows[0]
}
