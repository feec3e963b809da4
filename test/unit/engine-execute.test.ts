import { describe, expect, test } from 'vitest'
import { reduce } from '#engine/execute/reduce.ts'
import { startExecution } from '#engine/execute/state.ts'
import type { Step, StepNeed } from '#engine/order/step.ts'
import { simulate } from '#test/support/simulated-execution.ts'

const step = (key: string, needs: readonly (string | StepNeed)[] = [], more: Partial<Step> = {}): Step => ({
  key,
  change: key,
  kind: 'create',
  table: 'vpc',
  accountId: '1',
  region: 'us-east-1',
  needs: needs.map((need) => (typeof need === 'string' ? { step: need, milestone: 'ready' } : need)),
  columns: null,
  without: [],
  clears: [],
  estimateMs: 100,
  priorityMs: 100,
  ...more,
})
const exists = (key: string): StepNeed => ({ step: key, milestone: 'exists' })
const chain = [step('a'), step('b', ['a']), step('c', ['b'])]

describe('order', () => {
  test('a step starts when what it needs is ready', () => {
    const { made, end } = simulate(chain)

    expect(made).toEqual(['a', 'b', 'c'])
    expect(end).toMatchObject({ outcome: 'succeeded', done: 3, failed: 0, skipped: 0 })
  })

  test('or exists, where that is enough', () => {
    const { calls, elapsedMs } = simulate([step('a'), step('b', [exists('a')])], {
      answers: { a: [{ kind: 'waiting', polls: 1_000 }] },
      cancelAtMs: 5_000,
    })

    expect(calls).toEqual(['a', 'b'])
    expect(elapsedMs).toBeLessThan(6_000)
  })

  test('independent steps run at once, up to the limit, longest way first', () => {
    const many = Array.from({ length: 10 }, (_, index) => step(`s${index}`, [], { priorityMs: index }))

    const { maxInFlight, calls } = simulate(many, { settings: { concurrency: 4 } })

    expect(maxInFlight).toBe(4)
    expect(calls.slice(0, 2)).toEqual(['s9', 's8'])
  })
})

describe('failures', () => {
  test('skip what depends on them, and nothing else', () => {
    const { states, end } = simulate([...chain, step('alone')], {
      answers: { a: [{ kind: 'failed', retry: 'never' }] },
    })

    expect(states).toEqual({ a: 'failed', b: 'skipped', c: 'skipped', alone: 'done' })
    expect(end).toMatchObject({ outcome: 'failed', done: 1, failed: 1, skipped: 2 })
  })

  test('name the step that was needed', () => {
    const stored = chain.map((each) => ({ step: each, state: 'pending' as const }))
    const { state } = reduce(startExecution(stored), { kind: 'start', atMs: 0 })

    const { effects } = reduce(state, { kind: 'failed', step: 'a', retry: 'never', message: 'no', atMs: 1 })

    expect(effects.slice(0, 3)).toEqual([
      { kind: 'fail', step: 'a', message: 'no' },
      { kind: 'skip', step: 'b', because: 'a', fate: 'failed' },
      { kind: 'skip', step: 'c', because: 'b', fate: 'skipped' },
    ])
  })

  test('throttled calls are tried again, slower each time', () => {
    const throttled = { kind: 'failed', retry: 'throttled' } as const

    const { calls, states, elapsedMs } = simulate([step('a')], {
      answers: { a: [throttled, throttled, throttled, { kind: 'done' }] },
    })

    expect(calls).toHaveLength(4)
    expect(states.a).toBe('done')
    expect(elapsedMs).toBe(500 + 1_000 + 2_000 + 4 * 100)
  })

  test('and given up when nothing has moved for five minutes', () => {
    const { states, elapsedMs } = simulate([step('a')], {
      answers: { a: [{ kind: 'failed', retry: 'later' }] },
    })

    expect(states.a).toBe('failed')
    expect(elapsedMs).toBeGreaterThan(300_000)
    expect(elapsedMs).toBeLessThan(330_000)
  })

  test('a resource that changed underneath is read again a few times only', () => {
    const { calls, states } = simulate([step('a')], { answers: { a: [{ kind: 'failed', retry: 'reread' }] } })

    expect(calls).toHaveLength(4)
    expect(states.a).toBe('failed')
  })
})

