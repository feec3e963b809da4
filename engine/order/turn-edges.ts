/** Of several new rows that AWS takes only one of, the older is tried first: whose call came first would be chance. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import { addEdge, type Graph, makerOf } from './graph.ts'

/** Where a unique key keeps rows apart, what else may collide does not do so between two of them. */
export function addTurnEdges(graph: Graph, changes: readonly PlannedChange[], tables: TableLookup): void {
  for (const contenders of contendersOf(changes, tables)) {
    for (const [index, change] of contenders.entries()) {
      const older = contenders[index - 1]
      const [from, to] = [makerOf(change), older && makerOf(older)]
      if (from && to) addEdge(graph, { from, to, milestone: 'tried', strength: 'soft', column: null })
    }
  }
}

/** Changes that take the same name, oldest row first. */
function contendersOf(
  changes: readonly PlannedChange[],
  tables: TableLookup,
): readonly (readonly PlannedChange[])[] {
  const byName = new Map<string, PlannedChange[]>()
  for (const change of changes) {
    if (tables.get(change.table)?.uniqueKey !== false) continue
    for (const { name, of } of change.takes) {
      if (of === 'cloud') byName.set(name, [...(byName.get(name) ?? []), change])
    }
  }
  return [...byName.values()].map((contenders) => contenders.toSorted((a, b) => a.rowId - b.rowId))
}
