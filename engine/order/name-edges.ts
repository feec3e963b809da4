/** Who takes a name waits for who has it; where names go round and AWS trades them in one call, all wait for the same. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import { components } from './components.ts'
import { addEdge, edgesFrom, endOf, type Graph, makerOf, stepKey } from './graph.ts'

/** By who takes a name, who leaves it. */
type Leavers = ReadonlyMap<string, readonly string[]>

/** AWS refuses a new one while an old one has its name; what is unique only among our rows it lets stand side by side. */
export function addNameEdges(graph: Graph, changes: readonly PlannedChange[], tables: TableLookup): void {
  const freedBy = new Map<string, PlannedChange[]>()
  for (const change of changes) {
    for (const { name } of change.frees) freedBy.set(name, [...(freedBy.get(name) ?? []), change])
  }
  const grouped = new Map<string, string[]>()
  for (const change of changes) {
    for (const { name, of } of change.takes) {
      for (const other of freedBy.get(name) ?? []) {
        const [maker, end] = [makerOf(change), leaverOf(other)]
        if (!maker || !end || other.key === change.key) continue
        const areMoves = change.action === 'update' && other.action === 'update'
        if (areMoves && tables.get(change.table)?.grouped) {
          grouped.set(maker, [...(grouped.get(maker) ?? []), end])
          continue
        }
        // Of moves that go round none can be first: AWS is asked all the same.
        const strength = of === 'cloud' && !areMoves ? 'hard' : 'soft'
        addEdge(graph, { from: maker, to: end, milestone: 'gone', strength, column: null })
      }
    }
  }
  addMoves(graph, grouped)
}

/** Only those that go round need one call: of others who leaves goes first, as it may be refused. */
function addMoves(graph: Graph, grouped: Leavers): void {
  const leaversOf = (key: string) => grouped.get(key) ?? []
  const rings = components([...grouped.keys()], leaversOf).filter(({ length }) => length > 1)
  const ringOf = new Map(rings.flatMap((ring) => ring.map((key) => [key, ring] as const)))
  for (const [from, ends] of grouped) {
    for (const to of ends.filter((end) => !ringOf.has(from) || ringOf.get(from) !== ringOf.get(end)))
      addEdge(graph, { from, to, milestone: 'gone', strength: 'soft', column: null })
  }
  waitTogether(graph, rings)
}

const leaverOf = (change: PlannedChange): string | null =>
  change.action === 'update' || change.action === 'forget'
    ? stepKey(change.key, change.action)
    : endOf(change)

/** Due at the same moment, their writes share a call, whatever else each of them waits for. */
function waitTogether(graph: Graph, rings: readonly (readonly string[])[]): void {
  for (const ring of rings) {
    const party = new Set(ring)
    const needed = ring.flatMap((key) => edgesFrom(graph, key)).filter(({ to }) => !party.has(to))
    for (const from of ring) {
      const known = new Set(edgesFrom(graph, from).map(({ to }) => to))
      for (const { to, milestone } of needed.filter((edge) => !known.has(edge.to)))
        addEdge(graph, { from, to, milestone, strength: 'soft', column: null })
    }
  }
}
