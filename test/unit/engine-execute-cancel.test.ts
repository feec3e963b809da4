import { expect, test } from 'vitest'
import type { ExecutionEvent } from '#engine/execute/protocol.ts'
import { reduce } from '#engine/execute/reduce.ts'
import { startExecution } from '#engine/execute/state.ts'
import type { Step } from '#engine/order/step.ts'

const step: Step = {
  ...{ key: 'a', change: 'a', kind: 'create', table: 'vpc', accountId: '1', region: 'us-east-1', needs: [] },
  ...{ columns: null, without: [], clears: [], estimateMs: 100, priorityMs: 100 },
}

type Untimed = ExecutionEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'atMs'>
    : never
  : never

/** What comes of the last of these. */
const effectsOf = (...events: readonly Untimed[]) => {
  let state = startExecution([{ step, state: 'pending' }])
  let last = reduce(state, { kind: 'start', atMs: 0 })
  for (const [index, event] of events.entries()) {
    state = last.state
    last = reduce(state, { ...event, atMs: index + 1 } as ExecutionEvent)
  }
  return last.effects
}

test('a step that waits when it is cancelled is told to have waited', () => {
  const effects = effectsOf({ kind: 'waiting', step: 'a' }, { kind: 'cancel' })

  expect(effects[0]).toEqual({ kind: 'skip', step: 'a', because: null, isWaiting: true })
})

test('what a step has waited for before is not what it waits for once it is called again', () => {
  const throttled = { kind: 'failed', step: 'a', retry: 'throttled', message: 'slow down' } as const
  const effects = effectsOf({ kind: 'waiting', step: 'a' }, { kind: 'again', step: 'a' }, throttled, {
    kind: 'cancel',
  })

  expect(effects[0]).toEqual({ kind: 'skip', step: 'a', because: null, isWaiting: false })
})
