/** The end of the way back in the tables: half-made replacements, policies, and what the transaction had pending. */
import { resourceKey } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import { policyEdits, restorePolicies } from '#postgres/statements/policy-restore.ts'
import { type HalfReplaced, keepOldOnes } from '#postgres/statements/replacement-halves.ts'
import { dropEdits } from '#postgres/statements/transaction-edits.ts'
import { remember } from '../execution/remember.ts'
import { asJson, type CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'

export const keepHalves = (
  { context, transaction }: CommitRun,
  writing: Queryable,
): Promise<readonly HalfReplaced[]> =>
  keepOldOnes(writing, context.tenant, {
    transactionId: transaction.transaction_id,
    executionId: context.execution.execution_id,
  })

export const withHalves = (
  halves: readonly HalfReplaced[],
  left: readonly string[],
): Pick<CommitMemory, 'surplus' | 'left'> => ({
  surplus: halves.flatMap((half) => (half.is_kept ? [resourceKey(half.table_name, half.orphan_id)] : [])),
  left: [
    ...left,
    ...halves.flatMap((half) =>
      half.is_kept
        ? []
        : [`${half.table_name} ${half.row_id} was replaced, and its old one is left to be deleted`],
    ),
  ],
})

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
