/** Edits that need no call: they are done with as soon as they are planned. */
import { projectionIfAny } from '#engine/merge/projection.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { driftOf } from '#postgres/statements/drift-merge.ts'
import type { SettledResource } from '#postgres/statements/resource-settle.ts'
import type { RawPlan } from '../plan/make-plan.ts'

export function settledEdits(plan: RawPlan, undecided: ReadonlySet<string>): readonly SettledResource[] {
  const decided = plan.settlements.filter(({ table, rowId }) => {
    const key = resourceKey(table, rowId)
    // What another execution is about to make of a claimed row decides whether the edit needs a call.
    return !undecided.has(key) && (plan.states.get(key)?.claimedBy ?? null) === null
  })
  return decided.map((settlement) => {
    const state = plan.states.get(resourceKey(settlement.table, settlement.rowId))
    return {
      table_name: settlement.table,
      row_id: settlement.rowId,
      edit_version: settlement.editVersion,
      observed_version: state?.observedVersion ?? null,
      base: settlement.base,
      unprojected: projectionIfAny(settlement.write, state?.desired ?? {}),
      drift: driftOf(settlement.drifted),
    }
  })
}
