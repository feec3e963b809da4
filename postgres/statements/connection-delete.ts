/** Forgets connections and what they subscribed to: one that closed, and those whose end nobody told us of. */
import type { Queryable } from '../database.ts'

export async function deleteConnection(db: Queryable, connectionId: string): Promise<void> {
  await db.run('DELETE FROM iasql_platform.connection WHERE connection_id = :id', { id: connectionId })
}

/** Of a server that has ended without a word: nobody is connected to it any more. */
export async function deleteConnections(db: Queryable): Promise<void> {
  await db.run('DELETE FROM iasql_platform.connection')
}

/** $disconnect is delivered at best effort only. */
export async function deleteExpiredConnections(db: Queryable): Promise<void> {
  await db.run('DELETE FROM iasql_platform.connection WHERE expires_at < pg_catalog.now()')
}