describe('unknown outcomes', () => {
  test('are looked up, and what happened is taken', () => {
    expect(simulate([step('a')], { answers: { a: [{ kind: 'lost', happened: true }] } })).toMatchObject({
      made: ['a'],
      calls: ['a'],
      states: { a: 'done' },
    })
  })

  test('what did not happen is called again', () => {
    const answers = { a: [{ kind: 'lost', happened: false }, { kind: 'done' }] as const }

    expect(simulate([step('a')], { answers })).toMatchObject({ made: ['a'], calls: ['a', 'a'] })
  })
})

describe('waiting', () => {
  test('is one poll for many of a table and place', () => {
    const many = [step('a'), step('b'), step('c', [], { table: 'subnet' })]
    const waiting = [{ kind: 'waiting', polls: 3 }] as const

    const { polls, states } = simulate(many, { answers: { a: waiting, b: waiting, c: waiting } })

    expect(polls).toHaveLength(6)
    expect(polls.filter((steps) => steps.length === 2)).toHaveLength(3)
    expect(Object.values(states)).toEqual(['done', 'done', 'done'])
  })

  test('polls come slower while nothing moves', () => {
    const { polls, elapsedMs } = simulate([step('a')], { answers: { a: [{ kind: 'waiting', polls: 20 }] } })

    expect(polls).toHaveLength(20)
    expect(elapsedMs).toBeGreaterThan(150_000)
  })

  test('may end in another call', () => {
    const answers = { a: [{ kind: 'waiting', polls: 1, again: true }, { kind: 'done' }] as const }

    expect(simulate([step('a')], { answers })).toMatchObject({ calls: ['a', 'a'], states: { a: 'done' } })
  })
})

describe('the end of the budget', () => {
  test('hands over with nothing in flight, and the next invocation goes on', () => {
    const { made, handOvers, end } = simulate(chain, { budgetMs: 150 })

    expect(handOvers.length).toBeGreaterThan(0)
    expect(made).toEqual(['a', 'b', 'c'])
    expect(end?.outcome).toBe('succeeded')
  })

  test('comes back when the next poll is due', () => {
    const { handOvers } = simulate([step('a')], {
      answers: { a: [{ kind: 'waiting', polls: 1 }] },
      budgetMs: 150,
    })

    expect(handOvers[0]).toBe(950)
  })
})

describe('cancelling', () => {
  test('lets calls in flight finish and skips the rest', () => {
    const { states, end, elapsedMs } = simulate(chain, { cancelAtMs: 50 })

    expect(states).toEqual({ a: 'done', b: 'skipped', c: 'skipped' })
    expect(end).toMatchObject({ outcome: 'cancelled', done: 1, skipped: 2 })
    expect(elapsedMs).toBe(100)
  })

  test('after the last step changes nothing', () => {
    expect(simulate([step('a')], { cancelAtMs: 50 }).end).toMatchObject({ outcome: 'succeeded' })
  })
})

test('a timer that fires a moment early is asked for again', () => {
  const stored = [{ step: step('a'), state: 'pending' as const }]
  const started = reduce(startExecution(stored), { kind: 'start', atMs: 0 })
  const failed = reduce(started.state, {
    kind: 'failed',
    step: 'a',
    retry: 'throttled',
    message: 'slow',
    atMs: 10,
  })
  const wake = failed.effects.find((effect) => effect.kind === 'wake')

  const early = reduce(failed.state, { kind: 'tick', atMs: (wake?.atMs ?? 0) - 1 })

  expect(early.effects).toContainEqual(wake)
})

