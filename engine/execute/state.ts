/** The state of one execution, fresh or read back from its rows: the same thing. */
import type { Step, StepNeed } from '#engine/order/step.ts'
import { at, type Chunked, chunked } from './chunked.ts'
import { type Heap, push } from './heap.ts'
import { emptySet, type IndexSet, withIndex } from './index-set.ts'
import { defaultSettings, type ExecutionSettings, type StepState } from './protocol.ts'
import type { StoredStep } from './stored-step.ts'

export interface StepRun {
  readonly state: StepState
  readonly exists: boolean
  /** Needs that are not met yet. */
  readonly unmet: number
  readonly tries: number
  readonly rereads: number
  /** The next call looks up an unknown outcome instead of acting. */
  readonly isUnsettled: boolean
  readonly backoffMs: number
  /** Since when the step has been refused without success between. */
  readonly troubledSinceMs: number | null
}

interface Dependant {
  readonly index: number
  readonly milestone: StepNeed['milestone']
}

/** What never changes while the execution runs. */
export interface ExecutionGraph {
  readonly steps: readonly Step[]
  readonly indexes: ReadonlyMap<string, number>
  readonly dependants: readonly (readonly Dependant[])[]
}

export interface PollGroup {
  readonly table: string
  readonly accountId: string | null
  readonly region: string | null
  readonly members: IndexSet
  /** Members that the running poll could not read. */
  readonly unread: IndexSet
  readonly nextMs: number
  readonly delayMs: number
  /** Members when the running poll began; null: none is running. */
  readonly polling: number | null
}

export interface ExecutionState {
  readonly settings: ExecutionSettings
  readonly graph: ExecutionGraph
  readonly runs: Chunked<StepRun>
  /** Steps whose needs are met, longest way to go first. */
  readonly ready: Heap<number> | null
  /** Steps that try again later, by time. */
  readonly delayed: Heap<number> | null
  readonly groups: Readonly<Record<string, PollGroup>>
  readonly callsInFlight: number
  readonly counts: {
    readonly open: number
    readonly done: number
    readonly failed: number
    readonly skipped: number
  }
  readonly stopping: 'cancel' | 'deadline' | null
  /** Its time is up, though it is to stop for another reason. */
  readonly isLate: boolean
  readonly progressMs: number
  readonly wakeMs: number | null
  readonly hasEnded: boolean
}

export function startExecution(
  stored: readonly StoredStep[],
  settings: Partial<ExecutionSettings> = {},
): ExecutionState {
  const graph = graphOf(stored.map(({ step }) => step))
  const all = { ...defaultSettings, ...settings }
  const unmet = unmetNeeds(stored, graph)
  const runs = stored.map((one, index) => runOf(one, unmet[index] ?? 0, all))
  const count = (...states: readonly StepState[]) => runs.filter(({ state }) => states.includes(state)).length
  return {
    settings: all,
    graph,
    runs: chunked(runs),
    ready: readyHeap(graph, runs),
    delayed: null,
    groups: pollGroups(graph, runs),
    callsInFlight: 0,
    counts: {
      open: count('pending', 'started', 'waiting'),
      done: count('done'),
      failed: count('failed'),
      skipped: count('skipped'),
    },
    stopping: null,
    isLate: false,
    progressMs: 0,
    wakeMs: null,
    hasEnded: false,
  }
}

function graphOf(steps: readonly Step[]): ExecutionGraph {
  const indexes = new Map(steps.map((step, index) => [step.key, index]))
  const dependants = steps.map((): Dependant[] => [])
  steps.forEach((step, index) => {
    for (const { step: needed, milestone } of step.needs) {
      dependants[indexes.get(needed) ?? -1]?.push({ index, milestone })
    }
  })
  return { steps, indexes, dependants }
}

// A need of a step that is not among these was met before this execution began.
function unmetNeeds(stored: readonly StoredStep[], { indexes }: ExecutionGraph): readonly number[] {
  return stored.map(({ step }) => {
    return step.needs.filter(({ step: needed, milestone }) => {
      const other = stored[indexes.get(needed) ?? -1]
      return other !== undefined && !isMet(other.state, other.exists ?? false, milestone)
    }).length
  })
}

export function isMet(state: StepState, exists: boolean, milestone: StepNeed['milestone']): boolean {
  if (state === 'done') return true
  if (milestone === 'tried') return exists || state === 'failed' || state === 'skipped'
  return milestone === 'exists' && exists
}

// What was in flight when the process died is looked up before anything else is done about it.
function runOf(stored: StoredStep, unmet: number, settings: ExecutionSettings): StepRun {
  const wasStarted = stored.state === 'started'
  return {
    state: wasStarted ? 'pending' : stored.state,
    exists: stored.exists ?? false,
    unmet: wasStarted ? 0 : unmet,
    tries: stored.tries ?? 0,
    rereads: 0,
    isUnsettled: wasStarted,
    backoffMs: settings.firstBackoffMs,
    troubledSinceMs: null,
  }
}

function readyHeap({ steps }: ExecutionGraph, runs: readonly StepRun[]): Heap<number> | null {
  return runs.reduce<Heap<number> | null>((heap, run, index) => {
    const isReady = run.state === 'pending' && run.unmet === 0
    return isReady ? push(heap, -(steps[index]?.priorityMs ?? 0), index) : heap
  }, null)
}

function pollGroups(
  { steps }: ExecutionGraph,
  runs: readonly StepRun[],
): Readonly<Record<string, PollGroup>> {
  const groups: Record<string, PollGroup> = {}
  runs.forEach((run, index) => {
    const step = steps[index]
    if (run.state !== 'waiting' || !step) return
    const batch = batchOf(step)
    const group = groups[batch] ?? emptyGroup(step, 0, 0)
    groups[batch] = { ...group, members: withIndex(group.members, index) }
  })
  return groups
}

export const batchOf = ({ table, accountId, region }: Step): string =>
  JSON.stringify([table, accountId, region])

export const emptyGroup = (
  { table, accountId, region }: Step,
  nextMs: number,
  delayMs: number,
): PollGroup => ({
  table,
  accountId,
  region,
  members: emptySet,
  unread: emptySet,
  nextMs,
  delayMs,
  polling: null,
})

export const runAt = (state: ExecutionState, index: number): StepRun => at(state.runs, index)
