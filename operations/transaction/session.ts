/** Which transaction a session means: its own, or the only one that its actor has left open in a session that is gone. */
import { IasqlError } from '#engine/model/error.ts'
import type { Queryable } from '#postgres/database.ts'
import {
  abandonedTransactions,
  sessionTransaction,
  type TransactionRecord,
  type TransactionSession,
} from '#postgres/statements/transaction-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { RpcCall } from '../rpc/catalogue.ts'

export const sessionOf = ({ actor, connectionId }: RpcCall): TransactionSession => ({
  actor,
  connectionId: connectionId ?? null,
})

/** The one whose edits the session is making now; null: none. */
export async function ownTransaction(
  db: Queryable,
  tenant: Tenant,
  session: TransactionSession,
): Promise<string | null> {
  const found = await sessionTransaction(db, tenant, session)
  return found?.state === 'open' ? found.transaction_id : null
}

export interface MeantTransaction {
  readonly transaction: TransactionRecord
  readonly notices: readonly string[]
}

/** @throws IasqlError `transaction/none` when there is none, `transaction/open` while it is being committed */
export async function meantTransaction(
  db: Queryable,
  tenant: Tenant,
  session: TransactionSession,
): Promise<MeantTransaction> {
  const own = await sessionTransaction(db, tenant, session)
  if (own?.state === 'open') return { transaction: own, notices: [] }
  if (own) throw isBeingCommitted(own)
  const abandoned = await abandonedTransactions(db, tenant, session.actor)
  const [only] = abandoned
  if (!only) throw new IasqlError('transaction/none', 'no transaction is open in this session')
  if (abandoned.length > 1) {
    throw new IasqlError(
      'transaction/none',
      `no transaction is open in this session, and ${abandoned.length} of yours are in sessions that are gone: ${abandoned.map(describe).join(', ')}`,
      { hint: 'SELECT * FROM iasql_transaction shows them; iasql_revert() takes the edits of one back.' },
    )
  }
  return { transaction: only, notices: [`Taken over: ${describe(only)}, whose session is gone.`] }
}

/** @throws IasqlError `transaction/open` */
export async function refuseSecond(
  db: Queryable,
  tenant: Tenant,
  session: TransactionSession,
): Promise<void> {
  const own = await sessionTransaction(db, tenant, session)
  if (own?.state === 'open')
    throw new IasqlError('transaction/open', `this session has ${describe(own)} open already`)
  if (own) throw isBeingCommitted(own)
  const [abandoned] = await abandonedTransactions(db, tenant, session.actor)
  if (!abandoned) return
  throw new IasqlError(
    'transaction/open',
    `${describe(abandoned)} is still open, in a session that is gone`,
    {
      hint: 'Take it over and end it first: SELECT * FROM iasql_commit(), or SELECT * FROM iasql_rollback().',
    },
  )
}

const isBeingCommitted = ({ transaction_id: id, execution_id: executionId }: TransactionRecord): IasqlError =>
  new IasqlError('transaction/open', `transaction ${id} is being committed by execution ${executionId}`, {
    hint: `SELECT * FROM iasql_execution WHERE execution_id = ${executionId} shows how far it is.`,
  })

const describe = ({ transaction_id: id, opened_at: at }: TransactionRecord): string =>
  `transaction ${id}, begun ${at}`
