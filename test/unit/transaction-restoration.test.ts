/** The way back for one row, whatever was done to it by whom. */
import { describe, expect, test } from 'vitest'
import { waveOf } from '#engine/transaction/commit-wave.ts'
import { type AuditedEdit, netEdits } from '#engine/transaction/net-edit.ts'
import { restorationOf } from '#engine/transaction/restoration.ts'
import { sim } from '#test/support/simulated/module.ts'

const topic = sim.tables.find(({ name }) => name === 'topic')
if (!topic) throw new Error('the simulated module has topics')
const base = { name: 'a', retention: 60, labels: null, topic_id: 'top-1', account_id: '1', region: 'r' }
const edit = (original: AuditedEdit['original'], change: AuditedEdit['change']): AuditedEdit => ({
  ...{ table: 'topic', rowId: 7 },
  original,
  change,
})
const none = new Set<string>()

describe('what edits come to', () => {
  test('several of one row are one, from the first to the last', () => {
    const net = netEdits([
      edit(base, { ...base, retention: 90 }),
      edit({ ...base, retention: 90 }, { ...base, retention: 120 }),
    ])

    expect(net).toMatchObject([{ key: 'topic/7', before: { retention: 60 }, after: { retention: 120 } }])
  })

  test('what came and went is nothing', () => {
    expect(netEdits([edit(null, base), edit(base, null)])).toEqual([])
  })

  test('what others changed in between is no part of it', () => {
    const others = { ...base, retention: 90, labels: ['x'] }

    const net = netEdits([
      edit(base, { ...base, retention: 90 }),
      edit(others, { ...others, retention: 120 }),
    ])

    expect(net).toMatchObject([{ before: { retention: 60, labels: ['x'] } }])
  })
})

describe('the way back', () => {
  const changed = { ...base, retention: 90 }

  test.each([
    [
      'an update',
      { before: base, after: changed },
      changed,
      none,
      { kind: 'update', values: { retention: 60 } },
    ],
    ['an update that was taken back', { before: base, after: changed }, base, none, { kind: 'none' }],
    ['an update of a row that is gone', { before: base, after: changed }, null, none, { kind: 'gone' }],
    [
      'an update beside another column of others',
      { before: base, after: changed },
      { ...changed, labels: ['x'] },
      new Set(['labels']),
      { kind: 'update', values: { retention: 60 } },
    ],
    [
      'an update that others went over',
      { before: base, after: changed },
      { ...base, retention: 120 },
      new Set(['retention']),
      { kind: 'edited', columns: ['retention'] },
    ],
    [
      'an update that the cloud went over',
      { before: base, after: changed },
      { ...base, retention: 120 },
      none,
      { kind: 'update', values: { retention: 60 } },
    ],
    ['an insert', { before: null, after: base }, { ...base, topic_id: 'top-2' }, none, { kind: 'delete' }],
    [
      'an insert that others have edited',
      { before: null, after: base },
      changed,
      new Set(['retention']),
      { kind: 'edited', columns: ['retention'] },
    ],
    ['a delete', { before: base, after: null }, null, none, { kind: 'insert', values: base }],
    ['a delete that was taken back', { before: base, after: null }, base, none, { kind: 'none' }],
    [
      'a delete of what is another now',
      { before: base, after: null },
      changed,
      none,
      { kind: 'edited', columns: [] },
    ],
  ])('of %s', (_, net, current, later, wanted) => {
    expect(restorationOf(topic, net, { current, later })).toEqual(wanted)
  })
})

describe('the order of a commit', () => {
  test.each([
    ['a create', { action: 'create', risk: 'none' }, 0],
    ['an update that interrupts', { action: 'update', risk: 'interrupts service' }, 0],
    ['an adoption', { action: 'adopt', risk: 'takes over' }, 0],
    ['a delete of what holds nothing', { action: 'delete', risk: 'interrupts service' }, 1],
    ['a replacement of what holds nothing', { action: 'replace', risk: 'interrupts service' }, 1],
    ['a delete of data', { action: 'delete', risk: 'deletes data' }, 2],
  ] as const)('%s has its turn by what is lost with it', (_, change, wave) => {
    expect(waveOf({ ...change, companion: false, parent: null, changed: {} }, new Map())).toBe(wave)
  })

  test('a secret whose value of before nobody here knows is overwritten last', () => {
    const change = { action: 'update', risk: 'none', companion: false, parent: null } as const
    const given = (from: string | null) => ({ ...change, changed: { value: { from, to: 'secret:2' } } })

    expect(waveOf(given(null), new Map())).toBe(2)
    expect(waveOf(given('secret:1'), new Map())).toBe(0)
  })

  test('what goes with its parent goes when that does', () => {
    const one = { action: 'delete', changed: {} } as const
    const parent = { ...one, risk: 'deletes data', companion: false, parent: null } as const
    const companion = { ...one, risk: 'none', companion: true, parent: 'network/1' } as const

    expect(waveOf(companion, new Map([['network/1', parent]]))).toBe(2)
  })
})
