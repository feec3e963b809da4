/** A client has been let in: its connection is remembered for every later message. */
import { deleteExpiredConnections } from '#postgres/statements/connection-delete.ts'
import { insertConnection, type NewConnection } from '#postgres/statements/connection-insert.ts'
import type { Ports } from '../ports.ts'

export async function openConnection(
  { platform }: Pick<Ports, 'platform'>,
  connection: NewConnection,
): Promise<void> {
  await insertConnection(platform, connection)
  await deleteExpiredConnections(platform)
}
