/** What must wait though its row is free: nothing goes that others are putting something into, and nothing is put into what goes. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { Database } from '#postgres/database.ts'
import {
  changesPointingAt,
  changesRenewing,
  type NeighbourChange,
} from '#postgres/statements/change-neighbours.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { RawPlan } from '../plan/make-plan.ts'
import type { AwaitedRow } from './awaited-rows.ts'

export interface ClaimedNeighbours {
  /** Keys of the changes that wait. */
  readonly waiting: ReadonlySet<string>
  /** The rows of others that they wait for. */
  readonly claimed: readonly AwaitedRow[]
}

export async function findClaimedNeighbours(
  db: Database,
  tenant: Tenant,
  plan: Pick<RawPlan, 'changes' | 'states'>,
  wanted: readonly PlannedChange[],
): Promise<ClaimedNeighbours> {
  const waiting = new Set<string>()
  const claimed = new Map<string, AwaitedRow>()
  const wait = (change: string, { table_name, row_id, name, holder }: AwaitedRow): void => {
    const key = resourceKey(table_name, row_id)
    if (key === change) return
    waiting.add(change)
    claimed.set(key, { table_name, row_id, name: name || String(row_id), holder })
  }
  const ending = new Set(wanted.filter(isEnding).map(({ key }) => key))
  for (const found of await changesPointingAt(db, tenant, [...ending])) wait(found.about, found)
  // What was planned may be sent as the row is now.
  for (const { key, table, rowId, naturalName, pointsAt } of plan.changes) {
    const holder = plan.states.get(key)?.claimedBy ?? null
    if (holder === null) continue
    for (const target of pointsAt) {
      if (ending.has(target)) wait(target, { table_name: table, row_id: rowId, name: naturalName, holder })
    }
  }
  for (const [change, found] of await renewedTargets(db, tenant, plan, wanted)) wait(change, found)
  return { waiting, claimed: [...claimed.values()] }
}

export const isEnding = ({ action, companion }: PlannedChange): boolean =>
  !companion && (action === 'replace' || action === 'delete')

/** Targets of wanted changes that others replace, though as their rows are now nothing is to be done about them. */
async function renewedTargets(
  db: Database,
  tenant: Tenant,
  { changes, states }: Pick<RawPlan, 'changes' | 'states'>,
  wanted: readonly PlannedChange[],
): Promise<readonly (readonly [string, NeighbourChange])[]> {
  const planned = new Set(changes.map(({ key }) => key))
  const users = new Map<string, string[]>()
  for (const { key, pointsAt } of wanted) {
    for (const target of pointsAt) {
      if (planned.has(target) || (states.get(target)?.claimedBy ?? null) === null) continue
      users.set(target, [...(users.get(target) ?? []), key])
    }
  }
  const renewing = await changesRenewing(db, tenant, [...users.keys()])
  return renewing.flatMap((found) => (users.get(found.about) ?? []).map((key) => [key, found] as const))
}
