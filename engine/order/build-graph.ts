/** Edges between the steps of a plan: dependencies first, dependants of what goes away before it goes. */
import type { ChangeReference, PlannedChange } from '#engine/plan/planned-change.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import { addCompanionEdges } from './companion-edges.ts'
import { addClear, addEdge, type Edge, endOf, type Graph, makerOf, type Node, stepKey } from './graph.ts'
import { addNameEdges } from './name-edges.ts'
import type { StepKind } from './step.ts'
import { addTurnEdges } from './turn-edges.ts'

export function buildGraph(changes: readonly PlannedChange[], tables: TableLookup): Graph {
  const graph: Graph = { nodes: new Map(), edges: new Map() }
  const sorted = [...changes].sort((a, b) => (a.key < b.key ? -1 : 1))
  const byKey = new Map(sorted.map((change) => [change.key, change]))
  for (const change of sorted) {
    for (const node of nodesOf(change, tables)) graph.nodes.set(node.key, node)
  }
  for (const change of sorted) {
    if (change.action === 'replace') addReplaceEdge(graph, change)
    for (const reference of change.references) {
      const target = byKey.get(reference.target)
      const add = reference.side === 'base' ? addHoldingEdges : addReferenceEdges
      if (target) add(graph, change, reference, target)
    }
    if (change.companion && change.parent) {
      const own = stepKey(change.key, 'companion')
      addEdge(graph, hard(own, stepKey(change.parent, 'delete'), 'gone'))
      addEdge(graph, hard(own, stepKey(change.parent, 'companion'), 'gone'))
    }
  }
  addCompanionEdges(graph, sorted, byKey)
  addNameEdges(graph, sorted, tables)
  addTurnEdges(graph, sorted, tables)
  return graph
}

const kindsOf: Record<PlannedChange['action'], readonly StepKind[]> = {
  create: ['create'],
  update: ['update'],
  replace: ['create', 'delete'],
  delete: ['delete'],
  adopt: ['adopt'],
  forget: ['forget'],
}

function nodesOf(change: PlannedChange, tables: TableLookup): readonly Node[] {
  const kinds: readonly StepKind[] = change.companion ? ['companion'] : kindsOf[change.action]
  return kinds.map((kind) => ({
    key: stepKey(change.key, kind),
    change,
    kind,
    estimateMs: estimateOf(change, kind, tables),
    updateMs: tables.get(change.table)?.estimates.updateMs ?? 0,
    columns: null,
    without: [],
    clears: [],
  }))
}

function estimateOf(change: PlannedChange, kind: StepKind, tables: TableLookup): number {
  const estimates = tables.get(change.table)?.estimates
  if (change.action !== 'replace' || !estimates) return change.estimateMs
  return kind === 'create' ? estimates.createMs : estimates.deleteMs
}

const hard = (from: string, to: string, milestone: Edge['milestone']): Edge => ({
  from,
  to,
  milestone,
  strength: 'hard',
  column: null,
})

function addReplaceEdge(graph: Graph, { key, replaceBefore }: PlannedChange): void {
  const [create, remove] = [stepKey(key, 'create'), stepKey(key, 'delete')]
  addEdge(graph, replaceBefore ? hard(create, remove, 'gone') : hard(remove, create, 'ready'))
}

function addReferenceEdges(
  graph: Graph,
  change: PlannedChange,
  reference: ChangeReference,
  target: PlannedChange,
): void {
  const { cuttable, need, isExtra = false } = reference
  const [maker, targetMaker] = [makerOf(change), makerOf(target)]
  if (!targetMaker) return
  if (maker) {
    // An update of what is there already need not come first where that would make a cycle.
    const isThere = target.action === 'update'
    // What is there has some value in any column of it, so an update may leave each to a step of its own.
    const strength = cuttable || change.action === 'update' ? 'column' : 'hard'
    const edge = { from: maker, to: targetMaker, column: columnOf(reference) }
    if (isThere || isExtra) addEdge(graph, { ...edge, milestone: 'ready', strength: 'soft' })
    else addEdge(graph, { ...edge, milestone: need, strength })
  }
  addSuccessorEdge(graph, change, reference, target)
}

/** To leave the column to a later step would not do without an extra. */
const columnOf = ({ column, isExtra }: ChangeReference): string | null => (isExtra ? null : column)

const holdOf = ({ cuttable, isFixed }: ChangeReference): Edge['strength'] =>
  cuttable ? 'column' : isFixed ? 'hard' : 'held'

/** The old target goes once the change has let go of it. */
function addHoldingEdges(
  graph: Graph,
  change: PlannedChange,
  reference: ChangeReference,
  target: PlannedChange,
): void {
  const column = columnOf(reference)
  const [maker, end] = [makerOf(change), endOf(change)]
  const targetEnd = endOf(target) ?? (reference.isExtra ? makerOf(target) : null)
  // A companion goes with its parent and without a call, so nothing waits for it.
  if (!targetEnd || target.key === change.key || change.companion) return
  // The cloud knows nothing of most expressions, so they hold up nobody in earnest.
  const isKnown = reference.of === undefined || reference.isHeld === true
  const holder = end ?? (target.replaceBefore ? null : maker)
  if (holder) {
    const strength = isKnown ? holdOf(reference) : 'soft'
    addEdge(graph, { from: targetEnd, to: holder, milestone: 'gone', strength, column })
  } else if (maker && column !== null && reference.cuttable && isKnown) {
    // The old one goes before there is another to point at; what is in use could not be deleted.
    const clear = addClear(graph, maker, column)
    addEdge(graph, hard(targetEnd, clear, 'gone'))
    addEdge(graph, hard(maker, clear, 'ready'))
  }
}

/** Nothing goes to make room before that on which its successor stands could be made. */
function addSuccessorEdge(
  graph: Graph,
  change: PlannedChange,
  { need }: ChangeReference,
  target: PlannedChange,
): void {
  const [end, targetMaker] = [endOf(change), makerOf(target)]
  const isMadeAnew = target.action === 'create' || (target.action === 'replace' && !target.replaceBefore)
  if (!change.replaceBefore || !isMadeAnew || !end || !targetMaker || target.key === change.key) return
  addEdge(graph, { from: end, to: targetMaker, milestone: need, strength: 'soft', column: null })
}
