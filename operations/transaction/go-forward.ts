/** The forward half of a commit: its own changes by the machinery of an apply, what cannot be taken back last. */
import { IasqlError } from '#engine/model/error.ts'
import { listed } from '#engine/plan/listed-names.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { lastWave, waveOf } from '#engine/transaction/commit-wave.ts'
import { readChangeResults } from '#postgres/statements/change-results.ts'
import { applyStanding } from '#postgres/statements/execution-held.ts'
import { pendingKeys } from '#postgres/statements/transaction-rows.ts'
import { type Claim, claimChanges } from '../apply/claim-changes.ts'
import { projectTables } from '../apply/project.ts'
import { runSteps } from '../apply/run-steps.ts'
import type { ExecutionContext, StepOutcome } from '../execution/execution-context.ts'
import { asJson, type CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'
import { committed, reopen } from './end-commit.ts'
import { isPatient, waitForOthers } from './wait-for-others.ts'

export async function goForward(run: CommitRun): Promise<StepOutcome> {
  const { context, memory } = run
  const { ports, tenant, execution, cancelled } = context
  const executionId = execution.execution_id
  const standing = await applyStanding(ports.platform, tenant, executionId)
  const isOver = cancelled.aborted || (await hasFailed(context))
  if (!standing.has_open_changes) {
    if (isOver) return back(memory)
    if (execution.fence === 1) await projectTables(context)
    if (standing.is_blocked) return await orImpatient(run, waitForOthers(run, standing))
    const claimed = await claimWave(run)
    if ('outcome' in claimed) return claimed.outcome
    const { claim } = claimed
    if (claim.changes.length === 0) return await afterEmpty(run, claim)
  }
  // Of what failed before somebody took this over nothing more is begun either.
  const going = isOver ? { ...context, cancelled: AbortSignal.abort() } : context
  const end = await runSteps(going, { isAllOrNothing: true })
  if (end.kind === 'handOver') return { kind: 'more', seconds: end.seconds, memory: asJson(memory) }
  return { kind: 'more', seconds: 0, memory: asJson({ ...memory, waitingSinceMs: null }) }
}

const back = (memory: CommitMemory, reason: string | null = null): StepOutcome => ({
  kind: 'more',
  seconds: 0,
  memory: asJson({ ...memory, phase: 'restore', reason, waitingSinceMs: null }),
})

async function orImpatient(run: CommitRun, waiting: Promise<StepOutcome>): Promise<StepOutcome> {
  return isPatient(run)
    ? await waiting
    : back(run.memory, 'rows of it are being changed by others for too long')
}

async function hasFailed({ ports, tenant, execution }: ExecutionContext): Promise<boolean> {
  const results = await readChangeResults(ports.platform, tenant, execution.execution_id)
  return results.some(({ state }) => state === 'failed' || state === 'needs_decision' || state === 'skipped')
}

/** Nothing of this wave is left: the next one, or the end. */
async function afterEmpty(run: CommitRun, claim: Claim): Promise<StepOutcome> {
  const { context, memory } = run
  const { ports, tenant, execution } = context
  if (claim.heldBack > 0) {
    const standing = await applyStanding(ports.platform, tenant, execution.execution_id)
    return await orImpatient(run, waitForOthers(run, standing))
  }
  const keys = await pendingKeys(ports.platform, tenant, run.transaction.transaction_id)
  const own = claim.unchosen.filter(({ key }) => keys.has(key))
  if (own.length === 0) return await committed(run)
  if (memory.wave < lastWave) {
    return { kind: 'more', seconds: 0, memory: asJson({ ...memory, wave: memory.wave + 1 }) }
  }
  return back(memory, `it is not known yet what became of earlier calls for ${listed(own.map(titleOf))}`)
}

/** A refusal before the first change was made leaves the transaction open. */
async function claimWave(
  run: CommitRun,
): Promise<{ readonly claim: Claim } | { readonly outcome: StepOutcome }> {
  const { context, transaction, memory } = run
  const { ports, tenant, execution, lost, cancelled } = context
  const keys = await pendingKeys(ports.platform, tenant, transaction.transaction_id)
  try {
    const claim = await claimChanges(ports, {
      tenant,
      executionId: execution.execution_id,
      fence: execution.fence,
      actor: execution.actor,
      arguments: { planId: null, mine: false, isWaiting: true, claimed: 'wait' },
      signal: AbortSignal.any([lost, cancelled]),
      commit: {
        transactionId: transaction.transaction_id,
        keys,
        planned: {},
        isDue: (change, changes) => waveOf(change, changes) <= memory.wave,
        check: refuseHanging,
      },
    })
    return { claim }
  } catch (error) {
    const isRefused = error instanceof IasqlError && error.blame === 'user' && !cancelled.aborted
    if (!isRefused || (await hasBegun(context))) throw error
    return { outcome: await reopen(run, error) }
  }
}

async function hasBegun({ ports, tenant, execution }: ExecutionContext): Promise<boolean> {
  const results = await readChangeResults(ports.platform, tenant, execution.execution_id)
  return results.length > 0
}

function refuseHanging(hanging: readonly PlannedChange[]): void {
  if (hanging.length === 0) return
  throw new IasqlError(
    'transaction/edited',
    `the transaction cannot be committed: ${listed(hanging.map(titleOf))} cannot be done without changes that are not part of it`,
    {
      detail: hanging.map(titleOf).join('\n'),
      hint: 'iasql_preview() names those changes: SELECT * FROM iasql_apply() outside the transaction, or whoever made them commits them, first.',
    },
  )
}

const titleOf = ({ action, table, naturalName, rowId }: PlannedChange): string =>
  `${action} ${table} ${naturalName || rowId}`
