/** A client has left: its connection and subscriptions are forgotten, its runs go on. */
import { deleteConnection } from '#postgres/statements/connection-delete.ts'
import type { Ports } from '../ports.ts'

export async function closeConnection(
  { platform }: Pick<Ports, 'platform'>,
  connectionId: string,
): Promise<void> {
  await deleteConnection(platform, connectionId)
}
