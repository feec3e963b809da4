/** The plan of an apply, once it is known what became of earlier calls that matter for it. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { type PlanScope, planAll, type RawPlan } from '../plan/make-plan.ts'
import type { Ports } from '../ports.ts'
import { isEnding } from './claimed-neighbours.ts'
import { readUnread } from './read-unread.ts'
import { settleIntents } from './settle-intents.ts'

interface SettledPlan {
  readonly plan: RawPlan
  /** Keys of rows of which it is not known yet what became of a call. */
  readonly undecided: ReadonlySet<string>
}

export async function planSettled(
  scope: PlanScope & {
    readonly ports: Ports
    readonly tenant: Tenant
    readonly tables: InstalledTables
    readonly signal: AbortSignal
    notice?(message: string): void
  },
): Promise<SettledPlan> {
  const { ports, tenant, tables } = scope
  const undecided = await settleIntents(scope)
  await readUnread(scope)
  const plan = await planAll(ports.platform, tenant, tables, scope)
  const unsure = unsureIn(plan)
  if (unsure.size === 0) return { plan, undecided }
  const left = await settleIntents(scope, unsure)
  return { plan: await planAll(ports.platform, tenant, tables, scope), undecided: left }
}

/** What a lost call may have put into something that is to go: its change would look for it when that is too late. */
function unsureIn({ changes, states }: RawPlan): ReadonlySet<string> {
  const ending = new Set(changes.filter(isEnding).map(({ key }) => key))
  const unsure = changes.filter(({ key, pointsAt }) => {
    const state = states.get(key)
    return state?.isUnsettled && state.claimedBy === null && pointsAt.some((target) => ending.has(target))
  })
  return new Set(unsure.map(({ table, rowId }) => resourceKey(table, rowId)))
}

/** Whether enough is known for a change: what became of its own call, and of those that may have put something into what it ends. */
export function decidedAmong(
  changes: readonly PlannedChange[],
  undecided: ReadonlySet<string>,
): (change: PlannedChange) => boolean {
  const mayHold = new Set(changes.flatMap(({ key, pointsAt }) => (undecided.has(key) ? pointsAt : [])))
  return (change) => !undecided.has(change.key) && !(isEnding(change) && mayHold.has(change.key))
}
