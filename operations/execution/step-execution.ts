/** One invocation's worth of one durable execution: taken by lease, worked on until the budget ends, handed over. */
import { authored } from '#postgres/authored-database.ts'
import { DataApiError } from '#postgres/data-api.ts'
import type { ExecutionRecord } from '#postgres/statements/execution-acquire.ts'
import type { ExecutionKind } from '#postgres/statements/execution-insert.ts'
import { isExecutionOpen } from '#postgres/statements/execution-open.ts'
import { type FoundTenant, findTenant } from '#postgres/statements/tenant-find.ts'
import { linkedCloud } from '../accounts/linked-cloud.ts'
import { stepApply } from '../apply/step-apply.ts'
import { stepInstall } from '../install/step-install.ts'
import { stepUninstall } from '../install/step-uninstall.ts'
import type { Ports } from '../ports.ts'
import { stepSync } from '../sync/step-sync.ts'
import { atCellOf } from '../tenant/cell.ts'
import { refuseOtherVersion } from '../tenant/load-tenant.ts'
import { stepCommit } from '../transaction/step-commit.ts'
import type { ExecutionContext, StepOutcome } from './execution-context.ts'
import { finishExecution } from './finish-execution.ts'
import { giveBack, takeExecution } from './hand-over.ts'
import { holdExecution } from './hold-execution.ts'
import { trackProgress } from './progress.ts'
import { failure, isDatabaseAway } from './step-failure.ts'

export type NextStep =
  | { readonly next: 'done' }
  | { readonly next: 'wait'; readonly seconds: number }
  | { readonly next: 'again' }

const steps: Readonly<Record<ExecutionKind, (context: ExecutionContext) => Promise<StepOutcome>>> = {
  apply: stepApply,
  commit: stepCommit,
  sync: stepSync,
  install: stepInstall,
  uninstall: stepUninstall,
}

interface ExecutionInput {
  readonly tenantId: string
  readonly executionId: string
}

/** How often an invocation looks whether the database is back. */
const databaseSeconds = 3
/** How often an invocation that finds the execution held by another looks again. */
const heldSeconds = 2
/** Nobody hears a cancel between two invocations, and it has to be obeyed within five seconds. */
const mostSeconds = 3
/** Share of the budget after which no new work is begun, so that what runs can end. */
const workingShare = 0.9

/** While the database does not answer there is nothing to decide; the execution goes on when it is back. */
export async function stepExecution(ports: Ports, input: ExecutionInput): Promise<NextStep> {
  try {
    return await takeStep(ports, input)
  } catch (error) {
    if (!isDatabaseAway(error)) throw error
    ports.log('warn', 'an execution waits for the database', { ...input, error })
    return { next: 'wait', seconds: databaseSeconds }
  }
}

async function takeStep(whole: Ports, input: ExecutionInput): Promise<NextStep> {
  const tenant = await findTenant(whole.platform, { id: input.tenantId })
  // Deleted meanwhile: there is nothing left to do it for.
  if (!tenant) return { next: 'done' }
  refuseOtherVersion(tenant)
  const ports = atCellOf(whole, tenant)
  const execution = await takeExecution(ports, tenant, input.executionId).catch(ifBlocked)
  if (execution === 'blocked') return { next: 'wait', seconds: heldSeconds }
  if (!execution) {
    const isOpen = await isExecutionOpen(ports.platform, tenant, input.executionId)
    return isOpen ? { next: 'wait', seconds: heldSeconds } : { next: 'done' }
  }
  return await work(ports, tenant, execution)
}

/** An invocation that was ended within a transaction leaves its lock until that has idled for three minutes. */
function ifBlocked(error: unknown): 'blocked' {
  if (error instanceof DataApiError && error.fault === 'statement-timeout') return 'blocked'
  throw error
}

async function work(ports: Ports, tenant: FoundTenant, execution: ExecutionRecord): Promise<NextStep> {
  const executionId = execution.execution_id
  const hold = holdExecution(ports, tenant, {
    executionId,
    fence: execution.fence,
    cancelRequested: execution.cancel_requested || tenant.state !== 'active',
  })
  const progress = trackProgress(ports, tenant, execution)
  const author = { actor: execution.actor, executionId: Number(executionId) }
  const cloud = linkedCloud(ports, tenant, { actor: execution.actor, executionId })
  const context: ExecutionContext = {
    ports: { ...ports, platform: authored(ports.platform, author), cloud },
    tenant,
    execution,
    lost: hold.lost,
    cancelled: hold.cancelled,
    deadlineMs: ports.clock.now().getTime() + ports.defaults.budgetMs * workingShare,
    progress,
  }
  try {
    const outcome = await steps[execution.kind](context).catch((error: unknown) => failure(context, error))
    if (outcome === 'lost' || hold.lost.aborted) return { next: 'wait', seconds: heldSeconds }
    await progress.close()
    await progress.flush()
    return await conclude(context, outcome)
  } finally {
    if (cloud !== ports.cloud) cloud.close?.()
    await progress.close()
    await hold.release()
  }
}

async function conclude(context: ExecutionContext, outcome: StepOutcome): Promise<NextStep> {
  if (outcome.kind === 'ended') {
    await finishExecution(context, outcome)
    return { next: 'done' }
  }
  await giveBack(context, outcome)
  const seconds = Math.min(outcome.seconds, mostSeconds)
  return seconds > 0 ? { next: 'wait', seconds } : { next: 'again' }
}
