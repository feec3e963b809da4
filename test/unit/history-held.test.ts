/** Rows that the engine brought and took away: when their DELETE is told after all, and what is told along with it. */
import { expect, test } from 'vitest'
import type { AuditedChange } from '#engine/history/audited-change.ts'
import { regenerate } from '#engine/history/regenerate.ts'
import type { Row } from '#engine/model/json.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { column, refersTo, table } from '#test/support/engine-tables.ts'

const network = table({
  name: 'network',
  naturalKey: ['label'],
  uniqueKey: true,
  protects: [{ when: 'is_default', message: 'the default network is not deleted' }],
  columns: {
    label: column({ required: true }),
    user: column({}),
    is_default: column({ sqlType: 'boolean', nature: 'output' }),
  },
})
const part = table({
  name: 'part',
  naturalKey: ['network_id', 'place'],
  uniqueKey: true,
  columns: { network_id: refersTo('test.network'), place: column({}) },
})
const line = table({
  name: 'line',
  naturalKey: ['part_id'],
  uniqueKey: true,
  columns: { part_id: refersTo('test.part') },
})
const lookup = tableLookup([network, part, line])
const here = { account_id: '1', region: 'r' }
const aNetwork: Row = { id: 7, label: 'a', user: null, is_default: null, ...here }
const aPart: Row = { id: 8, network_id: 7, place: 'p', ...here }
const aLine: Row = { id: 9, part_id: 8, ...here }

type Step = readonly [AuditedChange['origin'], string, Row | null, Row | null]

const changesOf = (steps: readonly Step[]): readonly AuditedChange[] =>
  steps.map(([origin, name, original, change], index) => ({
    id: index + 1,
    table: name,
    rowId: Number((change ?? original)?.id),
    original,
    change,
    xid: String(index),
    origin,
  }))
const told = (steps: readonly Step[], asked: readonly string[] = []): readonly string[] =>
  regenerate({ lookup, changes: changesOf(steps), current: new Map(), asked: new Set(asked) })

const imported: readonly Step[] = [
  ['outcome', 'network', null, aNetwork],
  ['outcome', 'part', null, aPart],
  ['outcome', 'line', null, aLine],
]
const partsLost: readonly Step[] = [
  ['pull', 'line', aLine, null],
  ['pull', 'part', aPart, null],
]
const ofNetwork = `(SELECT id FROM network WHERE label = 'a' AND region = 'r')`
const partsTold = [
  `DELETE FROM line WHERE part_id = (SELECT id FROM part WHERE network_id = ${ofNetwork} AND place = 'p' AND region = 'r') AND region = 'r';`,
  `DELETE FROM part WHERE network_id = ${ofNetwork} AND place = 'p' AND region = 'r';`,
]
const networkTold = "DELETE FROM network WHERE label = 'a' AND region = 'r';"

test('what was imported and lost is not told, with all its parts', () => {
  expect(told([...imported, ...partsLost, ['pull', 'network', aNetwork, null]])).toEqual([])
})

test('what was there before is told as lost only where a user had asked for it', () => {
  const lost: readonly Step[] = [...partsLost, ['pull', 'network', aNetwork, null]]

  expect(told(lost)).toEqual([])
  expect(told(lost, ['network/7', 'part/8', 'line/9'])).toEqual([...partsTold, networkTold])
})

test.each<{ title: string; last: readonly Step[]; asked: readonly string[] }>([
  { title: 'a user deletes', last: [['user', 'network', aNetwork, null]], asked: [] },
  { title: 'a user had edited', last: [['pull', 'network', aNetwork, null]], asked: ['network/7'] },
])('what $title cannot go before the parts that a sync has taken away', ({ last, asked }) => {
  expect(told([...partsLost, ...last], asked)).toEqual([...partsTold, networkTold])
})

test('what AWS made for the account is left, though a user had edited it, and so are its parts', () => {
  const ofAccount = { ...aNetwork, is_default: true }

  expect(told([...partsLost, ['pull', 'network', ofAccount, null]], ['network/7'])).toEqual([])
})

test('a name that was lost is free before a user gives it to another row', () => {
  const lost: readonly Step[] = [...partsLost, ['pull', 'network', aNetwork, null]]
  const renamed = { ...aNetwork, id: 11 }

  expect(told([...lost, ['user', 'network', null, { ...aNetwork, id: 10 }]])).toEqual([
    ...partsTold,
    networkTold,
    "INSERT INTO network (label, region) VALUES ('a', 'r');",
  ])
  expect(told([...lost, ['user', 'network', { ...renamed, label: 'b' }, renamed]])).toEqual([
    ...partsTold,
    networkTold,
    "UPDATE network SET label = 'a' WHERE label = 'b' AND region = 'r';",
  ])
})

test('what is lost and imported again is told as it is then edited or deleted, and not as lost', () => {
  const again = { ...aNetwork, id: 12 }
  const returned: readonly Step[] = [
    ['pull', 'network', aNetwork, null],
    ['pull', 'network', null, again],
  ]

  expect(told([...returned, ['user', 'network', again, { ...again, user: 'x' }]])).toEqual([
    `UPDATE network SET "user" = 'x' WHERE label = 'a' AND region = 'r';`,
  ])
  expect(told([...returned, ['user', 'network', again, null]])).toEqual([networkTold])
})

test('what came along with what a user made is told as lost', () => {
  const made: readonly Step[] = [['user', 'network', null, aNetwork]]

  for (const origin of ['made', 'along'] as const) {
    const statements = told([...made, [origin, 'part', null, aPart], ['pull', 'part', aPart, null]])

    expect(statements.at(-1)).toBe(partsTold[1])
  }
})

test('what a failed commit takes away again, and an imported row that it puts back, are told', () => {
  const statements = told([
    ['outcome', 'network', null, aNetwork],
    ['user', 'network', aNetwork, null],
    ['user', 'part', null, { ...aPart, network_id: null }],
    ['outcome', 'part', { ...aPart, network_id: null }, null],
    ['outcome', 'network', null, aNetwork],
    ['pull', 'network', aNetwork, null],
  ])

  expect(statements.map((sql) => sql.split(' ').slice(0, 3).join(' '))).toEqual([
    'DELETE FROM network',
    'INSERT INTO part',
    'DELETE FROM part',
    'INSERT INTO network',
    'DELETE FROM network',
  ])
})

test('of one transaction is told only what it did itself', () => {
  const changes = changesOf([...partsLost, ['user', 'network', aNetwork, null]])

  expect(regenerate({ lookup, changes, current: new Map(), isTold: ({ xid }) => xid === '2' })).toEqual([
    networkTold,
  ])
})
