/** The cloud follows the rows that a commit has restored; then all is as it was before the commit, and it ends. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { overwrittenSecrets } from '#engine/transaction/commit-wave.ts'
import { type CommitChange, commitChanges } from '#postgres/statements/commit-changes.ts'
import { type ApplyStanding, applyStanding, heldKeys } from '#postgres/statements/execution-held.ts'
import { stragglerMs } from '../apply/call-times.ts'
import { claimChanges } from '../apply/claim-changes.ts'
import { projectTables } from '../apply/project.ts'
import { runSteps } from '../apply/run-steps.ts'
import type { StepOutcome } from '../execution/execution-context.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import { isNobodys } from '../plan/left-out.ts'
import { planAll } from '../plan/make-plan.ts'
import { asJson, type CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'
import { close, describe, textOf, undoneEnd } from './end-commit.ts'
import { finishRows } from './finish-rows.ts'
import { returningRows } from './restore-some.ts'
import { isPatient, waitForOthers } from './wait-for-others.ts'
import type { ReturningRow } from './way-back.ts'

/** What fails for a reason that may pass is tried so often; what came of the last of them, once. */
const mostRounds = 3
const roundsOf = ({ held }: ApplyStanding): number => (held > 0 ? mostRounds + 1 : mostRounds)

export async function undoCloud(run: CommitRun): Promise<StepOutcome> {
  const { context, memory } = run
  const { ports, tenant, execution } = context
  const executionId = execution.execution_id
  const standing = await applyStanding(ports.platform, tenant, executionId)
  if (!standing.has_open_changes) {
    if (memory.round >= roundsOf(standing)) return await finish(run)
    if (standing.is_blocked && isPatient(run)) return await waitForOthers(run, standing)
    const seconds = memory.round === 0 ? await secondsToArrive(run) : 0
    if (seconds > 0) return { kind: 'more', seconds, memory: asJson(memory) }
    const isFound = await claimBack(run)
    if (!isFound) {
      const now = await applyStanding(ports.platform, tenant, executionId)
      return now.held > 0 && isPatient(run) ? await waitForOthers(run, now) : await finish(run)
    }
  }
  const end = await runSteps(context, { isTakingBack: true })
  if (end.kind === 'handOver') return { kind: 'more', seconds: end.seconds, memory: asJson(memory) }
  const next: CommitMemory = { ...memory, round: memory.round + 1, waitingSinceMs: null }
  return { kind: 'more', seconds: 0, memory: asJson(next) }
}

/** What the way forward asked for and nobody answered may arrive still, on top of what takes it back. */
async function secondsToArrive({ context, memory }: CommitRun): Promise<number> {
  const { ports, tenant, execution } = context
  const changes = await commitChanges(ports.platform, tenant, execution.execution_id)
  const unanswered = changes.filter(
    ({ change_id: id, is_touched: isTouched, state, error }) =>
      id <= memory.undoneAfter &&
      isTouched &&
      (state === 'skipped' || error?.code === 'cloud/unknown-outcome'),
  )
  const endedMs = unanswered.map(({ ended_at: endedAt }) => (endedAt ? new Date(endedAt).getTime() : 0))
  const arrivedMs = Math.max(0, ...endedMs) + stragglerMs
  return Math.max(0, Math.ceil((arrivedMs - ports.clock.now().getTime()) / 1_000))
}

interface Way {
  /** Of the way forward. */
  readonly changes: readonly CommitChange[]
  /** Of the way back so far. */
  readonly again: readonly CommitChange[]
  readonly returning: readonly ReturningRow[]
  readonly keys: ReadonlySet<string>
  readonly absent: ReadonlySet<string>
}

