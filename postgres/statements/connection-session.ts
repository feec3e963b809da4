/** Who speaks on a connection, as long as the token that opened it is still good. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export interface ConnectionSession {
  readonly tenant_id: string
  readonly subject: string
  readonly role: Role
}

/** A token that was revoked and made anew by the same name does not revive the connections of the old one. */
export async function findConnectionSession(
  db: Queryable,
  connectionId: string,
): Promise<ConnectionSession | undefined> {
  const rows = await db.query<ConnectionSession>(
    `SELECT c.tenant_id, c.subject, c.role FROM iasql_platform.connection c
     WHERE c.connection_id = :id AND c.expires_at > pg_catalog.now() AND EXISTS (
       SELECT FROM iasql_platform.token t
       WHERE t.tenant_id = c.tenant_id AND t.name = c.subject AND t.role = c.role
         AND t.created_at <= c.connected_at AND (t.expires_at IS NULL OR t.expires_at > pg_catalog.now()))`,
    { id: connectionId },
  )
  return rows[0]
}
