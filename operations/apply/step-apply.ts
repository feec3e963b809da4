/** One invocation of an apply: plan and claim what is free, do it, then see about what others were holding. */
import type { JsonObject } from '#engine/model/json.ts'
import { hasOpenChanges } from '#postgres/statements/change-load.ts'
import type { ExecutionContext, StepOutcome } from '../execution/execution-context.ts'
import { applyArguments } from './apply-arguments.ts'
import { claimChanges } from './claim-changes.ts'
import { endApply } from './end-apply.ts'
import { projectTables } from './project.ts'
import { runSteps } from './run-steps.ts'

interface ApplyMemory {
  /** Changes that waited for other executions when this one planned last. */
  readonly heldBack: number
  /** Since when nothing but those is left, milliseconds since the epoch; null: not waiting. */
  readonly waitingSinceMs: number | null
}

/** How long an apply waits for rows that others hold. */
const patienceMs = 600_000
const lookSeconds = 2

export async function stepApply(context: ExecutionContext): Promise<StepOutcome> {
  const { ports, tenant, execution } = context
  let memory = memoryOf(execution.memory)
  if (!(await hasOpenChanges(ports.platform, tenant, execution.execution_id))) {
    if (context.cancelled.aborted) return await endApply(context)
    if (execution.fence === 1) await projectTables(context)
    const claim = await claimFor(context)
    memory = { heldBack: claim.heldBack, waitingSinceMs: memory.waitingSinceMs }
    // Once for each wait, not at every look.
    const isNews = claim.changes.length > 0 || memory.waitingSinceMs === null
    for (const notice of isNews ? claim.notices : []) context.progress.notice(notice)
    if (claim.changes.length === 0) return await waitOrEnd(context, memory)
  }
  const end = await runSteps(context)
  if (end.kind === 'handOver') return { kind: 'more', seconds: end.seconds, memory: asJson(memory) }
  if (memory.heldBack === 0 || context.cancelled.aborted) return await endApply(context)
  return { kind: 'more', seconds: 0, memory: asJson({ ...memory, waitingSinceMs: null }) }
}

const claimFor = (context: ExecutionContext) =>
  claimChanges(context.ports, {
    tenant: context.tenant,
    executionId: context.execution.execution_id,
    fence: context.execution.fence,
    actor: context.execution.actor,
    arguments: applyArguments(context.execution.arguments),
    signal: AbortSignal.any([context.lost, context.cancelled]),
  })

async function waitOrEnd(context: ExecutionContext, memory: ApplyMemory): Promise<StepOutcome> {
  const { claimed } = applyArguments(context.execution.arguments)
  const nowMs = context.ports.clock.now().getTime()
  const sinceMs = memory.waitingSinceMs ?? nowMs
  if (memory.heldBack === 0 || claimed === 'skip') return await endApply(context)
  if (nowMs - sinceMs > patienceMs) {
    context.progress.notice(
      `${memory.heldBack} changes are left for another apply: others still hold their rows.`,
    )
    return await endApply(context)
  }
  context.progress.report({
    changeId: null,
    table: null,
    row: null,
    action: 'apply',
    state: 'waiting',
    message: `${memory.heldBack} changes wait for rows that another execution is changing`,
  })
  return { kind: 'more', seconds: lookSeconds, memory: asJson({ ...memory, waitingSinceMs: sinceMs }) }
}

const memoryOf = (stored: JsonObject): ApplyMemory => ({
  heldBack: Number(stored.heldBack ?? 0),
  waitingSinceMs: typeof stored.waitingSinceMs === 'number' ? stored.waitingSinceMs : null,
})

const asJson = ({ heldBack, waitingSinceMs }: ApplyMemory): JsonObject => ({ heldBack, waitingSinceMs })
