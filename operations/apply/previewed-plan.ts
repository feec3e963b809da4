/** The plan that somebody looked at: what they saw must be what is done. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { type PreviewedChange, readPlan, readPlanChanges } from '#postgres/statements/plan-read.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

export const keyOf = (change: PreviewedChange): string => resourceKey(change.table_name, change.row_id)

export async function readPreview(
  ports: Ports,
  tenant: Tenant,
  planId: number,
): Promise<readonly PreviewedChange[]> {
  const plan = await readPlan(ports.platform, tenant, planId)
  if (!plan) throw new IasqlError('plan/stale', `there is no plan ${planId} (any more)`)
  if (plan.execution_id !== null) {
    throw new IasqlError('plan/stale', `plan ${planId} was made by execution ${plan.execution_id} for itself`)
  }
  return await readPlanChanges(ports.platform, tenant, planId)
}

export function refuseStale(
  planId: number | null,
  previewed: readonly PreviewedChange[],
  changes: readonly PlannedChange[],
  ended: ReadonlySet<string>,
): void {
  const now = new Map(changes.map((change) => [change.key, change]))
  const moved = previewed.filter((change) => {
    if (ended.has(keyOf(change))) return false
    const present = now.get(keyOf(change))
    return (
      !present ||
      present.action !== change.action ||
      present.editVersion !== change.edit_version ||
      canonicalJson({ ...present.changed }) !== canonicalJson(change.changed)
    )
  })
  if (moved.length === 0) return
  const names = moved.map((change) => `${change.table_name} ${change.natural_name ?? change.row_id}`)
  throw new IasqlError(
    'plan/stale',
    `plan ${planId} is stale: ${names.slice(0, 5).join(', ')} changed since`,
    {
      detail: names.join('\n'),
    },
  )
}
