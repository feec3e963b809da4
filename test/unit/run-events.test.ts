import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunkRows, encodeAccepted, encodeRows, messageOf } from '#operations/events/encode-events.ts'

const rowsOf = (events: readonly string[]) => {
  const rows: unknown[] = []
  let pieces = ''
  for (const event of events) {
    const body = JSON.parse(event)
    if (body.rows) rows.push(...body.rows)
    else {
      pieces += body.text
      if (body.part < body.parts - 1) continue
      rows.push(JSON.parse(pieces))
      pieces = ''
    }
  }
  return rows
}

test('rows of any size come in events of at most 48 KiB, and come out as they went in', () => {
  const size = fc.oneof(
    { weight: 8, arbitrary: fc.nat(200) },
    { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 120_000 }) },
  )
  const field = fc.oneof(
    fc.constant(null),
    fc
      .tuple(fc.constantFrom('x', '"', '\\', 'é', '😀', '\u0001'), size)
      .map(([text, count]) => text.repeat(count)),
  )
  fc.assert(
    fc.property(fc.array(fc.array(field, { maxLength: 3 }), { maxLength: 20 }), (rows) => {
      const events = [...chunkRows(rows)].flatMap((chunk) => encodeRows(0, chunk))

      expect(rowsOf(events)).toEqual(rows)
      for (const event of events) {
        expect(Buffer.byteLength(event)).toBeLessThanOrEqual(48 * 1024)
        expect(event.isWellFormed()).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})

test('a chunk has no more rows than asked for', () => {
  const chunks = [
    ...chunkRows(
      Array.from({ length: 25 }, (_, n) => [String(n)]),
      10,
    ),
  ]

  expect(chunks.map((chunk) => chunk.kind === 'rows' && chunk.count)).toEqual([10, 10, 5])
})

test('thousands of statements are accepted in several events', () => {
  const summary = { kind: 'create materialized view', start: 4_000_000, end: 4_000_100, keyword: 'CREATE' }

  const events = encodeAccepted(Array.from({ length: 1_000 }, () => summary))

  expect(events.map((event) => JSON.parse(event).statements.length)).toEqual([300, 300, 300, 100])
  expect(Math.max(...events.map((event) => event.length))).toBeLessThan(48 * 1024)
})

test('a message carries its run and its place', () => {
  expect(JSON.parse(messageOf('r', 7, '{"type":"reset","statement":2}'))).toEqual({
    runId: 'r',
    seq: 7,
    type: 'reset',
    statement: 2,
  })
})
