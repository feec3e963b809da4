/** Who speaks on a connection, and whether they still may: looked up afresh for every message. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export interface ConnectionSession {
  readonly tenant_id: string
  readonly subject: string
  /** Of now, which may be another than at the beginning; null: the token or membership is gone. */
  readonly role: Role | null
  readonly alias: string
  /** The database that the tenant has for itself. */
  readonly cell: string | null
  readonly tenant_state: string
  readonly is_expired: boolean
}

/** The token `k` that `c` (a connection, or a ticket that will be one) was opened with, made at `at` or before. */
const tokenOf = (at: string): string =>
  `c.member IS NULL AND k.tenant_id = c.tenant_id AND k.name = c.subject AND k.created_at <= ${at}
     AND (k.expires_at IS NULL OR k.expires_at > pg_catalog.now())`

/** The membership `m` that `c` stands on. */
const memberOf = (at: string): string =>
  `m.tenant_id = c.tenant_id AND m.subject = c.member AND m.added_at <= ${at}`

/**
 * Joins what `c` stands on as `k` and `m`. What was revoked or removed and made anew by the same name does not revive what
 * was opened by the old one.
 */
export const standing = (at: string): string =>
  `LEFT JOIN iasql_platform.token k ON ${tokenOf(at)}
   LEFT JOIN iasql_platform.member m ON ${memberOf(at)}`

/** A connection `c` that may still be served: its tenant is active, and what opened it is good. */
export const isServed = `c.expires_at > pg_catalog.now() AND EXISTS (
       SELECT FROM iasql_platform.tenant t WHERE t.tenant_id = c.tenant_id AND t.state = 'active') AND (
       EXISTS (SELECT FROM iasql_platform.token k WHERE ${tokenOf('c.connected_at')})
       OR EXISTS (SELECT FROM iasql_platform.member m WHERE ${memberOf('c.connected_at')}))`

export async function findConnectionSession(
  db: Queryable,
  connectionId: string,
): Promise<ConnectionSession | undefined> {
  const rows = await db.query<ConnectionSession>(
    `SELECT c.tenant_id, c.subject, coalesce(m.role, k.role) AS role, t.alias, t.state AS tenant_state,
       nullif(t.database_name, current_database()) AS cell,
       c.expires_at <= pg_catalog.now() AS is_expired
     FROM iasql_platform.connection c JOIN iasql_platform.tenant t ON t.tenant_id = c.tenant_id
     ${standing('c.connected_at')} WHERE c.connection_id = :id`,
    { id: connectionId },
  )
  return rows[0]
}
