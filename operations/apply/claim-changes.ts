/** Plans under the tenant's lease and claims the rows of the plan for one execution: from then on nobody else may. */
import type { Json } from '#engine/model/json.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { endedKeys } from '#postgres/statements/change-load.ts'
import { executionHolders } from '#postgres/statements/execution-holders.ts'
import { previewedAdoptions } from '#postgres/statements/plan-read.ts'
import { settleResources } from '#postgres/statements/resource-settle.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import { findAdoptions } from '../plan/find-adoptions.ts'
import { type OrderedPlan, orderWanted, planAll, type RawPlan } from '../plan/make-plan.ts'
import { leftOutNotice } from '../plan/preview.ts'
import { storePlan } from '../plan/store-plan.ts'
import { LeaseLost, underLease } from '../plan/under-lease.ts'
import type { Ports } from '../ports.ts'
import type { ApplyArguments } from './apply-arguments.ts'
import type { ClaimedChange } from './jobs.ts'
import { keyOf, readPreview, refuseStale } from './previewed-plan.ts'
import { settleIntents, undecidedNotice } from './settle-intents.ts'

export interface ClaimRequest {
  readonly tenant: Tenant
  readonly executionId: number
  /** Of the invocation; null: the execution is not started yet. */
  readonly fence: number | null
  readonly actor: string
  readonly arguments: ApplyArguments
  readonly signal: AbortSignal
}

export interface Claim {
  readonly changes: readonly PlannedChange[]
  readonly changeIds: ReadonlyMap<string, number>
  readonly notices: readonly string[]
  /** Changes that wait for rows of other executions. */
  readonly heldBack: number
}

export async function claimChanges(ports: Ports, request: ClaimRequest): Promise<Claim> {
  for (;;) {
    try {
      return await underLease(ports, request.tenant, request.signal, (lost) =>
        planAndClaim(ports, request, lost),
      )
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error
    }
  }
}

async function planAndClaim(ports: Ports, request: ClaimRequest, lost: AbortSignal): Promise<Claim> {
  const { tenant, executionId, actor, signal } = request
  const db = ports.platform
  const tables = await loadInstalledTables(ports, tenant)
  const undecided = await settleIntents({ ports, tenant, tables, signal })
  const plan = await planAll(db, tenant, tables)
  const changes = await findAdoptions(
    { ports, db, tenant, tables, states: plan.states, signal },
    plan.changes,
  )
  const isChosen = await choose(ports, request, changes)
  const chosen: Choice = (change) => isChosen(change) && !undecided.has(change.key)
  const isFree = (change: PlannedChange): boolean => {
    const holder = plan.states.get(change.key)?.claimedBy ?? null
    return holder === null || holder === executionId
  }
  const mine = orderWanted(changes, tables, chosen)
  const free = orderWanted(mine.changes, tables, isFree)
  lost.throwIfAborted()
  await settle(ports, request, plan, undecided)
  const previewed = await previewedAdoptions(db, tenant)
  const claimed: OrderedPlan = { ...free, changes: free.changes.map((change) => decided(change, previewed)) }
  const stored = await storePlan(db, tenant, claimed, {
    actor,
    mine: request.arguments.mine,
    claimant: { executionId, fence: request.fence },
  })
  return {
    changes: claimed.changes.filter((change) => stored.changeIds.has(change.key)),
    changeIds: stored.changeIds,
    heldBack: free.leftOut.length,
    notices: [
      ...plan.notices,
      ...undecidedNotice(undecided),
      ...(request.arguments.mine ? leftOutNotice(mine.leftOut.length) : []),
      ...(await heldNotice(ports, request, plan, free.leftOut)),
    ],
  }
}

/** An adoption takes over what others may rely on: only what somebody was shown is done. */
const decided = (change: PlannedChange, previewed: ReadonlySet<string>): ClaimedChange =>
  change.action === 'adopt'
    ? { ...change, isAdoptable: previewed.has(`${change.table}/${change.rowId}/${change.editVersion}`) }
    : change

type Choice = (change: PlannedChange) => boolean

async function choose(
  ports: Ports,
  { tenant, executionId, actor, arguments: given }: ClaimRequest,
  changes: readonly PlannedChange[],
): Promise<Choice> {
  const ended = await endedKeys(ports.platform, tenant, executionId)
  const previewed = given.planId === null ? undefined : await readPreview(ports, tenant, given.planId)
  if (previewed) refuseStale(given.planId, previewed, changes, ended)
  const wanted = previewed && new Set(previewed.map(keyOf))
  return (change) =>
    !ended.has(change.key) && (!given.mine || change.actor === actor) && (!wanted || wanted.has(change.key))
}

/** Edits that need no call are done with as soon as they are planned. */
async function settle(
  ports: Ports,
  { tenant }: ClaimRequest,
  plan: RawPlan,
  undecided: ReadonlySet<string>,
): Promise<void> {
  const decided = plan.settlements.filter(({ table, rowId }) => !undecided.has(resourceKey(table, rowId)))
  const settled = decided.map((settlement) => {
    const desired = plan.states.get(resourceKey(settlement.table, settlement.rowId))?.desired ?? {}
    const names = Object.keys(settlement.write)
    const expected = Object.fromEntries(names.map((name) => [name, desired[name] ?? null]))
    const unprojected: Json = names.length > 0 ? { write: settlement.write, expected } : null
    return {
      table_name: settlement.table,
      row_id: settlement.rowId,
      edit_version: settlement.editVersion,
      base: settlement.base,
      unprojected,
    }
  })
  await settleResources(ports.platform, tenant, settled)
}

async function heldNotice(
  ports: Ports,
  { tenant, arguments: given }: ClaimRequest,
  plan: RawPlan,
  held: readonly PlannedChange[],
): Promise<readonly string[]> {
  if (held.length === 0) return []
  const ids = new Set(held.flatMap((change) => plan.states.get(change.key)?.claimedBy ?? []))
  const holders = await executionHolders(ports.platform, tenant, [...ids])
  const who = holders.map(({ execution_id: id, actor }) => `execution ${id} of ${actor}`).join(', ')
  const what = given.claimed === 'skip' ? 'are left out' : 'wait'
  return [`${held.length} changes ${what}: their rows, or what they depend on, are being changed by ${who}.`]
}
