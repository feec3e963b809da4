/** A client has been let in: its connection is remembered for every later message. */
import { deleteConnection, deleteExpiredConnections } from '#postgres/statements/connection-delete.ts'
import {
  type ConnectionRoom,
  insertConnection,
  type NewConnection,
} from '#postgres/statements/connection-insert.ts'
import type { Ports } from '../ports.ts'

/** `full`: the tenant, or the one who asks, has as many as there may be. */
export async function openConnection(
  { platform, cellDatabase }: Pick<Ports, 'platform' | 'cellDatabase'>,
  connection: NewConnection,
  room: ConnectionRoom,
): Promise<'opened' | 'full'> {
  const kept = await insertConnection(platform, connection, room)
  if (typeof kept?.cell === 'string') {
    try {
      await insertConnection(cellDatabase(kept.cell), connection)
    } catch (error) {
      await deleteConnection(platform, connection.connectionId).catch(() => undefined)
      throw error
    }
  }
  await deleteExpiredConnections(platform)
  return kept ? 'opened' : 'full'
}
