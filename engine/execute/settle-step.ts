/** One step moves on: its run changes, and what waited for it is freed, or skipped with it. */
import { withItem } from './chunked.ts'
import { push } from './heap.ts'
import { withIndex, withoutIndex } from './index-set.ts'
import type { ExecutionEffect, StepState } from './protocol.ts'
import { batchOf, type ExecutionState, emptyGroup, isMet, runAt, type StepRun } from './state.ts'

export interface Reduced {
  readonly state: ExecutionState
  readonly effects: readonly ExecutionEffect[]
}

export const stepKeyAt = (state: ExecutionState, index: number): string => state.graph.steps[index]?.key ?? ''

export const setRun = (state: ExecutionState, index: number, change: Partial<StepRun>): ExecutionState => ({
  ...state,
  runs: withItem(state.runs, index, { ...runAt(state, index), ...change }),
})

export const isEnded = (state: StepState): boolean =>
  state === 'done' || state === 'failed' || state === 'skipped'

export function enqueue(state: ExecutionState, index: number): ExecutionState {
  return { ...state, ready: push(state.ready, -(state.graph.steps[index]?.priorityMs ?? 0), index) }
}

/** Takes the step out of the calls in flight or out of its poll group, wherever it is. */
export function release(state: ExecutionState, index: number): ExecutionState {
  const run = runAt(state, index)
  if (run.state === 'started') return { ...state, callsInFlight: state.callsInFlight - 1 }
  const step = state.graph.steps[index]
  const batch = step && batchOf(step)
  const group = batch === undefined ? undefined : state.groups[batch]
  if (run.state !== 'waiting' || !group || batch === undefined) return state
  const members = withoutIndex(group.members, index)
  return { ...state, groups: { ...state.groups, [batch]: { ...group, members } } }
}

/** The step is done, or at least exists. */
export const reach = (state: ExecutionState, index: number, change: Partial<StepRun>): ExecutionState =>
  become(state, index, { ...change, exists: true })

/** Each need that this meets counts down. */
function become(state: ExecutionState, index: number, change: Partial<StepRun>): ExecutionState {
  const before = runAt(state, index)
  let next = setRun(state, index, change)
  const after = runAt(next, index)
  for (const { index: dependant, milestone } of state.graph.dependants[index] ?? []) {
    const wasMet = isMet(before.state, before.exists, milestone)
    if (wasMet || !isMet(after.state, after.exists, milestone)) continue
    const waiting = runAt(next, dependant)
    next = setRun(next, dependant, { unmet: waiting.unmet - 1 })
    if (waiting.unmet === 1 && waiting.state === 'pending') next = enqueue(next, dependant)
  }
  return next
}

export function finish(state: ExecutionState, index: number, atMs: number): ExecutionState {
  const reached = reach(release(state, index), index, { state: 'done', troubledSinceMs: null })
  const { counts } = reached
  return { ...reached, progressMs: atMs, counts: { ...counts, open: counts.open - 1, done: counts.done + 1 } }
}

export function wait(state: ExecutionState, index: number, atMs: number): ExecutionState {
  const step = state.graph.steps[index]
  if (!step) return state
  const { firstPollMs, firstBackoffMs } = state.settings
  const calm = { isUnsettled: false, backoffMs: firstBackoffMs, troubledSinceMs: null }
  const reached = reach(release(state, index), index, { ...calm, state: 'waiting' })
  const batch = batchOf(step)
  const group = reached.groups[batch] ?? emptyGroup(step, atMs + firstPollMs, firstPollMs)
  const isIdle = group.members.size === 0
  const nextMs = isIdle ? atMs + firstPollMs : Math.min(group.nextMs, atMs + firstPollMs)
  const joined = { ...group, members: withIndex(group.members, index), nextMs, delayMs: firstPollMs }
  return { ...reached, progressMs: atMs, groups: { ...reached.groups, [batch]: joined } }
}

/** The step failed for good: whatever still needed it is skipped, everything else goes on. */
export function fail(state: ExecutionState, index: number, message: string): Reduced {
  const failed = become(release(state, index), index, { state: 'failed' })
  const { counts } = failed
  const counted = { ...failed, counts: { ...counts, open: counts.open - 1, failed: counts.failed + 1 } }
  const effects: ExecutionEffect[] = [{ kind: 'fail', step: stepKeyAt(state, index), message }]
  return skipDependants(counted, index, effects)
}

/** Read back after a crash, a step may still wait for one that failed before it. */
export function skipStranded(state: ExecutionState): Reduced {
  const failed = state.graph.steps.flatMap((_, index) => {
    const { state: was } = runAt(state, index)
    return was === 'failed' || was === 'skipped' ? [index] : []
  })
  const effects: ExecutionEffect[] = []
  const last = failed.reduce((next, index) => skipDependants(next, index, effects).state, state)
  return { state: last, effects }
}

function skipDependants(state: ExecutionState, root: number, effects: ExecutionEffect[]): Reduced {
  let next = state
  const queue = [root]
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    const source = runAt(next, index)
    for (const { index: dependant, milestone } of next.graph.dependants[index] ?? []) {
      const run = runAt(next, dependant)
      if (run.state !== 'pending' || run.isUnsettled || isMet(source.state, source.exists, milestone))
        continue
      const because = stepKeyAt(next, index)
      next = skip(next, dependant)
      effects.push({
        kind: 'skip',
        step: stepKeyAt(next, dependant),
        because,
        fate: source.state === 'failed' ? 'failed' : 'skipped',
      })
      queue.push(dependant)
    }
  }
  return { state: next, effects }
}

export function skip(state: ExecutionState, index: number): ExecutionState {
  const skipped = become(release(state, index), index, { state: 'skipped' })
  const { counts } = skipped
  return { ...skipped, counts: { ...counts, open: counts.open - 1, skipped: counts.skipped + 1 } }
}