async function wayOf(run: CommitRun): Promise<Way> {
  const { ports, tenant, execution } = run.context
  const all = await commitChanges(ports.platform, tenant, execution.execution_id)
  const changes = all.filter(({ change_id: id }) => id <= run.memory.undoneAfter)
  const tables = await loadInstalledTables(ports, tenant)
  const kept = new Set(run.memory.kept)
  const rows = await returningRows(run, tables, changes)
  const returning = rows.filter(({ key }) => !kept.has(key))
  const touched = changes.filter(({ is_touched: isTouched }) => isTouched)
  const absent = returning.filter(({ way }) => way === 'absent')
  const again = all.slice(changes.length)
  const keys = [
    ...[...touched, ...again].map((change) => resourceKey(change.table_name, change.row_id)),
    ...returning.flatMap(({ key, image }) => (image.applied ? [key] : [])),
    ...run.memory.surplus,
  ]
  return {
    changes,
    again,
    returning,
    keys: new Set(keys.filter((key) => !kept.has(key))),
    absent: new Set(absent.map(({ key }) => key)),
  }
}

/** False: nothing is left to do, or others hold it. */
async function claimBack(run: CommitRun): Promise<boolean> {
  const { context, transaction } = run
  const { ports, tenant, execution, lost } = context
  const { keys, absent } = await wayOf(run)
  const claim = await claimChanges(ports, {
    tenant,
    executionId: execution.execution_id,
    fence: execution.fence,
    actor: execution.actor,
    arguments: { planId: null, mine: false, isWaiting: true, claimed: 'wait' },
    signal: lost,
    commit: {
      transactionId: transaction.transaction_id,
      keys,
      planned: { absent, within: keys },
      isDue: () => true,
      check: () => undefined,
    },
  })
  return claim.changes.length > 0
}

async function finish(run: CommitRun): Promise<StepOutcome> {
  const { context, memory } = run
  const { ports, tenant } = context
  await projectTables(context)
  const way = await wayOf(run)
  const tables = await loadInstalledTables(ports, tenant)
  const plan = await planAll(ports.platform, tenant, tables, { absent: way.absent, within: way.keys })
  const held = await heldKeys(ports.platform, tenant, context.execution.execution_id)
  const isOwn = (change: PlannedChange): boolean =>
    way.keys.has(change.key) || (held.has(change.key) && isNobodys(change))
  const open = plan.changes.filter((change) => isOwn(change) && !change.companion)
  const left = [...memory.left, ...openLines(open, way), ...anewLines(way), ...overwrittenLines(way)]
  const hasToDo = open.length > 0 || memory.left.length > 0
  const next: CommitMemory = { ...memory, left: [...new Set(left)], hasToDo }
  const isOpen = new Set(open.map(({ key }) => key))
  await ports.platform.transaction(async (writing) => {
    const transactionId = run.transaction.transaction_id
    const finishing = { transaction: writing, platform: ports.platform, tenant, tables, transactionId }
    await finishRows(finishing, way.returning, isOpen)
    await close(writing, run, 'failed', next)
  })
  return await undoneEnd({ ...run, memory: next })
}

/** With what the last try was refused with. */
function openLines(open: readonly PlannedChange[], { again }: Way): readonly string[] {
  const tried = new Map(again.map((change) => [resourceKey(change.table_name, change.row_id), change]))
  return open.map(({ action, table, naturalName, rowId, key }) => {
    const why = textOf(tried.get(key))
    const line = `could not be undone: ${action} ${table} ${naturalName || rowId} is left to do`
    return why === '' ? line : `${line}: ${why}`
  })
}

/** What was deleted is there again, but not as the same: others may know it by its old id, and what was in it is gone. */
const anewLines = ({ changes, returning }: Way): readonly string[] => {
  const rows = new Set(returning.map(({ key }) => key))
  return changes.flatMap((change) => {
    // What no row asked for is not made anew.
    const isWanted = rows.has(resourceKey(change.table_name, change.row_id))
    const isEnding = change.action === 'replace' || (change.action === 'delete' && isWanted)
    const isLost = change.state === 'done' && isEnding && !change.companion
    if (!isLost) return []
    const data = change.risk === 'deletes data' ? ', without what was stored in it' : ''
    return [`${describe({ ...change, action: 'delete' })} was deleted and is made anew${data}`]
  })
}

const overwrittenLines = ({ changes }: Way): readonly string[] =>
  changes.flatMap((change) =>
    (change.state === 'done' ? overwrittenSecrets(change) : []).map(
      (column) =>
        `${describe(change)}: AWS keeps the ${column} that it was given, for nobody here knows the one before`,
    ),
  )
