/** Edits that a function makes for a user are that user's, and belong to the session's transaction if it has one open. */
import { IasqlError } from '#engine/model/error.ts'
import type { Queryable } from '#postgres/database.ts'
import { insertEditor, ownTransactionId } from '#postgres/statements/run-commit.ts'
import type { Ports } from '../ports.ts'
import type { RpcCall } from '../rpc/catalogue.ts'

/** In the transaction that makes them, before it is committed. */
export async function attribute(ports: Ports, transaction: Queryable, call: RpcCall): Promise<void> {
  const { tenant, actor, runId, connectionId = null, runner } = call
  const isOurs = await insertEditor(ports.platform, tenant, {
    xid: await ownTransactionId(transaction),
    actor,
    runId,
    connectionId,
    runner,
  })
  if (!isOurs) throw new IasqlError('system/internal', `run ${runId} was taken over before its commit`)
}
