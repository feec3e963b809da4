/** Forgets connections and what they subscribed to: one that closed, and those whose end nobody told us of. */
import type { Queryable } from '../database.ts'

/** Gives the database that its tenant has for itself, where it is to be forgotten too. */
export async function deleteConnection(db: Queryable, connectionId: string): Promise<string | null> {
  const rows = await db.query<{ cell: string | null }>(
    `DELETE FROM iasql_platform.connection c USING iasql_platform.tenant t
     WHERE c.connection_id = :id AND t.tenant_id = c.tenant_id
     RETURNING nullif(t.database_name, current_database()) AS cell`,
    { id: connectionId },
  )
  return rows[0]?.cell ?? null
}

/** Of a server that has ended without a word: nobody is connected to it any more. */
export async function deleteConnections(db: Queryable): Promise<void> {
  await db.run('DELETE FROM iasql_platform.connection')
}

/** $disconnect is delivered at best effort only. */
export async function deleteExpiredConnections(db: Queryable): Promise<void> {
  await db.run('DELETE FROM iasql_platform.connection WHERE expires_at < pg_catalog.now()')
}
