/** Edited rows in, ordered changes out: what an apply by this person would do now. */
import type { PolicyLookup } from '#engine/merge/drift-policy.ts'
import { IasqlError } from '#engine/model/error.ts'
import { orderChanges } from '#engine/order/order-changes.ts'
import type { Step } from '#engine/order/step.ts'
import { asAgreed } from '#engine/plan/as-agreed.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { engineActor, type Plan, type PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { Database } from '#postgres/database.ts'
import { editedTables } from '#postgres/statements/edit-tables.ts'
import { readSnapshot } from '#postgres/statements/snapshot-read.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadPolicy } from '../drift/load-policy.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import {
  addDependants,
  addExpressing,
  addReferenced,
  addStates,
  type LoadedStates,
} from './load-neighbours.ts'
import { type LoadedState, loadStates } from './load-states.ts'

/** All edited rows of the tenant, planned; `states` holds them and their neighbours. */
export interface RawPlan extends Plan {
  /** What was committed before any of it was read: edits that came later are left to the next plan. */
  readonly snapshot: string
  readonly states: LoadedStates
  /** What it was planned with. */
  readonly policy: PolicyLookup
}

/** By resource keys; what is left out is planned as the tables say. */
export interface PlanScope {
  /** Rows that are planned as if they were not there. */
  readonly absent?: ReadonlySet<string>
  /** The only rows whose edits by people count. */
  readonly within?: ReadonlySet<string>
}

export async function planAll(
  db: Database,
  tenant: Tenant,
  tables: InstalledTables,
  { absent = new Set(), within }: PlanScope = {},
): Promise<RawPlan> {
  const snapshot = await readSnapshot(db)
  const states: LoadedStates = new Map()
  for (const table of await editedTables(db, tenant)) {
    const type = tables.lookup.get(table)
    if (!type) continue
    const edited = await loadStates(db, tenant, type, { kind: 'dirty' })
    const isLeft = ({ rowId, edit }: LoadedState): boolean =>
      within?.has(resourceKey(table, rowId)) === false && edit?.actor !== engineActor
    addStates(
      states,
      edited.map((state) => (isLeft(state) ? asAgreed(type, state) : state)),
    )
  }
  for (const key of absent) {
    const state = states.get(key)
    if (state) states.set(key, { ...state, desired: null })
  }
  const scope = { db, tenant, tables }
  await addExpressing(scope, states, [...states.values()])
  await addReferenced(scope, states, [...states.values()])
  const policy = await loadPolicy(db, tenant)
  const plan = planWith(tables, states, policy)
  const replaced = plan.changes.filter(getsNewId)
  if (replaced.length === 0) return { ...plan, states, policy, snapshot }
  await addDependants(
    scope,
    states,
    replaced.flatMap((change) => states.get(change.key) ?? []),
  )
  return { ...planWith(tables, states, policy), states, policy, snapshot }
}

/** A new one, or one that the cloud has lost and that is made again. */
const getsNewId = ({ action, cloudId }: PlannedChange): boolean =>
  action === 'replace' || (action === 'create' && cloudId !== null)

const planWith = (tables: InstalledTables, states: LoadedStates, policy: PolicyLookup): Plan =>
  planChanges({ tables: tables.lookup, resources: [...states.values()], policy })

export interface OrderedPlan {
  readonly changes: readonly PlannedChange[]
  readonly steps: readonly Step[]
  readonly dependsOn: Readonly<Record<string, readonly string[]>>
  /** Changes that `wanted` refused, and those that cannot be done without them. */
  readonly leftOut: readonly PlannedChange[]
}

/** Orders the wanted changes; whatever depends on an unwanted one is left out with it. */
export function orderWanted(
  changes: readonly PlannedChange[],
  tables: InstalledTables,
  wanted: (change: PlannedChange) => boolean,
): OrderedPlan {
  const all = ordered(changes, tables)
  const out = new Set(changes.filter((change) => !wanted(change)).map((change) => change.key))
  if (out.size === 0) return { changes, ...all, leftOut: [] }
  const dependants = new Map<string, string[]>()
  for (const [key, needed] of Object.entries(all.dependsOn)) {
    for (const target of needed) {
      const others = dependants.get(target)
      if (others) others.push(key)
      else dependants.set(target, [key])
    }
  }
  const queue = [...out]
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const dependant of dependants.get(key) ?? []) {
      if (out.has(dependant)) continue
      out.add(dependant)
      queue.push(dependant)
    }
  }
  const kept = changes.filter((change) => !out.has(change.key))
  return {
    changes: kept,
    ...ordered(kept, tables),
    leftOut: changes.filter((change) => out.has(change.key)),
  }
}

function ordered(
  changes: readonly PlannedChange[],
  tables: InstalledTables,
): Pick<OrderedPlan, 'steps' | 'dependsOn'> {
  const order = orderChanges(changes, tables.lookup)
  if (order.kind === 'cycle') throw new IasqlError('plan/cycle', order.message)
  return { steps: order.steps, dependsOn: order.dependsOn }
}
