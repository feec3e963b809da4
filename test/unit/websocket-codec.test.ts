import { expect, test } from 'vitest'
import { byteLength, sqlMessages } from '#websocket/chunk-sql.ts'
import { decodeClientMessage, decodeServerMessage, encodeMessage } from '#websocket/codec.ts'
import { clientMessageBytes } from '#websocket/messages.ts'

const runId = '0b6e8f5c-7a51-4c9e-9a53-3c8d0a4b1f2e'

test.each([
  { action: 'run', runId, sql: 'SELECT 1', options: { stopOnError: false, maxRows: 10 } },
  { action: 'part', runId, index: 0, count: 2, text: 'SELECT' },
  { action: 'cancel', runId },
  { action: 'resume', runId, afterSeq: 0 },
  { action: 'more', runId, statement: 0, cursor: 'c' },
  { action: 'subscribe', topic: 'executions', afterSeq: 3 },
  { action: 'unsubscribe', topic: 'drift' },
  { action: 'ping' },
] as const)('reads a good $action back as it was sent', (message) => {
  const decoded = decodeClientMessage(encodeMessage(message))

  expect(decoded).toEqual({ kind: 'message', message })
})

test('leaves out fields that the protocol does not know', () => {
  const text = JSON.stringify({ action: 'cancel', runId, tenantId: 'someone else' })

  const decoded = decodeClientMessage(text)

  expect(decoded).toEqual({ kind: 'message', message: { action: 'cancel', runId } })
})

test.each([
  ['', 'protocol/bad-json'],
  ['{"action":', 'protocol/bad-json'],
  ['[]', 'protocol/bad-json'],
  ['null', 'protocol/bad-json'],
  ['"run"', 'protocol/bad-json'],
  ['{}', 'protocol/unknown-action'],
  ['{"action":7}', 'protocol/unknown-action'],
  ['{"action":"drop"}', 'protocol/unknown-action'],
  ['{"action":"__proto__"}', 'protocol/unknown-action'],
  ['{"action":"toString"}', 'protocol/unknown-action'],
  ['{"action":"run"}', 'protocol/bad-field'],
  [`{"action":"run","runId":"x","sql":""}`, 'protocol/bad-field'],
  [`{"action":"run","runId":"${runId.toUpperCase()}","sql":""}`, 'protocol/bad-field'],
  [`{"action":"run","runId":"${runId}","sql":7}`, 'protocol/bad-field'],
  [`{"action":"run","runId":"${runId}","sql":"a\\u0000b"}`, 'protocol/bad-field'],
  [`{"action":"run","runId":"${runId}","sql":"\\ud800"}`, 'protocol/bad-field'],
  [`{"action":"run","runId":"${runId}","sql":"","options":[]}`, 'protocol/bad-field'],
  [`{"action":"run","runId":"${runId}","sql":"","options":{"maxRows":0}}`, 'protocol/bad-field'],
  [`{"action":"run","runId":"${runId}","sql":"","options":{"stopOnError":1}}`, 'protocol/bad-field'],
  [`{"action":"part","runId":"${runId}","index":2,"count":2,"text":""}`, 'protocol/bad-field'],
  [`{"action":"part","runId":"${runId}","index":-1,"count":2,"text":""}`, 'protocol/bad-field'],
  [`{"action":"part","runId":"${runId}","index":0,"count":5000,"text":""}`, 'protocol/bad-field'],
  [`{"action":"resume","runId":"${runId}","afterSeq":1.5}`, 'protocol/bad-field'],
  [`{"action":"more","runId":"${runId}","statement":0,"cursor":""}`, 'protocol/bad-field'],
  ['{"action":"subscribe","topic":"everything"}', 'protocol/bad-field'],
])('refuses %s with %s', (text, code) => {
  const decoded = decodeClientMessage(text)

  expect(decoded).toMatchObject({ kind: 'bad', code })
})

test('names the run and the field of a message that cannot be used', () => {
  const decoded = decodeClientMessage(JSON.stringify({ action: 'resume', runId }))

  expect(decoded).toEqual({
    kind: 'bad',
    code: 'protocol/bad-field',
    message: 'afterSeq of resume must be an integer from 0 to 9007199254740991.',
    action: 'resume',
    runId,
  })
})

test('takes the gateway’s own failure notice for no message', () => {
  const text = '{"message":"Internal server error","connectionId":"x=","requestId":"y"}'

  const decoded = decodeServerMessage(text)

  expect(decoded).toBeUndefined()
})

test('sends a short text as one run', () => {
  const messages = sqlMessages(runId, 'SELECT 1', { maxRows: 5 })

  expect(messages).toEqual([{ action: 'run', runId, sql: 'SELECT 1', options: { maxRows: 5 } }])
})

test.each([
  ['plain letters', 'x'.repeat(100_000)],
  ['characters that JSON escapes', '\n"\\\u0001'.repeat(20_000)],
  ['characters of three bytes', '€'.repeat(40_000)],
  ['surrogate pairs at every offset', `a${'😀'.repeat(30_000)}`],
])('cuts %s into parts that fit a message and join to the same text', (_, sql) => {
  const messages = sqlMessages(runId, sql)

  const parts = messages.flatMap((message) => (message.action === 'part' ? [message] : []))
  const sizes = messages.map((message) => byteLength(encodeMessage(message)))
  expect(parts.length).toBe(messages.length)
  expect(parts.length).toBeGreaterThan(1)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(clientMessageBytes)
  expect(parts.every(({ text }) => text.isWellFormed())).toBe(true)
  expect(parts.map(({ text }) => text).join('')).toBe(sql)
  expect(parts.map(({ index, count }) => [index, count])).toEqual(
    parts.map((_part, index) => [index, parts.length]),
  )
})

test('fills parts: 4 MiB of plain text takes at most 140 of them', () => {
  const messages = sqlMessages(runId, 'x'.repeat(4 * 1024 * 1024))

  expect(messages.length).toBeLessThanOrEqual(140)
})
