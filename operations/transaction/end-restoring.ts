/** The end of the way back in the tables: policies, and what the transaction had pending. */
import type { Queryable } from '#postgres/database.ts'
import { policyEdits, restorePolicies } from '#postgres/statements/policy-restore.ts'
import { dropEdits } from '#postgres/statements/transaction-edits.ts'
import { remember } from '../execution/remember.ts'
import { asJson, type CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'

/** What is over in the tables with the rows themselves: nothing of the transaction is pending any more, but what stays as it is. */
export async function endRestoring(
  { context, transaction }: CommitRun,
  writing: Queryable,
  memory: CommitMemory,
): Promise<CommitMemory> {
  const { ports, tenant } = context
  const transactionId = transaction.transaction_id
  await restorePolicies(writing, tenant, await policyEdits(ports.platform, tenant, { transactionId }))
  await dropEdits(writing, tenant, transactionId, memory.kept)
  await remember(writing, context, asJson(memory))
  return memory
}
