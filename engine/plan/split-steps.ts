/** A change that order had to split, to cut a cycle, takes a further call and a further while. */
import type { Step } from '#engine/order/step.ts'
import type { PlannedChange } from './planned-change.ts'

export function countSplitSteps(
  changes: readonly PlannedChange[],
  steps: readonly Step[],
): readonly PlannedChange[] {
  const splits = Map.groupBy(
    steps.filter(({ columns, clears }) => columns !== null || clears.length > 0),
    (step) => step.change,
  )
  if (splits.size === 0) return changes
  return changes.map((change) => {
    const own = splits.get(change.key)
    if (!own) return change
    const laterMs = own.reduce((sum, { estimateMs }) => sum + estimateMs, 0)
    return { ...change, calls: change.calls + own.length, estimateMs: change.estimateMs + laterMs }
  })
}
