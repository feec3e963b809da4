/** Where replacements wait for one another in a circle, one of them ends its old resource before there is a new one. */
import { buildGraph } from '#engine/order/build-graph.ts'
import { cyclic, shareOf } from '#engine/order/cut-cycles.ts'
import { type Edge, edgesFrom, type Graph, stepKey } from '#engine/order/graph.ts'
import type { Draft } from './draft-change.ts'
import type { PlannedChange } from './planned-change.ts'
import type { TableLookup } from './resource.ts'

/** Turns a replacement of each circle that no column opens; tells whether there was any. */
export function endFirstInCircles(
  tables: TableLookup,
  drafts: Map<string, Draft>,
  changes: readonly PlannedChange[],
): boolean {
  if (!changes.some(({ action, replaceBefore }) => action === 'replace' && !replaceBefore)) return false
  const graph = buildGraph(changes, tables)
  const turned = cyclic(graph, [...graph.nodes.keys()], isBinding).flatMap((circle) => toTurn(graph, circle))
  for (const key of turned) {
    const draft = drafts.get(key)
    if (draft) drafts.set(key, { ...draft, replaceBefore: true })
  }
  return turned.length > 0
}

const isBinding = ({ strength }: Edge): boolean => strength === 'hard' || strength === 'held'

/** Rather one whose new name another has: the rest of the circle need not be without a resource meanwhile. */
function toTurn(graph: Graph, circle: readonly string[]): readonly string[] {
  const within = new Set(circle)
  const replaced = circle.flatMap((key) => {
    const node = graph.nodes.get(key)
    const isOpen = node?.kind === 'create' && within.has(stepKey(node.change.key, 'delete'))
    return node && isOpen && !node.change.replaceBefore ? [node.change.key] : []
  })
  const takes = (change: string) =>
    edgesFrom(graph, stepKey(change, 'create')).some(
      ({ to, milestone }) => milestone === 'gone' && within.has(to),
    )
  const takers = replaced.filter(takes)
  return shareOf(takers.length > 0 ? takers : replaced)
}
