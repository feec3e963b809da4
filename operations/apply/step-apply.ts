/** One invocation of an apply: plan and claim what is free, do it, then see about what others were holding. */
import type { JsonObject } from '#engine/model/json.ts'
import { type ApplyStanding, applyStanding } from '#postgres/statements/execution-held.ts'
import type { ExecutionContext, StepOutcome } from '../execution/execution-context.ts'
import { applyArguments } from './apply-arguments.ts'
import { type Claim, claimChanges } from './claim-changes.ts'
import { endApply } from './end-apply.ts'
import { projectTables } from './project.ts'
import { runSteps } from './run-steps.ts'

interface ApplyMemory {
  /** Since when nothing but rows of others is left, milliseconds since the epoch; null: not waiting. */
  readonly waitingSinceMs: number | null
  /** When clients were told of that last. */
  readonly toldMs: number
}

/** How long an apply waits for rows that others hold. */
const patienceMs = 600_000
const lookSeconds = 2
/** With the time between two looks less than the ten seconds that clients may rely on. */
const silenceMs = 5_000

export async function stepApply(context: ExecutionContext): Promise<StepOutcome> {
  const { ports, tenant, execution, cancelled } = context
  const memory = memoryOf(execution.memory)
  let standing = await applyStanding(ports.platform, tenant, execution.execution_id)
  if (!standing.has_open_changes) {
    if (cancelled.aborted || (standing.is_planned && standing.held === 0)) return await endApply(context)
    if (execution.fence === 1) await projectTables(context)
    if (standing.is_blocked) return await waitOrEnd(context, standing, memory)
    const claim = await claimFor(context, standing)
    tellNotices(context, claim, memory)
    standing = await applyStanding(ports.platform, tenant, execution.execution_id)
    if (claim.changes.length === 0) return await waitOrEnd(context, standing, memory)
  }
  const end = await runSteps(context)
  const { held } = await applyStanding(ports.platform, tenant, execution.execution_id)
  if (end.kind === 'end' && (held === 0 || cancelled.aborted)) return await endApply(context)
  await projectTables(context)
  if (end.kind === 'handOver') return { kind: 'more', seconds: end.seconds, memory: asJson(memory) }
  // What was made anew along with something else may have to be given what the old one had.
  return { kind: 'more', seconds: 0, memory: {} }
}

const claimFor = (context: ExecutionContext, standing: ApplyStanding): Promise<Claim> =>
  claimChanges(context.ports, {
    tenant: context.tenant,
    executionId: context.execution.execution_id,
    fence: context.execution.fence,
    actor: context.execution.actor,
    connectionId: context.execution.connection_id,
    arguments: applyArguments(context.execution.arguments),
    signal: AbortSignal.any([context.lost, context.cancelled]),
    isAgain: standing.is_planned,
  })

/** Once for each wait, not at every look; and when it is over, whatever came of it. */
function tellNotices({ progress }: ExecutionContext, claim: Claim, memory: ApplyMemory): void {
  const isNews = claim.changes.length > 0 || claim.heldBack === 0 || memory.waitingSinceMs === null
  for (const notice of isNews ? claim.notices : []) progress.notice(notice)
}

async function waitOrEnd(
  context: ExecutionContext,
  { held, holders }: ApplyStanding,
  memory: ApplyMemory,
): Promise<StepOutcome> {
  const { ports, progress } = context
  const nowMs = ports.clock.now().getTime()
  const waitingSinceMs = memory.waitingSinceMs ?? nowMs
  if (held === 0) return await endApply(context)
  if (nowMs - waitingSinceMs > patienceMs) {
    progress.notice(
      `${held} changes are left for another apply: their rows, or what they depend on, are still being changed by ${holders}.`,
    )
    return await endApply(context)
  }
  const isSilent = nowMs - memory.toldMs > silenceMs
  if (isSilent) {
    progress.report({
      ...{ changeId: null, table: null, row: null, action: 'apply', state: 'waiting' },
      message: `${held} changes wait for rows that ${holders} is changing`,
      sinceMs: waitingSinceMs,
    })
  }
  const toldMs = isSilent ? nowMs : memory.toldMs
  return { kind: 'more', seconds: lookSeconds, memory: asJson({ waitingSinceMs, toldMs }) }
}

const memoryOf = ({ waitingSinceMs, toldMs }: JsonObject): ApplyMemory => ({
  waitingSinceMs: typeof waitingSinceMs === 'number' ? waitingSinceMs : null,
  toldMs: typeof toldMs === 'number' ? toldMs : 0,
})

const asJson = ({ waitingSinceMs, toldMs }: ApplyMemory): JsonObject => ({ waitingSinceMs, toldMs })
