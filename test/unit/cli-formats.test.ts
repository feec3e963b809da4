import { describe, expect, test, vi } from 'vitest'
import { csvFormat } from '#cli/output/csv.ts'
import { expandedFormat } from '#cli/output/expanded.ts'
import type { Format } from '#cli/output/format.ts'
import { jsonFormat } from '#cli/output/json.ts'
import { ndjsonFormat } from '#cli/output/ndjson.ts'
import { tableFormat } from '#cli/output/table.ts'
import { resultWriter } from '#cli/result-writer.ts'
import type { RunEvent } from '#websocket/messages.ts'

const statements = [
  { kind: 'select', start: 0, end: 9, keyword: 'SELECT' },
  { kind: 'insert', start: 9, end: 20, keyword: 'INSERT' },
]
const accepted: RunEvent = { type: 'accepted', statements }
const columns: RunEvent = {
  type: 'columns',
  statement: 0,
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'name', type: 'text' },
  ],
}
const rows = (...given: (string | null)[][]): RunEvent => ({ type: 'rows', statement: 0, rows: given })
const complete = (statement: number, tag: string, rowCount: number): RunEvent => ({
  type: 'complete',
  statement,
  tag,
  rowCount,
  durationMs: 3,
})
const reset: RunEvent = { type: 'reset', statement: 0 }
const failure = { code: 'sql/statement-failed', sqlstate: '23505', message: 'no' }
const failed = (statement?: number): RunEvent => ({
  type: 'error',
  error: failure,
  ...(statement === undefined ? {} : { statement }),
})

function printed(format: Format, events: readonly RunEvent[]): string {
  let text = format.start()
  const writer = resultWriter(format, (piece) => {
    text += piece
  })
  for (const [index, event] of events.entries()) {
    if (!('part' in event)) writer.receive({ ...event, runId: 'r', seq: index + 1 })
  }
  writer.close()
  return text + format.end()
}

const twoStatements = [
  accepted,
  columns,
  rows(['1', 'x'], ['20', null]),
  complete(0, 'SELECT 2', 2),
  complete(1, 'INSERT 0 1', 1),
]

describe('table', () => {
  test('looks as psql prints it', () => {
    expect(printed(tableFormat(), twoStatements)).toBe(
      [' id | name', '----+------', '  1 | x', ' 20 |', '(2 rows)', '', 'INSERT 0 1', '']
        .join('\n')
        .replace('name', 'name '),
    )
  })

  test('aligns wide characters, carries lines on with +, and shows what would command the terminal', () => {
    const text = printed(tableFormat(), [
      accepted,
      columns,
      rows(['1', '表'], ['2', 'a\nb\u001b[2J']),
      complete(0, 'SELECT 2', 2),
    ])

    expect(text.split('\n').slice(2, 5)).toEqual(['  1 | 表', '  2 | a       +', '    | b\\x1B[2J'])
  })

  test('prints the rows of RETURNING and the tag', () => {
    expect(
      printed(tableFormat(), [accepted, columns, rows(['1', 'x']), complete(0, 'INSERT 0 1', 1)]),
    ).toContain('(1 row)\n\nINSERT 0 1\n')
  })
})

test('the expanded table has one column a line', () => {
  expect(
    printed(expandedFormat(), [accepted, columns, rows(['1', 'a\nb']), complete(0, 'SELECT 1', 1)]),
  ).toBe(['-[ RECORD 1 ]-', 'id   | 1', 'name | a', '     | b', '(1 row)', '', ''].join('\n'))
})

describe('json', () => {
  const parsed = (events: readonly RunEvent[]) => JSON.parse(printed(jsonFormat(), events))

  test('is one array with one object a statement', () => {
    expect(parsed(twoStatements)).toEqual([
      {
        statement: 0,
        kind: 'select',
        tag: 'SELECT 2',
        columns: [
          { name: 'id', type: 'int4' },
          { name: 'name', type: 'text' },
        ],
        rows: [
          ['1', 'x'],
          ['20', null],
        ],
        rowCount: 2,
        durationMs: 3,
      },
      { statement: 1, kind: 'insert', tag: 'INSERT 0 1', columns: [], rows: [], rowCount: 1, durationMs: 3 },
    ])
  })

  test.each([
    ['before its columns', [accepted, failed(0)], [{ statement: 0, kind: 'select', error: failure }]],
    [
      'after some rows',
      [accepted, columns, rows(['1', 'x']), failed(0)],
      [expect.objectContaining({ statement: 0, rows: [['1', 'x']], error: failure })],
    ],
    ['before anything was accepted', [failed(2)], [{ statement: 2, error: failure }]],
    ['as a whole', [failed()], [{ statement: null, error: failure }]],
    ['by never beginning', [], []],
  ])('stays complete when the run fails %s', (_, events, expected) => {
    expect(parsed(events)).toEqual(expected)
  })

  test('a statement that is run again leaves no trace when nothing was written yet', () => {
    const objects = parsed([
      accepted,
      columns,
      rows(['0', 'void']),
      reset,
      columns,
      rows(['1', 'x']),
      complete(0, 'SELECT 1', 1),
    ])

    expect(objects).toEqual([expect.objectContaining({ rows: [['1', 'x']] })])
  })

  test('rows already written of a statement that is run again are marked as void', () => {
    const many = Array.from({ length: 1_500 }, (_, index) => [String(index), 'void'])
    const objects = parsed([
      accepted,
      columns,
      rows(...many),
      reset,
      columns,
      rows(['1', 'x']),
      complete(0, 'SELECT 1', 1),
    ])

    expect(objects).toEqual([
      expect.objectContaining({ statement: 0, voided: true }),
      expect.objectContaining({ statement: 0, rows: [['1', 'x']], tag: 'SELECT 1' }),
    ])
  })
})

test('ndjson is one object a row, whatever the columns are called', () => {
  const odd: RunEvent = {
    type: 'columns',
    statement: 0,
    columns: ['b', '1', 'b', '__proto__'].map((name) => ({ name, type: 'text' })),
  }

  const text = printed(ndjsonFormat(), [
    accepted,
    odd,
    rows(['w', 'x', null, 'z']),
    complete(0, 'SELECT 1', 1),
  ])

  expect(text).toBe('{"b":"w","1":"x","b_2":null,"__proto__":"z"}\n')
})

test('csv quotes what needs it and tells NULL from empty text', () => {
  const text = printed(csvFormat(), [
    accepted,
    columns,
    rows(['1', 'a "b", c'], ['2', null], ['3', ''], ['4', 'x\ny']),
    complete(0, 'SELECT 4', 4),
  ])

  expect(text).toBe('id,name\n1,"a ""b"", c"\n2,\n3,""\n4,"x\ny"\n')
})

test('rows that take long to come are shown before the last one is there', () => {
  vi.useFakeTimers()
  let text = ''
  const writer = resultWriter(csvFormat(), (piece) => {
    text += piece
  })

  for (const event of [accepted, columns, rows(['1', 'x'])]) {
    if (!('part' in event)) writer.receive({ ...event, runId: 'r', seq: 1 })
  }
  const before = text
  vi.advanceTimersByTime(300)
  vi.useRealTimers()

  expect([before, text]).toEqual(['', 'id,name\n1,x\n'])
})
