/** One invocation's hold on a commit. */
import type { TransactionRecord } from '#postgres/statements/transaction-find.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import type { CommitMemory } from './commit-memory.ts'

export interface CommitRun {
  /** In the way back it hears of no cancel: half of it would be neither one state nor the other. */
  readonly context: ExecutionContext
  readonly transaction: TransactionRecord
  readonly memory: CommitMemory
}
