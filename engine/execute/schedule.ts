/** After every event: what may start now, when to look again, and whether all is over. */
import { pop, push } from './heap.ts'
import { indexesOf } from './index-set.ts'
import type { ExecutionEffect } from './protocol.ts'
import { type Reduced, setRun, skip, stepKeyAt } from './settle-step.ts'
import { type ExecutionState, runAt } from './state.ts'

export function schedule(state: ExecutionState, atMs: number): Reduced {
  if (state.hasEnded) return { state, effects: [] }
  const effects: ExecutionEffect[] = []
  const scheduled = startDue(state, atMs, effects)
  const isDrained = scheduled.callsInFlight === 0 && pollsInFlight(scheduled) === 0
  if (!isDrained) return { state: withWake(scheduled, atMs, effects), effects }
  if (awaitsGoing(scheduled)) {
    if (scheduled.isLate) return handOver(scheduled, atMs, effects)
    return { state: withWake(scheduled, atMs, effects), effects }
  }
  if (scheduled.stopping === 'cancel') return end(skipRest(scheduled, effects), effects)
  if (scheduled.counts.open === 0) return end(scheduled, effects)
  if (scheduled.stopping === 'deadline') return handOver(scheduled, atMs, effects)
  return { state: withWake(scheduled, atMs, effects), effects }
}

function startDue(state: ExecutionState, atMs: number, effects: ExecutionEffect[]): ExecutionState {
  if (!state.stopping) return startPolls(startCalls(wakeDelayed(state, atMs), effects), atMs, effects)
  return awaitsGoing(state) && !state.isLate ? startPolls(state, atMs, effects) : state
}

/** To take back what goes, one has to know that it is gone. */
const awaitsGoing = (state: ExecutionState): boolean =>
  state.settings.isAllOrNothing &&
  state.stopping === 'cancel' &&
  Object.values(state.groups).some(({ members }) =>
    indexesOf(members).some(
      (index) => state.graph.steps[index]?.kind === 'delete' && runAt(state, index).state === 'waiting',
    ),
  )

const pollsInFlight = (state: ExecutionState): number =>
  Object.values(state.groups).filter(({ polling }) => polling !== null).length

function wakeDelayed(state: ExecutionState, atMs: number): ExecutionState {
  let next = state
  while (next.delayed && next.delayed.rank <= atMs) {
    const index = next.delayed.item
    const priority = next.graph.steps[index]?.priorityMs ?? 0
    const delayed = pop(next.delayed)
    next = { ...next, delayed, ready: push(next.ready, -priority, index) }
  }
  return next
}

function startCalls(state: ExecutionState, effects: ExecutionEffect[]): ExecutionState {
  let next = state
  while (next.ready && next.callsInFlight < next.settings.concurrency) {
    const index = next.ready.item
    next = { ...next, ready: pop(next.ready) }
    const run = runAt(next, index)
    if (run.state !== 'pending') continue
    const step = stepKeyAt(next, index)
    effects.push(run.isUnsettled ? { kind: 'settle', step } : { kind: 'call', step, tries: run.tries })
    const tries = run.isUnsettled ? run.tries : run.tries + 1
    next = { ...setRun(next, index, { state: 'started', tries }), callsInFlight: next.callsInFlight + 1 }
  }
  return next
}

function startPolls(state: ExecutionState, atMs: number, effects: ExecutionEffect[]): ExecutionState {
  const due = Object.entries(state.groups).filter(
    ([, group]) => group.polling === null && group.members.size > 0 && group.nextMs <= atMs,
  )
  if (due.length === 0) return state
  const groups = { ...state.groups }
  for (const [batch, group] of due) {
    const { table, accountId, region, members } = group
    const steps = indexesOf(members).map((index) => stepKeyAt(state, index))
    effects.push({ kind: 'poll', batch, table, accountId, region, steps })
    groups[batch] = { ...group, polling: members.size }
  }
  return { ...state, groups }
}

/** When something is due next, apart from answers to calls in flight. */
function nextDueMs(state: ExecutionState): number | null {
  const polls = Object.values(state.groups).flatMap((group) =>
    group.polling === null && group.members.size > 0 ? [group.nextMs] : [],
  )
  // What is to be cancelled is not tried again.
  const due = state.delayed && state.stopping !== 'cancel' ? [state.delayed.rank, ...polls] : polls
  return due.length > 0 ? Math.min(...due) : null
}

function withWake(state: ExecutionState, atMs: number, effects: ExecutionEffect[]): ExecutionState {
  if (state.stopping && !awaitsGoing(state)) return state
  const dueMs = nextDueMs(state)
  if (dueMs === null) return state
  const isAsked = state.wakeMs !== null && state.wakeMs > atMs && state.wakeMs <= dueMs
  if (isAsked) return state
  effects.push({ kind: 'wake', atMs: dueMs })
  return { ...state, wakeMs: dueMs }
}

function handOver(state: ExecutionState, atMs: number, effects: ExecutionEffect[]): Reduced {
  const dueMs = nextDueMs(state)
  const hasReady = hasPending(state)
  const delayMs = hasReady || dueMs === null ? 0 : Math.max(0, dueMs - atMs)
  return { state: { ...state, hasEnded: true }, effects: [...effects, { kind: 'handOver', delayMs }] }
}

function hasPending(state: ExecutionState): boolean {
  for (let heap = state.ready; heap; heap = pop(heap)) {
    if (runAt(state, heap.item).state === 'pending') return true
  }
  return false
}

function skipRest(state: ExecutionState, effects: ExecutionEffect[]): ExecutionState {
  let next = state
  state.graph.steps.forEach((step, index) => {
    const run = runAt(next, index)
    if (run.state !== 'pending' && run.state !== 'waiting') return
    effects.push({ kind: 'skip', step: step.key, because: null, isWaiting: run.state === 'waiting' })
    next = skip(next, index)
  })
  return next
}

function end(state: ExecutionState, effects: readonly ExecutionEffect[]): Reduced {
  const { done, failed, skipped } = state.counts
  const unhappy = failed > 0 ? 'failed' : 'succeeded'
  const isCancelled = state.stopping === 'cancel' && skipped > 0
  const outcome = isCancelled ? 'cancelled' : unhappy
  return {
    state: { ...state, hasEnded: true },
    effects: [...effects, { kind: 'end', outcome, done, failed, skipped }],
  }
}
