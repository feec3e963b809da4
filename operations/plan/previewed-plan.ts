/** The plan that somebody looked at: what they saw, less what they chose to leave out, must be what is done. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import {
  type PreviewedChange,
  readMovements,
  readPlan,
  readPlanChanges,
} from '#postgres/statements/plan-read.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

export interface PreviewedPlan {
  readonly planId: number
  /** By resource key. */
  readonly changes: ReadonlyMap<string, PreviewedChange>
}

const keyOf = (change: Pick<PreviewedChange, 'table_name' | 'row_id'>): string =>
  resourceKey(change.table_name, change.row_id)

export async function readPreview(ports: Ports, tenant: Tenant, planId: number): Promise<PreviewedPlan> {
  const plan = await readPlan(ports.platform, tenant, planId)
  if (!plan) throw new IasqlError('plan/stale', `there is no plan ${planId} (any more)`)
  if (plan.execution_id !== null) {
    throw new IasqlError('plan/stale', `plan ${planId} was made by execution ${plan.execution_id} for itself`)
  }
  const changes = await readPlanChanges(ports.platform, tenant, planId)
  return { planId, changes: new Map(changes.map((change) => [keyOf(change), change])) }
}

/**
 * Nothing that anybody else has edited is looked at, so that no such row can make a difference. What nobody has edited is
 * planned because of other changes: what has come to point at a target since then keeps that from being replaced.
 * `isOwed`: what an apply of it has yet to do so that its own changes leave all as it was.
 */
export const within = (
  preview: PreviewedPlan | undefined,
  changes: readonly PlannedChange[],
  isOwed: (change: PlannedChange) => boolean = () => false,
): readonly PlannedChange[] =>
  preview
    ? changes.filter((change) => preview.changes.has(change.key) || change.actor === null || isOwed(change))
    : changes

/** Whether the change is one that an apply of the plan is to do. */
export const isToDo = ({ changes }: PreviewedPlan, key: string): boolean => {
  const previewed = changes.get(key)
  return previewed !== undefined && previewed.left_out === null && !previewed.is_dealt_with
}

/** What moved since, by resource key, and how; empty: the plan is as good as when it was made. */
export async function findMoved(
  ports: Ports,
  tenant: Tenant,
  preview: PreviewedPlan,
  changes: readonly PlannedChange[],
): Promise<ReadonlyMap<string, string>> {
  const moved = new Map<string, string>()
  for (const movement of await readMovements(ports.platform, tenant, preview.planId)) {
    moved.set(keyOf(movement), movement.what)
  }
  const now = new Map(changes.map((change) => [change.key, change]))
  for (const [key, previewed] of preview.changes) {
    const what = isToDo(preview, key) ? differenceOf(previewed, now.get(key)) : undefined
    if (what !== undefined && !moved.has(key)) moved.set(key, what)
  }
  return moved
}

/** @throws IasqlError `plan/stale`, with a line for each row that moved. */
export function refuseMoved(preview: PreviewedPlan, moved: ReadonlyMap<string, string>): void {
  if (moved.size === 0) return
  const lines = movedLines(preview, moved)
  throw new IasqlError(
    'plan/stale',
    `plan ${preview.planId} is stale: ${lines.slice(0, 5).join(', ')}${lines.length > 5 ? ', …' : ''}`,
    { detail: lines.slice(0, mostLines).join('\n') },
  )
}

/** `queue jobs: edited again by ann` */
export const movedLines = (preview: PreviewedPlan, moved: ReadonlyMap<string, string>): readonly string[] =>
  [...moved].map(([key, what]) => `${titleOf(preview, key)}: ${what}`)

const mostLines = 100

const titleOf = ({ changes }: PreviewedPlan, key: string): string => {
  const change = changes.get(key)
  return change ? `${change.table_name} ${change.natural_name || change.row_id}` : key
}

/** Where nothing that is recorded has moved, but the plan would be another all the same. */
function differenceOf(previewed: PreviewedChange, present: PlannedChange | undefined): string | undefined {
  if (previewed.companion) return undefined
  if (!present) return 'nothing is to be done about it any more'
  if (present.action !== previewed.action) {
    return `would be a different change now: ${present.action}, because ${present.reason}`
  }
  if (present.editVersion !== previewed.edit_version) return 'edited again'
  const isSame = canonicalJson({ ...present.changed }) === canonicalJson(previewed.changed)
  return isSame ? undefined : 'would change something else now'
}
