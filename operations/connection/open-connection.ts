/** A client has been let in: its connection is remembered for every later message. */
import { deleteExpiredConnections } from '#postgres/statements/connection-delete.ts'
import {
  type ConnectionRoom,
  insertConnection,
  type NewConnection,
} from '#postgres/statements/connection-insert.ts'
import type { Ports } from '../ports.ts'

/** `full`: the tenant, or the one who asks, has as many as there may be. */
export async function openConnection(
  { platform }: Pick<Ports, 'platform'>,
  connection: NewConnection,
  room: ConnectionRoom,
): Promise<'opened' | 'full'> {
  const isOpened = await insertConnection(platform, connection, room)
  await deleteExpiredConnections(platform)
  return isOpened ? 'opened' : 'full'
}
