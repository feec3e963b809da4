/** What an apply has to wait for: changes of rows that others have claimed, what depends on those, and edits taken back meanwhile. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { HeldRow } from '#postgres/statements/execution-held.ts'
import type { RawPlan } from '../plan/make-plan.ts'
import type { ApplyArguments } from './apply-arguments.ts'

export interface AwaitedRow extends HeldRow {
  /** For people. */
  readonly name: string
}

export function awaitedRows(
  plan: RawPlan,
  given: ApplyArguments,
  leftOut: readonly PlannedChange[],
  neighbours: readonly AwaitedRow[],
): readonly AwaitedRow[] {
  const holderOf = (key: string): number | null => plan.states.get(key)?.claimedBy ?? null
  const changes = leftOut.map(({ key, table, rowId, naturalName }) => ({
    ...{ table_name: table, row_id: rowId, holder: holderOf(key) },
    name: naturalName,
  }))
  const listed = new Set(leftOut.map(({ key }) => key))
  const isNew = (key: string): boolean => listed.size < listed.add(key).size
  const others = neighbours.filter((row) => isNew(resourceKey(row.table_name, row.row_id)))
  if (given.mine || given.planId !== null) return [...changes, ...others]
  // As it is now such a row needs no call; once its holder is done with what it read before, it will.
  const takenBack = plan.settlements.flatMap(({ table, rowId }) => {
    const key = resourceKey(table, rowId)
    const holder = holderOf(key)
    return holder === null || !isNew(key)
      ? []
      : [{ table_name: table, row_id: rowId, holder, name: String(rowId) }]
  })
  return [...changes, ...others, ...takenBack]
}
