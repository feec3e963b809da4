/** Cycles are cut by splitting a change: created bare, then updated; or cleared first, then deleted. */
import { components } from './components.ts'
import { addClear, addEdge, addNode, type Edge, edgesFrom, type Graph, stepKey } from './graph.ts'

export interface Cycle {
  readonly keys: readonly string[]
}

/** Changes `graph` until it has no cycle; gives the first one that cannot be cut. */
export function cutCycles(graph: Graph): Cycle | null {
  const work = cyclic(graph, [...graph.nodes.keys()])
  for (let component = work.pop(); component; component = work.pop()) {
    if (!cutOnce(graph, component)) return { keys: component }
    work.push(...cyclic(graph, component))
  }
  return null
}

/** What waits in a circle of edges that `isKept` admits. */
export function cyclic(
  graph: Graph,
  keys: readonly string[],
  isKept: (edge: Edge) => boolean = () => true,
): string[][] {
  const within = new Set(keys)
  const next = (key: string) =>
    edgesWithin(graph, key, within).flatMap((edge) => (isKept(edge) ? [edge.to] : []))
  return components(keys, next)
    .filter((component) => component.length > 1 || next(component[0] ?? '').includes(component[0] ?? ''))
    .map((component) => [...component].sort())
}

const edgesWithin = (graph: Graph, key: string, within: ReadonlySet<string>): readonly Edge[] =>
  edgesFrom(graph, key).filter((edge) => within.has(edge.to))

/** From what costs nothing to what may fail. */
function cutOnce(graph: Graph, component: readonly string[]): boolean {
  const within = new Set(component)
  const edges = component.flatMap((key) => edgesWithin(graph, key, within))
  const anySoft = edges.filter(({ strength }) => strength === 'soft')
  const updates = anySoft.filter(({ column }) => column !== null)
  const soft = updates.length > 0 ? updates : anySoft
  if (soft.length > 0) {
    for (const edge of soft) removeEdges(graph, edge.from, (other) => other === edge)
    return true
  }
  const columns = edges.filter(({ strength }) => strength === 'column')
  const ends = new Set(
    edges.flatMap(({ milestone, to, column }) => (milestone === 'gone' && column ? [`${to} ${column}`] : [])),
  )
  // Where the step itself is what ends the old pointer, to set the new one later would end it later too.
  const later = columns.filter(
    ({ milestone, from, column }) => milestone !== 'gone' && !ends.has(`${from} ${column}`),
  )
  const free = later.filter(({ from }) => graph.nodes.get(from)?.kind === 'update')
  const cleared = columns.filter(({ milestone }) => milestone === 'gone')
  const held = edges.filter(({ strength }) => strength === 'held')
  const chosen = [free, later, cleared, held].find(({ length }) => length > 0) ?? []
  for (const edge of shareOf(chosen)) cut(graph, edge)
  return chosen.length > 0
}

/** One by one, so that no more is cut than must be; of a large circle a share, or it would take as many looks at it. */
export const shareOf = <Item>(items: readonly Item[]): readonly Item[] =>
  items.slice(0, Math.ceil(items.length / 16))

function cut(graph: Graph, edge: Edge): void {
  if (edge.strength === 'held' || !edge.column) removeEdges(graph, edge.from, (other) => other === edge)
  else if (edge.milestone === 'gone') clearFirst(graph, edge, edge.column)
  else setLater(graph, edge.from, edge.column)
}

function removeEdges(graph: Graph, from: string, isRemoved: (edge: Edge) => boolean): void {
  const kept = edgesFrom(graph, from).filter((edge) => !isRemoved(edge))
  graph.edges.set(from, kept)
}

/** The column waits for an update that follows: the step itself no longer needs what the column points at. */
function setLater(graph: Graph, key: string, column: string): void {
  const node = graph.nodes.get(key)
  if (!node) return
  const waiting = edgesFrom(graph, key).filter((edge) => edge.column === column)
  removeEdges(graph, key, (edge) => edge.column === column)
  graph.nodes.set(key, { ...node, without: [...node.without, column] })
  const later = `${stepKey(node.change.key, 'update')}:${column}`
  addNode(graph, {
    ...node,
    key: later,
    kind: 'update',
    estimateMs: node.updateMs,
    columns: [column],
    without: [],
  })
  addEdge(graph, { from: later, to: key, milestone: 'ready', strength: 'hard', column: null })
  for (const edge of waiting) {
    addEdge(graph, { ...edge, from: later, strength: edge.strength === 'soft' ? 'soft' : 'hard' })
  }
  if (node.kind === 'update') endLater(graph, { from: key, to: later }, column)
}

/** Only now the column points elsewhere: what waits for that waits longer. */
function endLater(graph: Graph, step: Pick<Edge, 'from' | 'to'>, column: string): void {
  for (const from of [...graph.edges.keys()]) {
    const waiting = edgesFrom(graph, from).filter((edge) => edge.to === step.from && edge.column === column)
    if (waiting.length === 0) continue
    removeEdges(graph, from, (edge) => waiting.includes(edge))
    for (const edge of waiting) addEdge(graph, { ...edge, to: step.to })
  }
}

/** `edge.to` is deleted while it points at `edge.from`: the pointer is cleared first, and only that is waited for. */
function clearFirst(graph: Graph, edge: Edge, column: string): void {
  const clear = addClear(graph, edge.to, column)
  addEdge(graph, { from: edge.to, to: clear, milestone: 'gone', strength: 'hard', column: null })
  removeEdges(graph, edge.from, (other) => other.to === edge.to && other.column === column)
  addEdge(graph, { ...edge, to: clear, strength: 'hard' })
}
