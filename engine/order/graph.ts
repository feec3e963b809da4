/** The graph of steps while it is made: who waits for whom, and which edges may give way. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { Step, StepKind, StepNeed } from './step.ts'

export interface Edge {
  /** The step that waits. */
  readonly from: string
  readonly to: string
  readonly milestone: StepNeed['milestone']
  /**
   * `soft`: good manners only, the first to go in a cycle. `column`: dropped by leaving that column to a step of its own.
   * `held`: dropped after those, in the hope that the cloud lets go by itself of what cannot be cleared. `hard`: never.
   */
  readonly strength: 'hard' | 'held' | 'column' | 'soft'
  readonly column: string | null
}

export interface Node {
  readonly key: string
  readonly change: PlannedChange
  readonly kind: StepKind
  readonly estimateMs: number
  /** Of an update that is split off. */
  readonly updateMs: number
  readonly columns: readonly string[] | null
  readonly without: readonly string[]
  readonly clears: readonly string[]
}

export interface Graph {
  readonly nodes: Map<string, Node>
  /** Edges by the step that waits. */
  readonly edges: Map<string, Edge[]>
}

export const stepKey = (change: string, kind: StepKind | 'clear'): string => `${change}#${kind}`

export function addEdge(graph: Graph, edge: Edge): void {
  if (!graph.nodes.has(edge.from) || !graph.nodes.has(edge.to)) return
  const list = graph.edges.get(edge.from)
  if (!list) graph.edges.set(edge.from, [edge])
  else if (!isKnown(list, edge)) {
    list.push(edge)
    indexes.get(list)?.add(edgeKey(edge))
  }
}

/** Of long lists only: deleting a network waits for everything in it. */
const indexes = new WeakMap<readonly Edge[], Set<string>>()
const longList = 16

function isKnown(list: readonly Edge[], edge: Edge): boolean {
  if (list.length < longList) return list.some((other) => isSameEdge(other, edge))
  const index = indexes.get(list) ?? new Set(list.map(edgeKey))
  indexes.set(list, index)
  return index.has(edgeKey(edge))
}

const edgeKey = ({ to, milestone, strength, column }: Edge): string =>
  `${to} ${milestone} ${strength} ${column}`

export function addNode(graph: Graph, node: Node): void {
  if (!graph.nodes.has(node.key)) graph.nodes.set(node.key, node)
}

/** A step that clears one column of the change whose step `key` is; gives the new step's key. */
export function addClear(graph: Graph, key: string, column: string): string {
  const node = graph.nodes.get(key)
  if (!node) return key
  const clear = `${stepKey(node.change.key, 'clear')}:${column}`
  const rest = { columns: [], without: [], clears: [column] }
  addNode(graph, { ...node, ...rest, key: clear, kind: 'update', estimateMs: node.updateMs })
  // Of a replaced one the old is meant, which the row stands for until there is a new one.
  const maker = stepKey(node.change.key, 'create')
  addEdge(graph, { from: maker, to: clear, milestone: 'ready', strength: 'hard', column: null })
  return clear
}

const isSameEdge = (a: Edge, b: Edge): boolean =>
  a.to === b.to && a.milestone === b.milestone && a.strength === b.strength && a.column === b.column

export const edgesFrom = (graph: Graph, key: string): readonly Edge[] => graph.edges.get(key) ?? []

/** Where the step acts: a replaced or deleted resource is deleted where it lives, not where its row is now. */
export function placeOf({ kind, change, clears }: Node): Pick<Step, 'accountId' | 'region'> {
  const isOld = kind === 'delete' || kind === 'companion' || kind === 'forget' || clears.length > 0
  return isOld ? (change.cloudPlace ?? change.place) : change.place
}

/** The step that brings the change's new state, and the one that ends its old state. */
export const makerOf = ({ action, key }: PlannedChange): string | null => {
  if (action === 'delete' || action === 'forget') return null
  return stepKey(key, action === 'replace' ? 'create' : action)
}
export const endOf = ({ action, key, companion }: PlannedChange): string | null => {
  if (action === 'delete') return stepKey(key, companion ? 'companion' : 'delete')
  return action === 'replace' ? stepKey(key, 'delete') : null
}
