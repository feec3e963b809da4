/** `iasql_begin()`: from now on the session's edits belong together, and others leave their rows alone. */
import { insertTransaction, markTransaction } from '#postgres/statements/transaction-state.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { refuseSecond, sessionOf } from './session.ts'

/** @throws IasqlError `transaction/open` */
export async function beginTransaction({ platform }: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant, actor } = call
  const session = sessionOf(call)
  for (;;) {
    await refuseSecond(platform, tenant, session)
    const begun = await platform.transaction(async (transaction) => {
      const transactionId = await insertTransaction(transaction, tenant, session)
      if (transactionId === undefined) return undefined
      await markTransaction(transaction, tenant, { transactionId, changeType: 'OPEN_TRANSACTION', actor })
      return transactionId
    })
    // Another run of the session was quicker: it is looked at again.
    if (begun !== undefined) return { kind: 'rows', rows: [{ message, transaction_id: begun }] }
  }
}

const message =
  'Transaction begun: iasql_commit() applies your edits and undoes all of them if one fails, iasql_rollback() takes them back.'
