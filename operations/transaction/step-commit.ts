/** One invocation of a commit: forward until all of it is done, or back until none of it is. */
import { IasqlError } from '#engine/model/error.ts'
import { closeChanges } from '#postgres/statements/change-close.ts'
import { hasOpenCommits } from '#postgres/statements/transaction-edits.ts'
import { transactionOfExecution } from '#postgres/statements/transaction-find.ts'
import { LostExecution } from '../apply/ledger.ts'
import { type ExecutionContext, failedWith, type StepOutcome } from '../execution/execution-context.ts'
import { isDatabaseAway } from '../execution/step-failure.ts'
import { asJson, type CommitMemory, memoryOf, refusalOf } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'
import { committedEnd, givenUp, reopen, undoneEnd } from './end-commit.ts'
import { goForward } from './go-forward.ts'
import { prepareCommit } from './prepare-commit.ts'
import { restoreTables } from './restore-tables.ts'
import { undoCloud } from './undo-cloud.ts'
import { isPatient, waitForLocks } from './wait-for-others.ts'
import { asRefusal, isLocked } from './write-refusals.ts'

export async function stepCommit(context: ExecutionContext): Promise<StepOutcome> {
  const { ports, tenant, execution } = context
  const memory = memoryOf(execution.memory)
  const refusal = refusalOf(memory)
  if (refusal) return failedWith(refusal)
  const transaction = await transactionOfExecution(ports.platform, tenant, execution.execution_id)
  if (!transaction) return failedWith(new IasqlError('system/internal', 'the transaction is gone'))
  const back = { context: uncancelled(context), transaction, memory }
  switch (memory.phase) {
    case 'prepare':
      return await orReopened(back, () => prepare({ context, transaction, memory }))
    case 'forward':
      return await orBack(context, memory, () => goForward({ context, transaction, memory }))
    case 'restore':
      return await orAgain(back, () => restoreTables(back))
    case 'undo':
      return await orAgain(back, () => undoCloud(back))
    case 'ended':
      return transaction.state === 'committed' ? await committedEnd(context) : await undoneEnd(back)
  }
}

const uncancelled = (context: ExecutionContext): ExecutionContext => ({
  ...context,
  cancelled: new AbortController().signal,
})

async function prepare(run: CommitRun): Promise<StepOutcome> {
  const { ports, tenant } = run.context
  // A run of the session is about to commit edits that nobody can see yet.
  const isEarly = await hasOpenCommits(ports.platform, tenant, run.transaction.transaction_id)
  if (isEarly) return { kind: 'more', seconds: 1, memory: asJson(run.memory) }
  for (const notice of run.memory.notices) run.context.progress.notice(notice)
  return await prepareCommit(run)
}

/** A refusal before anything is begun leaves the transaction open. */
async function orReopened(run: CommitRun, work: () => Promise<StepOutcome>): Promise<StepOutcome> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LostExecution || run.context.lost.aborted || isDatabaseAway(error)) throw error
    const refusal = asRefusal('committed', error)
    if (refusal instanceof IasqlError) return await reopen(run, refusal)
    run.context.ports.log('error', 'a commit could not be begun', { error })
    return await reopen(run, new IasqlError('system/internal', 'the commit could not be begun'))
  }
}

const mostTroubles = 5
const troubleSeconds = 2

/** Half-way back is nowhere: it is tried again, and in the end said what is left. */
async function orAgain(run: CommitRun, work: () => Promise<StepOutcome>): Promise<StepOutcome> {
  const { context, memory } = run
  const { ports, lost } = context
  try {
    const outcome = await work()
    return outcome.kind === 'more' ? { ...outcome, memory: { ...outcome.memory, troubles: 0 } } : outcome
  } catch (error) {
    if (error instanceof LostExecution || lost.aborted || isDatabaseAway(error)) throw error
    if (isLocked(error) && isPatient(run)) return waitForLocks(run)
    ports.log('error', 'a commit could not be taken back', { error })
    const troubles = memory.troubles + 1
    if (troubles <= mostTroubles)
      return { kind: 'more', seconds: troubleSeconds, memory: asJson({ ...memory, troubles }) }
    const why = error instanceof IasqlError ? error.message : 'something went wrong on the server'
    const left = [...memory.left, `the way back was given up: ${why}`]
    return await givenUp({ ...run, memory: { ...memory, left } })
  }
}

/** Whatever goes wrong on the way, for whatever reason: all of it is taken back. */
async function orBack(
  context: ExecutionContext,
  memory: CommitMemory,
  work: () => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const { ports, tenant, execution, lost, cancelled } = context
  try {
    return await work()
  } catch (error) {
    if (error instanceof LostExecution || lost.aborted || isDatabaseAway(error)) throw error
    const isOurs = error instanceof IasqlError
    if (!isOurs && !cancelled.aborted) ports.log('error', 'a commit failed', { error })
    const executionId = execution.execution_id
    const { code, message, hint } = new IasqlError('apply/cancelled', 'the commit is taken back')
    const why = { code, message, hint }
    await closeChanges(ports.platform, tenant, { executionId, error: why, isGoingOn: true })
    const reason = cancelled.aborted ? null : isOurs ? error.message : 'something went wrong on the server'
    return {
      kind: 'more',
      seconds: 0,
      memory: asJson({ ...memory, phase: 'restore', reason, waitingSinceMs: null }),
    }
  }
}
