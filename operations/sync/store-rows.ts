/** What a sync did is noted as long as the execution is this invocation's; else the invocation ends. */
import type { Queryable } from '#postgres/database.ts'
import type { ExecutionRecord } from '#postgres/statements/execution-acquire.ts'
import { appendExecutionRows } from '#postgres/statements/execution-rows.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { LostExecution } from '../apply/ledger.ts'
import type { SyncRow } from './sync-row.ts'

export async function storeRows(
  db: Queryable,
  tenant: Tenant,
  { execution_id: executionId, fence }: Pick<ExecutionRecord, 'execution_id' | 'fence'>,
  rows: readonly SyncRow[],
): Promise<void> {
  const isOurs = await appendExecutionRows(db, tenant, { executionId, fence }, rows)
  if (!isOurs) throw new LostExecution('another invocation has taken over')
}
