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

/** Of all or nothing: one step that fails, one that waits, and one that has not begun. */
const whole = (kind: Step['kind']) => {
  const steps = [step, { ...step, key: 'b', change: 'b', kind }, { ...step, key: 'c', change: 'c' }]
  return startExecution(
    steps.map((one) => ({ step: one, state: 'pending' as const })),
    { isAllOrNothing: true, concurrency: 2, firstPollMs: 1_000 },
  )
}
const run = (kind: Step['kind'], ...events: readonly Untimed[]) => {
  let last = reduce(whole(kind), { kind: 'start', atMs: 0 })
  const all = [...last.effects]
  for (const event of events) {
    last = reduce(last.state, { ...event, atMs: event.kind === 'tick' ? 5_000 : 1 } as ExecutionEvent)
    all.push(...last.effects)
  }
  return all
}
const failed = { kind: 'failed', step: 'a', retry: 'never', message: 'no' } as const
const called = (effects: readonly { readonly kind: string; readonly step?: string }[]) =>
  effects.flatMap(({ kind, step: key }) => (kind === 'call' ? [key] : []))

test('of all or nothing no more is begun or waited for once something has failed', () => {
  const effects = run('create', failed, { kind: 'waiting', step: 'b' })

  expect(called(effects)).toEqual(['a', 'b'])
  expect(effects).toContainEqual({ kind: 'skip', step: 'b', because: null, isWaiting: true })
  expect(effects).toContainEqual({ kind: 'skip', step: 'c', because: null, isWaiting: false })
  expect(effects.at(-1)).toMatchObject({ kind: 'end' })
})

test('but what goes already is seen to the end', () => {
  const going = run('delete', failed, { kind: 'waiting', step: 'b' })

  expect(called(going)).toEqual(['a', 'b'])
  expect(going.map(({ kind }) => kind)).not.toContain('end')
  const polled = run('delete', failed, { kind: 'waiting', step: 'b' }, { kind: 'tick' })
  expect(polled.at(-1)).toMatchObject({ kind: 'poll', steps: ['b'] })
  const over = run(
    'delete',
    failed,
    { kind: 'waiting', step: 'b' },
    { kind: 'tick' },
    { kind: 'done', step: 'b' },
    { kind: 'polled', batch: String((polled.at(-1) as { batch?: string }).batch) },
  )
  expect(over.at(-1)).toMatchObject({ kind: 'end', done: 1, failed: 1, skipped: 1 })
})

test('as long as there is time for it', () => {
  const late = run('delete', failed, { kind: 'waiting', step: 'b' }, { kind: 'deadline' })

  expect(late.at(-1)).toMatchObject({ kind: 'handOver' })
})
