/** What an apply would do, stored as a plan that can be applied by its number; nothing is claimed or changed. */
import type { Row } from '#engine/model/json.ts'
import { describeId } from '#engine/plan/natural-name.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { countSplitSteps } from '#engine/plan/split-steps.ts'
import { openRows, pendingKeys } from '#postgres/statements/transaction-rows.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { unseenBefore } from '../automatic/unseen-changes.ts'
import { type InstalledTables, loadInstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import { ownTransaction } from '../transaction/session.ts'
import { basisOf } from './basis.ts'
import { describeChange } from './describe-change.ts'
import { findAdoptions } from './find-adoptions.ts'
import { leftAlone, othersNotice, ownChanges } from './left-out.ts'
import { type OrderedPlan, orderWanted, planAll } from './make-plan.ts'
import { type StoredPlan, storePlan } from './store-plan.ts'

export interface PreviewRequest {
  readonly tenant: Tenant
  readonly actor: string
  /** Only changes whose newest edit is the actor's own. */
  readonly mine: boolean
  /** Over which it is asked for: inside a transaction that is open there, only its rows are shown. */
  readonly connectionId?: string | null | undefined
  readonly signal: AbortSignal
}

export interface Preview {
  readonly rows: readonly Row[]
  readonly notices: readonly string[]
}

/** A plan as it was stored, to be shown or explained. */
export interface StoredPreview {
  readonly tables: InstalledTables
  readonly plan: OrderedPlan
  readonly stored: StoredPlan
  readonly notices: readonly string[]
  /** Whether automatic mode does the change because of this preview. */
  isUnseen(change: PlannedChange): boolean
}

export async function preview(ports: Ports, request: PreviewRequest): Promise<Preview> {
  const { plan, stored, notices, isUnseen } = await storePreview(ports, request)
  return {
    // What goes with its parent is no change of its own: nothing is called for it.
    rows: plan.changes
      .filter(({ companion }) => !companion)
      .map((change) => previewRow(isUnseen(change) ? waiting(change) : change, stored)),
    notices,
  }
}

export async function storePreview(ports: Ports, request: PreviewRequest): Promise<StoredPreview> {
  const { tenant, actor, mine, signal } = request
  const db = ports.platform
  const tables = await loadInstalledTables(ports, tenant)
  const raw = await planAll(db, tenant, tables)
  const { states, policy } = raw
  const changes = await findAdoptions({ ports, db, tenant, tables, states, signal }, raw.changes)
  const own = await ownTransaction(db, tenant, { actor, connectionId: request.connectionId ?? null })
  const open = await openRows(db, tenant, own)
  const keys = own === null ? undefined : await pendingKeys(db, tenant, own)
  const alone = leftAlone(changes, tables, { open, own: keys })
  const isOwn = mine ? ownChanges(changes, tables, actor) : () => true
  const ordered = orderWanted(changes, tables, (change) => alone.isWanted(change) && isOwn(change))
  const plan = { ...ordered, changes: countSplitSteps(ordered.changes, ordered.steps) }
  const unseen = await unseenBefore(ports, tenant, plan.changes)
  const stored = await storePlan(db, tenant, plan, {
    actor,
    mine,
    claimant: null,
    snapshot: raw.snapshot,
    basisOf: basisOf(tables, states, policy),
  })
  const leftOut = [
    ...alone.notices(plan.leftOut.filter(isOwn)),
    ...othersNotice(plan.leftOut.filter(alone.isWanted), isOwn),
  ]
  const told = [...raw.notices, ...leftOut, ...unseen.notices]
  return { tables, plan, stored, notices: told, isUnseen: unseen.isUnseen }
}

const waiting = (change: PlannedChange): PlannedChange => ({
  ...change,
  reason: `${change.reason}; automatic mode does it once it was previewed`,
})

const previewRow = (change: PlannedChange, stored: StoredPlan): Row => ({
  action: change.action,
  table_name: change.table,
  id: describeId(change),
  description: describeChange(change),
  plan_id: stored.planId,
  change_id: stored.changeIds.get(change.key) ?? null,
  natural_name: change.naturalName,
  changed: { ...change.changed },
  reason: change.reason,
  unknown: [...change.unknown],
  depends_on: [...stored.dependsOn(change.key)],
  risk: change.risk,
  calls: change.calls,
  estimate_ms: change.estimateMs,
  actor: change.actor,
  edited_at: change.editedAt,
})
