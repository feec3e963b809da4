/** Changes in, steps out: each knows what it waits for and how much waits behind it. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import { buildGraph } from './build-graph.ts'
import { components } from './components.ts'
import { cutCycles } from './cut-cycles.ts'
import { edgesFrom, type Graph, placeOf } from './graph.ts'
import type { Step } from './step.ts'

export type Ordered =
  | {
      readonly kind: 'ordered'
      /** Dependencies before dependants. */
      readonly steps: readonly Step[]
      /** Changes that a change waits for. */
      readonly dependsOn: Readonly<Record<string, readonly string[]>>
    }
  | { readonly kind: 'cycle'; readonly keys: readonly string[]; readonly message: string }

export function orderChanges(changes: readonly PlannedChange[], tables: TableLookup): Ordered {
  const graph = buildGraph(changes, tables)
  const cycle = cutCycles(graph)
  if (cycle) return describeCycle(graph, cycle.keys)
  const order = components([...graph.nodes.keys()].sort(), (key) =>
    edgesFrom(graph, key).map((edge) => edge.to),
  ).flat()
  const priorities = longestPaths(graph, order)
  return {
    kind: 'ordered',
    steps: order.flatMap((key) => stepOf(graph, key, priorities)),
    dependsOn: changeDependencies(graph, order),
  }
}

function longestPaths(graph: Graph, order: readonly string[]): ReadonlyMap<string, number> {
  const behind = new Map<string, number>()
  for (const key of [...order].reverse()) {
    const priority = (graph.nodes.get(key)?.estimateMs ?? 0) + (behind.get(key) ?? 0)
    behind.set(key, priority)
    for (const { to } of edgesFrom(graph, key)) behind.set(to, Math.max(behind.get(to) ?? 0, priority))
  }
  return behind
}

function stepOf(graph: Graph, key: string, priorities: ReadonlyMap<string, number>): readonly Step[] {
  const node = graph.nodes.get(key)
  if (!node) return []
  const { change, kind, columns, without, clears, estimateMs } = node
  const needs = edgesFrom(graph, key).map(({ to, milestone }) => ({ step: to, milestone }))
  const unique = new Map(needs.map((need) => [`${need.step} ${need.milestone}`, need]))
  const step: Step = {
    key,
    change: change.key,
    kind,
    table: change.table,
    ...placeOf(node),
    needs: [...unique.keys()].sort().flatMap((id) => unique.get(id) ?? []),
    columns,
    without,
    clears,
    estimateMs,
    priorityMs: priorities.get(key) ?? estimateMs,
  }
  return [step]
}

function changeDependencies(
  graph: Graph,
  order: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const dependsOn = new Map<string, Set<string>>()
  for (const key of order) {
    const change = graph.nodes.get(key)?.change.key ?? ''
    const needed = dependsOn.get(change) ?? new Set<string>()
    dependsOn.set(change, needed)
    for (const { to, milestone } of edgesFrom(graph, key)) {
      const other = graph.nodes.get(to)?.change.key
      if (other && other !== change && milestone !== 'tried') needed.add(other)
    }
  }
  return Object.fromEntries([...dependsOn].map(([change, needed]) => [change, [...needed].sort()]))
}

function describeCycle(graph: Graph, keys: readonly string[]): Ordered {
  const names = keys.flatMap((key) => {
    const change = graph.nodes.get(key)?.change
    return change ? [`${change.table} ${change.naturalName || change.rowId}`] : []
  })
  const message = `these changes wait for one another in a circle: ${[...new Set(names)].join(', ')}`
  return {
    kind: 'cycle',
    keys: [...new Set(keys.map((key) => graph.nodes.get(key)?.change.key ?? key))],
    message,
  }
}
