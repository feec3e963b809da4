/** A client has left: its connection and subscriptions are forgotten, its runs go on. */
import { deleteConnection } from '#postgres/statements/connection-delete.ts'
import type { Ports } from '../ports.ts'
import { directoryOf } from '../tenant/cell.ts'

type Closing = Pick<Ports, 'directory' | 'platform' | 'cellDatabase'>

export async function closeConnection(ports: Closing, connectionId: string): Promise<void> {
  const cell = await deleteConnection(directoryOf(ports), connectionId)
  if (cell !== null) await deleteConnection(ports.cellDatabase(cell), connectionId)
}
