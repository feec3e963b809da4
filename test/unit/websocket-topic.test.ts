import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ClientMessage, TopicMessage } from '#websocket/messages.ts'
import { openTopic } from '#websocket/topic-stream.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const event = (seq: number): TopicMessage => ({
  type: 'topic',
  topic: 'drift',
  seq,
  at: '2026-01-01T00:00:00Z',
  kind: 'told',
  body: {},
})
const open = (afterSeq?: number) => {
  const sent: ClientMessage[] = []
  const inbox = openTopic({ topic: 'drift', afterSeq, send: (message) => sent.push(message), over: () => {} })
  const take = async (count: number): Promise<number[]> => {
    const seqs: number[] = []
    while (seqs.length < count) seqs.push((await inbox.stream.next()).value.seq)
    return seqs
  }
  return { inbox, sent, take }
}

test('a subscriber from now on goes on from where the server said, though it had seen nothing', () => {
  const { inbox, sent } = open()
  inbox.begin()

  inbox.subscribed(7)
  inbox.begin()

  expect(sent).toEqual([
    { action: 'subscribe', topic: 'drift' },
    { action: 'subscribe', topic: 'drift', afterSeq: 7 },
  ])
})

test('what is pushed before, between and besides the replay is read once and in order', async () => {
  const { inbox, sent, take } = open(3)

  inbox.receive(event(6))
  inbox.subscribed(3)
  for (const seq of [4, 5, 5, 6]) inbox.receive(event(seq))
  vi.advanceTimersByTime(60_000)

  expect(await take(3)).toEqual([4, 5, 6])
  expect(sent).toEqual([])
})

test('what does not come is asked for again after a while, not at every message', () => {
  const { inbox, sent } = open(3)

  for (const seq of [5, 6, 7, 8]) inbox.receive(event(seq))
  const atOnce = sent.length
  vi.advanceTimersByTime(1_500)

  expect(atOnce).toBe(0)
  expect(sent).toEqual([{ action: 'subscribe', topic: 'drift', afterSeq: 3 }])
})

test('nobody waits for what is not kept any more', async () => {
  const { inbox, sent, take } = open(3)

  inbox.receive(event(21))
  inbox.subscribed(9)
  for (let seq = 10; seq <= 21; seq++) inbox.receive(event(seq))

  expect(await take(12)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21])
  expect(sent).toEqual([{ action: 'subscribe', topic: 'drift', afterSeq: 9 }])
})
