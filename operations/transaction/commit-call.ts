/** `iasql_commit()`: the session's transaction becomes a durable execution that ends with all of it done, or none. */
import { IasqlError } from '#engine/model/error.ts'
import { insertExecution } from '#postgres/statements/execution-insert.ts'
import { rememberExecution } from '#postgres/statements/execution-release.ts'
import { markTransaction, moveTransaction, noteCommit } from '#postgres/statements/transaction-state.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { asJson, firstMemory } from './commit-memory.ts'
import { meantTransaction, sessionOf } from './session.ts'

/** @throws IasqlError `transaction/none` */
export async function commitCall({ platform }: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant, actor, connectionId = null } = call
  const { transaction: meant, notices } = await meantTransaction(platform, tenant, sessionOf(call))
  const transactionId = meant.transaction_id
  const [given] = call.arguments
  const message = typeof given === 'string' ? given : null
  const executionId = await platform.transaction(async (transaction) => {
    const isOpen = await moveTransaction(transaction, tenant, transactionId, {
      from: 'open',
      to: 'committing',
    })
    if (!isOpen) throw new IasqlError('transaction/none', `transaction ${transactionId} is not open any more`)
    const { name: rpc, arguments: arguments_, runId, statement, context, runner } = call
    const inserted = await insertExecution(transaction, tenant, {
      ...{ kind: 'commit', rpc, arguments: arguments_, actor, runId, statement, context },
      connectionId,
      runner,
    })
    if (inserted === undefined) throw new IasqlError('system/internal', `run ${runId} is another runner's`)
    const id = Number(inserted)
    await noteCommit(transaction, tenant, { transactionId, executionId: id, connectionId, message })
    const memory = asJson({ ...firstMemory, notices })
    await rememberExecution(transaction, tenant, { executionId: id, fence: 0, memory })
    const mark = { transactionId, actor, message, executionId: id }
    await markTransaction(transaction, tenant, { ...mark, changeType: 'START_COMMIT' })
    return inserted
  })
  return { kind: 'execution', executionId }
}
