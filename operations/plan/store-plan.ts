/** Stores an ordered plan as rows: to be looked at, or claimed for an execution. */
import type { Json, JsonObject } from '#engine/model/json.ts'
import { apparentOrder } from '#engine/order/apparent-order.ts'
import type { Step } from '#engine/order/step.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { Queryable } from '#postgres/database.ts'
import {
  type ChangeBasis,
  type Claimant,
  insertChanges,
  insertPlan,
  type NewChange,
  reserveChangeIds,
} from '#postgres/statements/plan-insert.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { OrderedPlan } from './make-plan.ts'

export interface StoredPlan {
  readonly planId: number
  /** By change key; of an execution only those that it could claim. */
  readonly changeIds: ReadonlyMap<string, number>
  readonly dependsOn: (key: string) => readonly number[]
}

export async function storePlan(
  db: Queryable,
  tenant: Tenant,
  plan: OrderedPlan,
  by: {
    readonly actor: string
    readonly mine: boolean
    readonly claimant: Claimant | null
    /** Since when the plan has read edits. */
    readonly snapshot: string
    /** Of a preview, by change key. */
    readonly basisOf?: (key: string) => ChangeBasis
  },
): Promise<StoredPlan> {
  const planId = await insertPlan(db, tenant, {
    madeBy: by.actor,
    mine: by.mine,
    executionId: by.claimant?.executionId ?? null,
    snapshot: by.snapshot,
  })
  const ids = await reserveChangeIds(db, tenant, plan.changes.length)
  const changeIds = new Map(plan.changes.map((change, index) => [change.key, ids[index] ?? 0]))
  const order = apparentOrder(plan.dependsOn, plan.steps)
  const idsOf = (keys: readonly string[] = []): readonly number[] =>
    keys.flatMap((key) => changeIds.get(key) ?? [])
  const dependsOn = (key: string): readonly number[] => idsOf(order[key])
  const circleOf = (key: string): readonly number[] =>
    idsOf(plan.dependsOn[key]?.filter((needed) => !order[key]?.includes(needed)))
  const steps = Map.groupBy(plan.steps, (step) => step.change)
  const changes = plan.changes.map((change) =>
    newChange(change, changeIds.get(change.key) ?? 0, {
      depends_on: dependsOn(change.key),
      circle: circleOf(change.key),
      basis: by.basisOf?.(change.key) ?? {},
      // A preview is planned afresh when it is applied: it need not carry what an execution works with.
      planned: by.claimant === null ? {} : (change as unknown as Json),
      steps: by.claimant === null ? [] : storedSteps(steps.get(change.key) ?? []),
    }),
  )
  const stored = await insertChanges(db, tenant, { planId, claimant: by.claimant, changes })
  return {
    planId,
    changeIds: new Map([...changeIds].filter(([, id]) => stored.has(id))),
    dependsOn,
  }
}

const storedSteps = (steps: readonly Step[]): Json =>
  steps.map((step) => ({ step, state: 'pending' })) as unknown as Json

const newChange = (
  change: PlannedChange,
  changeId: number,
  work: Pick<NewChange, 'basis' | 'planned' | 'steps' | 'depends_on' | 'circle'>,
): NewChange => ({
  change_id: changeId,
  action: change.action,
  table_name: change.table,
  row_id: change.rowId,
  natural_name: change.naturalName,
  cloud_id: change.cloudId,
  changed: change.changed as unknown as JsonObject,
  reason: change.reason,
  risk: change.risk,
  unknown: change.unknown,
  calls: change.calls,
  estimate_ms: change.estimateMs,
  actor: change.actor,
  edited_at: change.editedAt,
  edit_version: change.editVersion,
  account_id: change.place.accountId,
  region: change.place.region,
  companion: change.companion,
  ...work,
})
