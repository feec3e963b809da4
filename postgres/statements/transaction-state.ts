/** How transactions begin, and what becomes of them. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import type { TransactionRecord, TransactionSession } from './transaction-find.ts'

/** Undefined when the session has one already, open or being committed. */
export async function insertTransaction(
  db: Queryable,
  { schema: t }: Tenant,
  { actor, connectionId }: TransactionSession,
): Promise<string | undefined> {
  const rows = await db.query<{ transaction_id: string }>(
    `INSERT INTO ${t}.iasql_transaction (actor, connection_id) VALUES (:actor, :connection)
     ON CONFLICT DO NOTHING RETURNING transaction_id`,
    { actor, connection: connectionId },
  )
  return rows[0]?.transaction_id
}

/** False when it was not in that state any more. It waits for runs that are about to commit edits of it. */
export async function moveTransaction(
  transaction: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
  { from, to }: { readonly from: TransactionRecord['state']; readonly to: TransactionRecord['state'] },
): Promise<boolean> {
  const changed = await transaction.run(
    `UPDATE ${t}.iasql_transaction SET state = :to,
       closed_at = CASE WHEN :to IN ('committed', 'rolled_back', 'failed') THEN clock_timestamp() END
     WHERE transaction_id = :id AND state = :from`,
    { id: transactionId, from, to },
  )
  return changed > 0
}

/** Which execution commits it, for which session, and what for. */
export async function noteCommit(
  transaction: Queryable,
  { schema: t }: Tenant,
  commit: {
    readonly transactionId: string
    readonly executionId: number
    readonly connectionId: string | null
    readonly message: string | null
  },
): Promise<void> {
  await transaction.run(
    `UPDATE ${t}.iasql_transaction SET execution_id = :execution::bigint, connection_id = :connection, message = :message
     WHERE transaction_id = :id`,
    {
      id: commit.transactionId,
      execution: commit.executionId,
      connection: commit.connectionId,
      message: commit.message,
    },
  )
}

/** A line of the audit log about the transaction itself. */
export async function markTransaction(
  db: Queryable,
  { schema: t }: Tenant,
  mark: {
    readonly transactionId: string
    readonly changeType:
      | 'OPEN_TRANSACTION'
      | 'CLOSE_TRANSACTION'
      | 'START_COMMIT'
      | 'END_COMMIT'
      | 'START_REVERT'
      | 'END_REVERT'
    readonly actor: string
    readonly message?: string | null
    readonly executionId?: number
  },
): Promise<void> {
  await db.run(
    `INSERT INTO ${t}.iasql_audit (change_type, by_engine, actor, transaction_id, message, execution_id)
     VALUES (:changeType, true, :actor, :transactionId, :message, :executionId::bigint)`,
    {
      transactionId: mark.transactionId,
      changeType: mark.changeType,
      actor: mark.actor,
      message: mark.message ?? null,
      executionId: mark.executionId,
    },
  )
}