test('read back after a crash, open intents are settled and stranded steps skipped', () => {
  const stored = [
    { step: step('a'), state: 'started' as const },
    { step: step('b'), state: 'failed' as const },
    { step: step('c', ['b']), state: 'pending' as const },
    { step: step('d', ['gone-before']), state: 'pending' as const },
  ]

  const { effects } = reduce(startExecution(stored), { kind: 'start', atMs: 0 })

  expect(effects).toEqual([
    { kind: 'skip', step: 'c', because: 'b', fate: 'failed' },
    { kind: 'settle', step: 'a' },
    { kind: 'call', step: 'd', tries: 0 },
  ])
})

describe('a step that waits for its turn', () => {
  const many = Array.from({ length: 500 }, (_, index) => step(`s${index}`))
  const turns = Object.fromEntries(many.map(({ key }, index) => [key, index < 2 ? 0 : 3_600_000]))

  test('is skipped without a call when the execution is cancelled', () => {
    const { calls, states, end, elapsedMs } = simulate(many, { turns, cancelAtMs: 1_000 })

    expect(calls).toEqual(['s0', 's1'])
    expect(end).toMatchObject({ outcome: 'cancelled', done: 2, skipped: 498 })
    expect(states.s2).toBe('skipped')
    expect(elapsedMs).toBe(1_000)
  })

  test('is handed over as if it had not begun when the time is up', () => {
    const { calls, tries, handOvers, states } = simulate([step('a')], {
      turns: { a: 800 },
      budgetMs: 500,
      cancelAtMs: 2_000,
    })

    expect(handOvers.slice(0, 3)).toEqual([0, 0, 0])
    expect({ calls, tries, state: states.a }).toEqual({ calls: [], tries: [], state: 'skipped' })
  })

  test('has not been tried before when its turn comes at last', () => {
    const { tries, end } = simulate([step('a'), step('b', ['a'])], { turns: { b: 900 }, budgetMs: 1_000 })

    expect(tries).toEqual([0, 0])
    expect(end).toMatchObject({ outcome: 'succeeded', done: 2 })
  })

  test('lets the others go on', () => {
    const { states, elapsedMs } = simulate([step('slow'), ...chain], { turns: { slow: 60_000 } })

    expect(states).toEqual({ slow: 'done', a: 'done', b: 'done', c: 'done' })
    expect(elapsedMs).toBe(60_100)
  })
})

describe('a poll that cannot read a resource', () => {
  const batch = JSON.stringify(['vpc', '1', 'us-east-1'])
  const unread = { kind: 'failed', step: 'a', retry: 'later', message: 'no answer' } as const
  const waiting = reduce(startExecution([{ step: step('a'), state: 'waiting' }]), {
    kind: 'start',
    atMs: 0,
  }).state

  /** Polls at these times, of which some cannot read it. */
  const poll = (times: readonly number[], fails: (atMs: number) => boolean) =>
    times.reduce(
      ({ state, failed }, atMs) => {
        const begun = reduce(state, { kind: 'tick', atMs }).state
        const read = fails(atMs) ? reduce(begun, { ...unread, atMs }) : { state: begun, effects: [] }
        const ended = reduce(read.state, { kind: 'polled', batch, atMs })
        return { state: ended.state, failed: failed || read.effects.some(({ kind }) => kind === 'fail') }
      },
      { state: waiting, failed: false },
    )
  const minutes = Array.from({ length: 12 }, (_, index) => index * 60_000)

  test('fails the step when it never can', () => {
    expect(poll(minutes, () => true).failed).toBe(true)
  })

  test('does no harm when it only sometimes cannot, however long it takes', () => {
    expect(poll(minutes, (atMs) => atMs % 240_000 === 0).failed).toBe(false)
  })

  test('fails it at once when it may not', () => {
    const { effects } = reduce(waiting, { ...unread, retry: 'never', atMs: 1 })

    expect(effects[0]).toMatchObject({ kind: 'fail', step: 'a' })
  })
})
