/** State and event in, state and effects out: every decision of an execution, none of its doing. */
import type { ErrorKind } from '#engine/model/error.ts'
import { push } from './heap.ts'
import { emptySet, hasIndex, indexesOf, withIndex } from './index-set.ts'
import type { ExecutionEvent } from './protocol.ts'
import { schedule } from './schedule.ts'
import {
  enqueue,
  fail,
  finish,
  isEnded,
  type Reduced,
  release,
  setRun,
  skipStranded,
  wait,
} from './settle-step.ts'
import { batchOf, type ExecutionState, type PollGroup, runAt } from './state.ts'

export function reduce(state: ExecutionState, event: ExecutionEvent): Reduced {
  const handled = handle(state, event)
  const scheduled = schedule(stoppedByFailure(handled.state), event.atMs)
  return { state: scheduled.state, effects: [...handled.effects, ...scheduled.effects] }
}

const stoppedByFailure = (state: ExecutionState): ExecutionState =>
  state.settings.isAllOrNothing && state.counts.failed > 0 ? { ...state, stopping: 'cancel' } : state

const only = (state: ExecutionState): Reduced => ({ state, effects: [] })

function handle(state: ExecutionState, event: ExecutionEvent): Reduced {
  switch (event.kind) {
    case 'start':
      return skipStranded({ ...state, progressMs: event.atMs })
    case 'tick':
      return only({ ...state, wakeMs: isFired(state, event.atMs) ? null : state.wakeMs })
    case 'cancel':
      return only({ ...state, stopping: 'cancel' })
    case 'deadline':
      return only({ ...state, stopping: state.stopping ?? 'deadline', isLate: true })
    case 'polled':
      return only(endPoll(state, event.batch, event.atMs))
    default:
      return handleStep(state, event)
  }
}

type StepEvent = Extract<ExecutionEvent, { readonly step: string }>

function handleStep(state: ExecutionState, event: StepEvent): Reduced {
  const index = state.graph.indexes.get(event.step)
  // An answer may come twice, for example to a poll and to a look-up: the first one counts.
  if (index === undefined || isEnded(runAt(state, index).state)) return only(state)
  const { atMs } = event
  switch (event.kind) {
    case 'done':
      return only(finish(state, index, atMs))
    case 'waiting':
      return only(wait(state, index, atMs))
    case 'again':
      return only(callAgain(state, index, { isUnsettled: false }))
    case 'absent':
      return only(callAgain(state, index, { isUnsettled: false }))
    case 'unsent':
      return only(putBack(state, index))
    case 'outcomeUnknown':
      return retryLater(state, index, { isUnsettled: true }, atMs, 'no answer came')
    case 'failed':
      return handleFailure(state, index, event)
  }
}

const callAgain = (state: ExecutionState, index: number, change: object): ExecutionState =>
  enqueue(setRun(release(state, index), index, { ...change, state: 'pending' }), index)

/** As if it had not begun: a call that was not made is no try. */
function putBack(state: ExecutionState, index: number): ExecutionState {
  const { state: was, isUnsettled, tries } = runAt(state, index)
  if (was !== 'started') return state
  return callAgain(state, index, isUnsettled ? {} : { tries: tries - 1 })
}

function handleFailure(
  state: ExecutionState,
  index: number,
  {
    retry,
    message,
    atMs,
  }: { readonly retry: ErrorKind['retry']; readonly message: string; readonly atMs: number },
): Reduced {
  const run = runAt(state, index)
  switch (retry) {
    case 'never':
      return fail(state, index, message)
    case 'reread':
      if (run.rereads >= state.settings.maxRereads) return fail(state, index, message)
      return retryLater(state, index, { rereads: run.rereads + 1 }, atMs, message)
    case 'later':
    case 'throttled':
      return retryLater(state, index, {}, atMs, message)
  }
}

/** Backs off twice as long each time, and gives up when nothing has moved for too long. */
function retryLater(
  state: ExecutionState,
  index: number,
  change: { readonly rereads?: number; readonly isUnsettled?: boolean },
  atMs: number,
  message: string,
): Reduced {
  const run = runAt(state, index)
  const { settings } = state
  const troubledSinceMs = run.troubledSinceMs ?? atMs
  const stillMs = atMs - Math.max(troubledSinceMs, state.progressMs)
  if (stillMs >= settings.noProgressMs) return fail(state, index, message)
  // A step that only waits keeps waiting: it is the poll that failed.
  if (run.state === 'waiting') return only(noteUnread(setRun(state, index, { troubledSinceMs }), index))
  const backoffMs = Math.min(run.backoffMs * 2, settings.maxBackoffMs)
  const next = setRun(release(state, index), index, {
    ...change,
    state: 'pending',
    backoffMs,
    troubledSinceMs,
  })
  return only({ ...next, delayed: push(next.delayed, atMs + run.backoffMs, index) })
}

function noteUnread(state: ExecutionState, index: number): ExecutionState {
  const step = state.graph.steps[index]
  const batch = step ? batchOf(step) : ''
  const group = state.groups[batch]
  if (!group) return state
  return {
    ...state,
    groups: { ...state.groups, [batch]: { ...group, unread: withIndex(group.unread, index) } },
  }
}

/** Whoever could be read is in no trouble any more. */
function calmed(state: ExecutionState, { members, unread }: PollGroup): ExecutionState {
  const isCalm = (index: number): boolean =>
    runAt(state, index).troubledSinceMs !== null && !hasIndex(unread, index)
  return indexesOf(members)
    .filter(isCalm)
    .reduce((next, index) => setRun(next, index, { troubledSinceMs: null }), state)
}

/** Polls come slower while nothing moves, and from the start again when something did. */
function endPoll(state: ExecutionState, batch: string, atMs: number): ExecutionState {
  const group = state.groups[batch]
  if (!group || group.polling === null) return state
  const { firstPollMs, maxPollMs } = state.settings
  const hasMoved = group.members.size < group.polling
  const delayMs = hasMoved ? firstPollMs : Math.min(Math.max(group.delayMs, firstPollMs) * 1.5, maxPollMs)
  const groups = { ...state.groups }
  if (group.members.size === 0) delete groups[batch]
  else groups[batch] = { ...group, unread: emptySet, polling: null, delayMs, nextMs: atMs + delayMs }
  return { ...calmed(state, group), groups }
}

/** Timers may fire a moment early by the clock that is asked; the wake-up they were set for is used up all the same. */
export const earlyMs = 50

const isFired = ({ wakeMs }: ExecutionState, atMs: number): boolean =>
  wakeMs !== null && wakeMs <= atMs + earlyMs
