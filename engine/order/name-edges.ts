/** Who takes a name waits for who has it; where AWS trades names in one call, both wait for the same. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import { addEdge, edgesFrom, endOf, type Graph, makerOf, stepKey } from './graph.ts'

/** AWS refuses a new one while an old one has its name; what is unique only among our rows it lets stand side by side. */
export function addNameEdges(graph: Graph, changes: readonly PlannedChange[], tables: TableLookup): void {
  const freedBy = new Map<string, PlannedChange[]>()
  for (const change of changes) {
    for (const { name } of change.frees) freedBy.set(name, [...(freedBy.get(name) ?? []), change])
  }
  /** By who takes a name, who leaves it in the same call. */
  const partners = new Map<string, string[]>()
  for (const change of changes) {
    for (const { name, of } of change.takes) {
      for (const other of freedBy.get(name) ?? []) {
        const [maker, end] = [makerOf(change), leaverOf(other)]
        if (!maker || !end || other.key === change.key) continue
        const areMoves = change.action === 'update' && other.action === 'update'
        if (areMoves && tables.get(change.table)?.grouped) {
          partners.set(maker, [...(partners.get(maker) ?? []), end])
          continue
        }
        // Of moves that go round none can be first: AWS is asked all the same.
        const strength = of === 'cloud' && !areMoves ? 'hard' : 'soft'
        addEdge(graph, { from: maker, to: end, milestone: 'gone', strength, column: null })
      }
    }
  }
  waitTogether(graph, partners)
}

const leaverOf = (change: PlannedChange): string | null =>
  change.action === 'update' ? stepKey(change.key, 'update') : endOf(change)

/** Due at the same moment, their writes share a call, whatever else each of them waits for. */
function waitTogether(graph: Graph, partners: ReadonlyMap<string, readonly string[]>): void {
  const own = new Map([...graph.edges].map(([from, edges]) => [from, [...edges]]))
  for (const maker of partners.keys()) {
    const party = new Set([maker])
    for (const one of party) for (const partner of partners.get(one) ?? []) party.add(partner)
    for (const { to, milestone } of [...party].flatMap((one) => own.get(one) ?? [])) {
      const isOutside = !party.has(to) && edgesFrom(graph, maker).every((edge) => edge.to !== to)
      if (isOutside) addEdge(graph, { from: maker, to, milestone, strength: 'soft', column: null })
    }
  }
}
