/** How a commit ends: all of it done, none of it, or refused before it began. */
import { IasqlError } from '#engine/model/error.ts'
import type { Queryable } from '#postgres/database.ts'
import { type CommitChange, commitChanges } from '#postgres/statements/commit-changes.ts'
import { dropImages } from '#postgres/statements/transaction-image.ts'
import { markTransaction, moveTransaction } from '#postgres/statements/transaction-state.ts'
import { endApply } from '../apply/end-apply.ts'
import {
  type ExecutionContext,
  type ExecutionResult,
  failedWith,
  type StepOutcome,
} from '../execution/execution-context.ts'
import { remember } from '../execution/remember.ts'
import { describeChange } from '../plan/describe-change.ts'
import { asJson, type CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'

export async function committed(run: CommitRun): Promise<StepOutcome> {
  await run.context.ports.platform.transaction((transaction) =>
    close(transaction, run, 'committed', run.memory),
  )
  return await committedEnd(run.context)
}

export async function committedEnd(context: ExecutionContext): Promise<ExecutionResult> {
  const ended = await endApply(context)
  return { ...ended, state: 'succeeded' }
}

/** What is left is told, and planned for whoever looks. */
export async function givenUp(run: CommitRun): Promise<ExecutionResult> {
  await run.context.ports.platform.transaction((transaction) => close(transaction, run, 'failed', run.memory))
  return await undoneEnd(run)
}

/** What became of the transaction is written down in one commit with that the execution has nothing more to do. */
export async function close(
  writing: Queryable,
  { context, transaction }: CommitRun,
  state: 'committed' | 'failed',
  memory: CommitMemory,
): Promise<void> {
  const { tenant, execution } = context
  const transactionId = transaction.transaction_id
  await moveTransaction(writing, tenant, transactionId, { from: 'committing', to: state })
  await dropImages(writing, tenant, transactionId)
  const mark = { transactionId, actor: transaction.actor, executionId: execution.execution_id }
  const message = transaction.message
  await markTransaction(writing, tenant, { ...mark, message, changeType: 'END_COMMIT' })
  await markTransaction(writing, tenant, { ...mark, changeType: 'CLOSE_TRANSACTION' })
  await remember(writing, context, asJson({ ...memory, phase: 'ended' }))
}

/** Nothing was begun: its edits stand as they did, and the session goes on. */
export async function reopen(
  { context, transaction, memory }: CommitRun,
  error: IasqlError,
): Promise<ExecutionResult> {
  const { ports, tenant } = context
  const transactionId = transaction.transaction_id
  await ports.platform.transaction(async (writing) => {
    await moveTransaction(writing, tenant, transactionId, { from: 'committing', to: 'open' })
    await dropImages(writing, tenant, transactionId)
    const mark = { transactionId, actor: transaction.actor, executionId: context.execution.execution_id }
    await markTransaction(writing, tenant, { ...mark, changeType: 'END_COMMIT' })
    const { code, message, sqlstate, detail = null, hint } = error
    const refusal = { code, message, sqlstate, detail, hint }
    await remember(writing, context, asJson({ ...memory, phase: 'ended', refusal }))
  })
  return failedWith(error)
}

/** Lines of an error's detail; the rest is in `iasql_change`. */
const mostLines = 100

export async function undoneEnd({ context, memory }: CommitRun): Promise<ExecutionResult> {
  const { ports, tenant, execution } = context
  const changes = await commitChanges(ports.platform, tenant, execution.execution_id)
  const forward = changes.filter(({ change_id: id, companion }) => id <= memory.undoneAfter && !companion)
  const isFailed = ({ state }: CommitChange): boolean => state === 'failed' || state === 'needs_decision'
  const failed = forward.filter(isFailed)
  const total = Math.max(forward.length, memory.wanted, 1)
  const counts = { done: 0, failed: Math.max(failed.length, 1), total }
  const error = new IasqlError('transaction/undone', messageOf(forward, failed, { ...memory, total }), {
    detail: [...failed.map(lineOf), ...memory.left].slice(0, mostLines).join('\n'),
    ...(memory.left.length > 0 && memory.hasToDo ? { hint: leftHint } : {}),
  })
  const isCancelled = failed.length === 0 && memory.reason === null
  return { kind: 'ended', state: isCancelled ? 'cancelled' : 'failed', rows: [], error, ...counts }
}

const leftHint =
  'SELECT * FROM iasql_preview() shows what is left to do about the rows that the detail names; iasql_apply() tries it again.'

function messageOf(
  forward: readonly CommitChange[],
  failed: readonly CommitChange[],
  { reason, left, total }: CommitMemory & { readonly total: number },
): string {
  const [first] = failed
  const done = forward.filter(({ state }) => state === 'done').length
  const counts = [
    `${failed.length} of ${total} changes failed`,
    ...(done > 0 ? [`${done} ${done === 1 ? 'was' : 'were'} done and taken back`] : []),
    ...(total > failed.length + done ? [`${total - failed.length - done} not done`] : []),
  ].join(', ')
  const why = first ? `${counts}: ${textOf(first)}` : (reason ?? 'it was cancelled')
  const undone =
    left.length === 0 ? 'all of it was undone' : `it was undone, but for ${left.length} that the detail names`
  return `the commit failed, and ${undone}. ${why}`
}

/** What it was refused with; empty: it was not. */
export const textOf = (change: CommitChange | undefined): string =>
  typeof change?.error?.message === 'string' ? change.error.message : ''

const lineOf = (change: CommitChange): string => `${change.action} ${describe(change)}: ${textOf(change)}`

export const describe = ({
  action,
  table_name: table,
  natural_name: name,
  row_id: id,
}: CommitChange): string => describeChange({ action, table, naturalName: name ?? String(id), changed: {} })
