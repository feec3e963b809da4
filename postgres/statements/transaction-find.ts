/** Transactions by session, by execution and by id. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface TransactionRecord {
  readonly transaction_id: string
  readonly actor: string
  readonly state: 'open' | 'committing' | 'committed' | 'rolled_back' | 'failed'
  readonly opened_at: string
  readonly message: string | null
  readonly execution_id: number | null
  /** Nobody can speak in its session any more. */
  readonly is_abandoned: boolean
}

/** Who asks, and over which connection; null: over none. */
export interface TransactionSession {
  readonly actor: string
  readonly connectionId: string | null
}

const columns = `x.transaction_id, x.actor, x.state, x.opened_at, x.message, x.execution_id,
  x.connection_id IS NOT NULL AND NOT EXISTS (SELECT FROM iasql_platform.connection c
    WHERE c.connection_id = x.connection_id AND c.expires_at > pg_catalog.now()) AS is_abandoned`

/** The one that the session has open, or is committing. */
export async function sessionTransaction(
  db: Queryable,
  { schema: t }: Tenant,
  { actor, connectionId }: TransactionSession,
): Promise<TransactionRecord | undefined> {
  const rows = await db.query<TransactionRecord>(
    `SELECT ${columns} FROM ${t}.iasql_transaction x
     WHERE x.actor = :actor AND coalesce(x.connection_id, '') = coalesce(:connection::text, '')
       AND x.state IN ('open', 'committing') ORDER BY x.state DESC LIMIT 1`,
    { actor, connection: connectionId },
  )
  return rows[0]
}

/** Those that the actor has open in sessions that are gone. */
export async function abandonedTransactions(
  db: Queryable,
  { schema: t }: Tenant,
  actor: string,
): Promise<readonly TransactionRecord[]> {
  const rows = await db.query<TransactionRecord>(
    `SELECT ${columns} FROM ${t}.iasql_transaction x WHERE x.actor = :actor AND x.state = 'open'
     ORDER BY x.opened_at LIMIT 100`,
    { actor },
  )
  return rows.filter((row) => row.is_abandoned)
}

export async function findTransaction(
  db: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
): Promise<TransactionRecord | undefined> {
  const rows = await db.query<TransactionRecord>(
    `SELECT ${columns} FROM ${t}.iasql_transaction x WHERE x.transaction_id = :id`,
    { id: transactionId },
  )
  return rows[0]
}

export async function transactionOfExecution(
  db: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<TransactionRecord | undefined> {
  const rows = await db.query<TransactionRecord>(
    `SELECT ${columns} FROM ${t}.iasql_transaction x WHERE x.execution_id = :id::bigint`,
    { id: executionId },
  )
  return rows[0]
}
