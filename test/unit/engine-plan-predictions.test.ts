import { describe, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import type { Step } from '#engine/order/step.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import type { Action } from '#engine/plan/planned-change.ts'
import { predictCalls } from '#engine/plan/predict-calls.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { countSplitSteps } from '#engine/plan/split-steps.ts'
import { applied, change, column, deleted, edited, inserted, table } from '#test/support/engine-tables.ts'

const gateway = table({
  name: 'gateway',
  holdsData: false,
  columns: {
    name: column({ replaces: 'before' }),
    size: column({ sqlType: 'integer' }),
    shape: column({ sqlType: 'integer' }),
    is_on: column({ sqlType: 'boolean', default: false, interrupts: true, ownCall: ['create', 'update'] }),
    attached_to: column({ interrupts: true, ownCall: ['create', 'update', 'clear', 'delete'] }),
    tags: column({ sqlType: 'jsonb', equality: 'tags' }),
  },
})
const store = table({ name: 'store', columns: { name: column({ replaces: 'after' }) } })
const tables = tableLookup([gateway, store])

describe('calls that write', () => {
  const calls = (action: Action, rows: { delta?: Row; desired?: Row; before?: Row }): number =>
    predictCalls({ action, delta: {}, desired: null, before: {}, ...rows }, gateway)

  test.each([
    ['a create', 1, { name: 'a', size: 1, tags: { a: 'b' } }],
    ['what the create leaves to calls of its own', 3, { name: 'a', is_on: true, attached_to: 'x' }],
    ['what is the default anyway', 1, { name: 'a', is_on: false, attached_to: null }],
  ])('of a create: %s', (_, expected, desired) => {
    expect(calls('create', { desired })).toBe(expected)
  })

  test.each([
    ['columns share one', 1, { size: 2, shape: 3 }, { size: 1, shape: 1 }],
    ['tags have one to put', 1, { tags: { a: '2', b: '1' } }, { tags: { a: '1' } }],
    ['and one to remove', 1, { tags: {} }, { tags: { a: '1' } }],
    ['or both', 2, { tags: { b: '1' } }, { tags: { a: '1' } }],
    ['reserved tags are never sent', 1, { tags: { b: '1' } }, { tags: { 'iasql:token': 'x' } }],
    ['a column of its own comes on top', 2, { size: 2, is_on: true }, { size: 1, is_on: false }],
    ['what is set for the first time is only set', 1, { attached_to: 'y' }, { attached_to: null }],
    ['what is moved is undone first', 2, { attached_to: 'y' }, { attached_to: 'x' }],
    ['what is cleared is only undone', 1, { attached_to: null }, { attached_to: 'x' }],
    ['nothing to send, no call', 0, {}, {}],
  ])('of an update: %s', (_, expected, delta: Row, before: Row) => {
    expect(calls('update', { delta, before })).toBe(expected)
    expect(calls('adopt', { delta, before })).toBe(expected)
  })

  test('of a deletion and a replacement: what is set is undone, and set again', () => {
    const before = { name: 'a', is_on: true, attached_to: 'x' }

    expect(calls('delete', { before })).toBe(2)
    expect(calls('replace', { before, desired: { ...before, name: 'b' } })).toBe(5)
    expect(calls('forget', { before })).toBe(0)
  })

  test('of a replacement: what AWS chose for the old one is left to it again', () => {
    const disk = table({
      name: 'disk',
      columns: {
        name: column({ replaces: 'after' }),
        chosen: column({ clearable: false, ownCall: ['create', 'update'] }),
      },
    })
    const before = { name: 'a', chosen: 'x' }

    const replacing = predictCalls(
      { action: 'replace', delta: {}, desired: { ...before, name: 'b' }, before },
      disk,
    )

    expect(replacing).toBe(2)
  })

  test('of a deletion: members of a set that go one by one count each', () => {
    const policy = table({
      name: 'policy',
      columns: { versions: column({ sqlType: 'jsonb', equality: 'set', ownCall: ['deleteEach'] }) },
    })
    const deleting = (before: Row): number =>
      predictCalls({ action: 'delete', delta: {}, desired: null, before }, policy)

    expect([deleting({ versions: ['v1', 'v2'] }), deleting({ versions: null })]).toEqual([3, 1])
  })

  test('a change that is split takes more calls and longer', () => {
    const whole = change('gateway', 1, 'create', { calls: 1, estimateMs: 1_000 })
    const step = { change: whole.key, columns: null, clears: [], estimateMs: 1_000 } as unknown as Step
    const later = { ...step, columns: ['attached_to'], estimateMs: 500 }

    expect(countSplitSteps([whole], [step, later])).toMatchObject([{ calls: 2, estimateMs: 1_500 }])
    expect(countSplitSteps([whole], [step])).toEqual([whole])
  })
})

describe('risk', () => {
  const riskOf = (resource: ReturnType<typeof applied>): string | undefined =>
    planChanges({ tables, resources: [resource] }).changes[0]?.risk
  const door = applied('gateway', 1, { name: 'door', size: 1, is_on: true, attached_to: 'x', tags: {} })
  const data = applied('store', 2, { name: 'data' })

  test('what is deleted or replaced takes its data along, unless it has none', () => {
    expect(riskOf(deleted(data))).toBe('deletes data')
    expect(riskOf(edited(data, { name: 'other' }))).toBe('deletes data')
    expect(riskOf(deleted(door))).toBe('interrupts service')
    expect(riskOf(edited(door, { name: 'other' }))).toBe('interrupts service')
  })

  test('an update interrupts what it changes or clears, not what it sets for the first time', () => {
    const off = applied('gateway', 1, { ...door.base, is_on: false, attached_to: null })

    expect(riskOf(edited(door, { is_on: false }))).toBe('interrupts service')
    expect(riskOf(edited(door, { attached_to: null }))).toBe('interrupts service')
    expect(riskOf(edited(off, { is_on: true, attached_to: 'x' }))).toBe('none')
    expect(riskOf(edited(door, { size: 2 }))).toBe('none')
  })

  test('what is made new risks nothing', () => {
    expect(riskOf(inserted('gateway', 3, { name: 'new', is_on: true }))).toBe('none')
  })
})
