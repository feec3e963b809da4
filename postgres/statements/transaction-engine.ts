/** What the engine itself has written under one id of the database's transactions. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import type { ExecutionKind } from './execution-insert.ts'
import type { TransactionRecord } from './transaction-find.ts'

export interface EngineWork {
  /** Null: a function that is no execution, or one that is not kept any more. */
  readonly kind: ExecutionKind | null
  /** What it committed, and what became of that. */
  readonly transaction_id: string | null
  readonly state: TransactionRecord['state'] | null
}

/** Undefined when the audit log has nothing under it. */
export async function engineWorkOf(
  db: Queryable,
  { schema: t }: Tenant,
  xid: string,
): Promise<EngineWork | undefined> {
  const [work] = await db.query<EngineWork>(
    `SELECT e.kind, x.transaction_id, x.state FROM ${t}.iasql_audit a
     LEFT JOIN ${t}.iasql_execution_record e ON e.execution_id = a.execution_id
     LEFT JOIN ${t}.iasql_transaction x ON x.execution_id = a.execution_id
     WHERE a.xid = CAST(:xid AS xid8) AND a.by_engine AND a.transaction_id IS NULL ORDER BY a.id LIMIT 1`,
    { xid },
  )
  return work
}
