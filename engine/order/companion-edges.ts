/** What is done about a companion is over before its parent is made anew: what comes with that is given the same, or taken away again. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { addEdge, endOf, type Graph, makerOf } from './graph.ts'

/** Meanwhile its row would come to stand for another, and what was asked of the old one be told of the new one. */
export function addCompanionEdges(
  graph: Graph,
  changes: readonly PlannedChange[],
  byKey: ReadonlyMap<string, PlannedChange>,
): void {
  for (const change of changes) {
    const parent = change.parent === null || change.companion ? undefined : byKey.get(change.parent)
    // What is made anew itself comes to stand in the new parent.
    if (parent?.action !== 'replace' || change.action === 'replace') continue
    const [from, to] = [
      parent.replaceBefore ? endOf(parent) : makerOf(parent),
      makerOf(change) ?? endOf(change),
    ]
    if (from && to) addEdge(graph, { from, to, milestone: 'tried', strength: 'soft', column: null })
  }
}
