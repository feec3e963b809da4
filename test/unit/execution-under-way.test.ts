import { expect, test } from 'vitest'
import { type Transition, underWay } from '#operations/execution/under-way.ts'

const change = (changeId: number, state: string, message = ''): Transition => ({
  ...{ changeId, table: 'queue', row: String(changeId), action: 'create' },
  state,
  message,
})
const whole = { action: 'apply', sinceMs: 0 }

test('tells how long a change has taken, from when it was first heard of', () => {
  const work = underWay(whole, 0)

  work.tell(change(1, 'started'), 1_000)

  expect(work.tell(change(1, 'done'), 8_000)).toMatchObject({ state: 'done', elapsedMs: 7_000 })
})

test('says the same only once, and again after a silence', () => {
  const work = underWay(whole, 0)

  work.tell(change(1, 'waiting', 'it to be ready'), 0)

  expect(work.tell(change(1, 'waiting', 'it to be ready'), 2_000)).toBeUndefined()
  expect(work.silent(4_000)).toEqual([])
  expect(work.silent(5_000)).toMatchObject([{ changeId: 1, message: 'it to be ready', elapsedMs: 5_000 }])
  expect(work.silent(9_000)).toEqual([])
})

test('is silent about what has ended', () => {
  const work = underWay(whole, 0)
  for (const state of ['started', 'failed']) work.tell(change(1, state), 0)
  for (const state of ['started', 'skipped']) work.tell(change(2, state), 0)

  expect(work.silent(5_000)).toMatchObject([{ changeId: null, action: 'apply', elapsedMs: 5_000 }])
})

test('of very many each has its turn, the most silent first', () => {
  const work = underWay(whole, 0)
  for (let id = 0; id < 250; id++) work.tell(change(id, 'waiting'), 0)

  const turns = [5_000, 10_000, 15_000].map((atMs) => work.silent(atMs).map(({ changeId }) => changeId))

  expect(turns.map((told) => told.length)).toEqual([100, 100, 100])
  expect(new Set(turns.flat()).size).toBe(250)
})
