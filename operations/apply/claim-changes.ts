/** Plans under the tenant's lease and claims the rows of the plan for one execution: from then on nobody else may. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { countSplitSteps } from '#engine/plan/split-steps.ts'
import { executionHolders } from '#postgres/statements/execution-holders.ts'
import { previewedAdoptions } from '#postgres/statements/plan-read.ts'
import { openRows } from '#postgres/statements/transaction-rows.ts'
import { tellUnseen } from '../automatic/tell-unseen.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import { findAdoptions } from '../plan/find-adoptions.ts'
import { holdingLease } from '../plan/holding-lease.ts'
import { type OrderedPlan, orderWanted, type RawPlan } from '../plan/make-plan.ts'
import type { PlanLease } from '../plan/under-lease.ts'
import type { Ports } from '../ports.ts'
import { ownTransaction } from '../transaction/session.ts'
import { type AwaitedRow, awaitedRows } from './awaited-rows.ts'
import { type ChoiceRequest, chooserFor } from './choose-changes.ts'
import { findClaimedNeighbours } from './claimed-neighbours.ts'
import type { ClaimedChange } from './jobs.ts'
import { decidedAmong, planSettled } from './plan-settled.ts'
import { undecidedNotice } from './settle-intents.ts'
import { settledEdits } from './settled-edits.ts'
import { storeClaim } from './store-claim.ts'

export interface ClaimRequest extends ChoiceRequest {
  /** Of the invocation; null: the execution is not started yet. */
  readonly fence: number | null
  readonly signal: AbortSignal
}

export interface Claim {
  readonly changes: readonly PlannedChange[]
  readonly changeIds: ReadonlyMap<string, number>
  readonly notices: readonly string[]
  /** Changes that are not to be done now. */
  readonly unchosen: readonly PlannedChange[]
  /** Changes that wait for rows of other executions. */
  readonly heldBack: number
}

export async function claimChanges(ports: Ports, request: ClaimRequest): Promise<Claim> {
  return await holdingLease(ports, request.tenant, request.signal, (lease) =>
    planAndClaim(ports, request, lease),
  )
}

async function planAndClaim(ports: Ports, request: ClaimRequest, lease: PlanLease): Promise<Claim> {
  const { tenant, executionId, actor, signal, commit } = request
  const db = ports.platform
  const tables = await loadInstalledTables(ports, tenant)
  const told: string[] = []
  const notice = (message: string): void => void told.push(message)
  const scope = { ports, tenant, tables, signal, notice, ...commit?.planned }
  const { plan: whole, undecided } = await planSettled(scope)
  const plan = planFor(whole, commit?.keys)
  // After the plan has read the rows: an edit that it saw is missed by nobody who has a transaction open.
  const open = await openRows(db, tenant, commit?.transactionId ?? (await ownOf(ports, request)))
  const chooser = await chooserFor(ports, request)
  const changes = await findAdoptions(
    { ports, db, tenant, tables, states: plan.states, signal },
    chooser.within(plan.changes),
  )
  const choice = await chooser.choose({ tables, changes, open })
  const isDecided = decidedAmong(changes, undecided)
  const mine = orderWanted(changes, tables, (change) => choice.isChosen(change) && isDecided(change))
  const neighbours = await findClaimedNeighbours(db, tenant, plan, mine.changes)
  const isFree = ({ key }: PlannedChange): boolean =>
    (plan.states.get(key)?.claimedBy ?? null) === null && !neighbours.waiting.has(key)
  const free = orderWanted(mine.changes, tables, isFree)
  lease.lost.throwIfAborted()
  const adoptions = free.changes.filter(({ action }) => action === 'adopt')
  const shown = await previewedAdoptions(db, tenant, adoptions)
  const counted = countSplitSteps(free.changes, free.steps)
  const claimed: OrderedPlan = { ...free, changes: counted.map((change) => decided(change, shown)) }
  const given = { ...request.arguments, ...(commit ? { mine: true } : {}) }
  const held = awaitedRows(plan, given, free.leftOut, neighbours.claimed)
  const stored = await storeClaim(ports, tenant, lease, {
    claimant: { executionId, fence: request.fence },
    actor,
    mine: request.arguments.mine,
    previewId: request.arguments.planId,
    plan: claimed,
    snapshot: plan.snapshot,
    settled: settledEdits(plan, new Set([...undecided, ...open.keys()])),
    held: request.arguments.claimed === 'wait' ? held : [],
  })
  await tellUnseen(ports, tenant, { executionId, changes: choice.unseen })
  return {
    changes: claimed.changes,
    changeIds: stored.changeIds,
    heldBack: request.arguments.claimed === 'wait' ? held.length : 0,
    unchosen: mine.leftOut,
    notices: [
      ...told,
      ...plan.notices,
      ...undecidedNotice(undecided),
      ...choice.notices(mine.leftOut.filter(isDecided)),
      ...(await heldNotice(ports, request, held)),
    ],
  }
}

const ownOf = (ports: Ports, { tenant, actor, connectionId = null }: ClaimRequest): Promise<string | null> =>
  ownTransaction(ports.platform, tenant, { actor, connectionId })

/** A commit settles no edits but its own. */
const planFor = (plan: RawPlan, keys: ReadonlySet<string> | undefined): RawPlan =>
  keys
    ? {
        ...plan,
        notices: [],
        settlements: plan.settlements.filter(({ table, rowId }) => keys.has(resourceKey(table, rowId))),
      }
    : plan

/** An adoption takes over what others may rely on: only what somebody was shown is done. */
const decided = (change: PlannedChange, shown: ReadonlySet<string>): ClaimedChange =>
  change.action === 'adopt'
    ? { ...change, isAdoptable: shown.has(`${change.table}/${change.rowId}/${change.editVersion}`) }
    : change

async function heldNotice(
  ports: Ports,
  { tenant, arguments: given }: ClaimRequest,
  held: readonly AwaitedRow[],
): Promise<readonly string[]> {
  if (held.length === 0) return []
  const ids = new Set(held.flatMap(({ holder }) => holder ?? []))
  const holders = await executionHolders(ports.platform, tenant, [...ids])
  const who = holders.map(({ execution_id: id, actor }) => `execution ${id} of ${actor}`).join(', ')
  const what = given.claimed === 'skip' ? 'are left out' : 'wait'
  const names = held.map(({ table_name: table, name }) => `${table} ${name}`)
  const named = `${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ', …' : ''}`
  return [
    `${held.length} changes ${what} (${named}): their rows, or what they depend on, are being changed by ${who}.`,
  ]
}

/** Of changes that wait. */
const mostNames = 5
