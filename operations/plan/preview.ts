/** What an apply would do, stored as a plan that can be applied by its number; nothing is claimed or changed. */
import type { Row } from '#engine/model/json.ts'
import { describeId } from '#engine/plan/natural-name.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { forgetOldPlans } from '#postgres/statements/plan-read.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import { describeChange } from './describe-change.ts'
import { findAdoptions } from './find-adoptions.ts'
import { orderWanted, planAll } from './make-plan.ts'
import { storePlan } from './store-plan.ts'

export interface PreviewRequest {
  readonly tenant: Tenant
  readonly actor: string
  /** Only changes whose newest edit is the actor's own. */
  readonly mine: boolean
  readonly signal: AbortSignal
}

export interface Preview {
  readonly rows: readonly Row[]
  readonly notices: readonly string[]
}

export async function preview(ports: Ports, request: PreviewRequest): Promise<Preview> {
  const { tenant, actor, mine, signal } = request
  const db = ports.platform
  const tables = await loadInstalledTables(ports, tenant)
  const plan = await planAll(db, tenant, tables)
  const changes = await findAdoptions(
    { ports, db, tenant, tables, states: plan.states, signal },
    plan.changes,
  )
  const ordered = orderWanted(changes, tables, (change) => !mine || change.actor === actor)
  await forgetOldPlans(db, tenant)
  const stored = await storePlan(db, tenant, ordered, { actor, mine, claimant: null })
  return {
    // What goes with its parent is no change of its own: nothing is called for it.
    rows: ordered.changes.filter(({ companion }) => !companion).map((change) => previewRow(change, stored)),
    notices: [...plan.notices, ...leftOutNotice(ordered.leftOut.length)],
  }
}

export const leftOutNotice = (count: number): readonly string[] =>
  count === 0 ? [] : [`${count} changes are left out: somebody else edited the rows or what they depend on.`]

const previewRow = (change: PlannedChange, stored: Awaited<ReturnType<typeof storePlan>>): Row => ({
  action: change.action,
  table_name: change.table,
  id: describeId(change),
  description: describeChange(change),
  plan_id: stored.planId,
  change_id: stored.changeIds.get(change.key) ?? null,
  natural_name: change.naturalName || null,
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
