import { expect, test } from 'vitest'
import { rowJoiner } from '#websocket/join-rows.ts'
import { openQueue } from '#websocket/message-queue.ts'
import type { RunMessage } from '#websocket/messages.ts'
import { openSequence } from '#websocket/sequence.ts'

const numbered = (...seqs: readonly number[]) => seqs.map((seq) => ({ seq }))

test.each([
  ['in order', [1, 2, 3, 4]],
  ['swapped', [2, 1, 4, 3]],
  ['repeated', [1, 1, 2, 1, 2, 3, 4, 4]],
  ['live before replay', [3, 4, 1, 2, 3, 4]],
])('hands out each message once and in order when they come %s', (_, arrivals) => {
  const sequence = openSequence<{ seq: number }>(0)

  const seen = numbered(...arrivals).flatMap((message) => sequence.accept(message))

  expect(seen).toEqual(numbered(1, 2, 3, 4))
  expect(sequence.hasGap).toBe(false)
})

test('knows of a gap until what is missing has come', () => {
  const sequence = openSequence<{ seq: number }>(4)

  const early = sequence.accept({ seq: 6 })
  const gap = sequence.hasGap
  const late = sequence.accept({ seq: 5 })

  expect(early).toEqual([])
  expect(gap).toBe(true)
  expect(late).toEqual(numbered(5, 6))
  expect(sequence.last).toBe(6)
})

test('still knows of a gap when there was no room for what came early', () => {
  const sequence = openSequence<{ seq: number }>(0, 1)
  sequence.accept({ seq: 2 })
  sequence.accept({ seq: 3 })

  const seen = sequence.accept({ seq: 1 })

  expect(seen).toEqual(numbered(1, 2))
  expect(sequence.hasGap).toBe(true)
})

const piece = (seq: number, part: number, parts: number, text: string): RunMessage => ({
  type: 'rows',
  runId: 'r',
  seq,
  statement: 0,
  part,
  parts,
  text,
})

test('joins the pieces of a large row', () => {
  const row = ['a'.repeat(10), null]
  const text = JSON.stringify(row)
  const join = rowJoiner()

  const joined = [join(piece(2, 0, 2, text.slice(0, 5))), join(piece(3, 1, 2, text.slice(5)))]

  expect(joined).toEqual([undefined, { type: 'rows', runId: 'r', seq: 3, statement: 0, rows: [row] }])
})

test('forgets the pieces of a row that a reset made void', () => {
  const join = rowJoiner()
  join(piece(2, 0, 2, '["old'))
  join({ type: 'reset', runId: 'r', seq: 3, statement: 0 })

  const joined = [join(piece(4, 0, 2, '["ne')), join(piece(5, 1, 2, 'w"]'))]

  expect(joined[1]).toMatchObject({ rows: [['new']] })
})

test('gives a reader what was queued before it throws the error that ended it, once', async () => {
  const queue = openQueue<string>(
    () => {},
    () => {},
  )
  queue.push('last words', 1)
  queue.end(new Error('gone'))

  const first = await queue.next()
  const second = await queue.next().catch((error: Error) => error.message)
  const third = await queue.next()

  expect([first.value, second, third.done]).toEqual(['last words', 'gone', true])
})

test('counts what is queued and tells who leaves early', async () => {
  let left = 0
  const queue = openQueue<number>(
    () => {},
    () => {
      left += 1
    },
  )
  queue.push(1, 10)
  queue.push(2, 20)

  for await (const _ of queue) break

  expect(left).toBe(1)
  expect(queue.size).toBe(0)
  expect(await queue.next()).toEqual({ done: true, value: undefined })
})
