/** The users' connections: who edits and calls over which one. */
import { randomUUID } from 'node:crypto'
import type { Queryable } from '#postgres/database.ts'
import { insertConnection } from '#postgres/statements/connection-insert.ts'
import { insertEditor, ownTransactionId } from '#postgres/statements/run-commit.ts'
import type { CallOptions, SimulatedLab } from '#test/support/simulated/lab.ts'

export const sessionCount = 2

export const callerOf = (session: number): Required<CallOptions> => ({
  actor: `user-${session}`,
  connectionId: `connection-${session}`,
})

export async function connectSessions({ platform, tenant }: SimulatedLab): Promise<void> {
  for (let session = 0; session < sessionCount; session += 1) {
    const { actor: subject, connectionId } = callerOf(session)
    const connection = { connectionId, tenantId: tenant.id, subject, role: 'owner', endpoint: 'model' }
    await insertConnection(platform, connection)
  }
}

/** In the transaction of the edit, before it is committed. */
export async function editIn(
  { platform, tenant }: SimulatedLab,
  session: number,
  transaction: Queryable,
): Promise<void> {
  const xid = await ownTransactionId(transaction)
  await insertEditor(platform, tenant, { ...callerOf(session), xid, runId: randomUUID() })
}
