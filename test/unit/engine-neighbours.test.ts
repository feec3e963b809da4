/** What a new or lost resource means for those that refer to it, and for those that want its name. */
import { describe, expect, test } from 'vitest'
import { substituteIn } from '#engine/expression/expression.ts'
import { orderChanges } from '#engine/order/order-changes.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { type ResourceState, tableLookup } from '#engine/plan/resource.ts'
import { applied, column, deleted, edited, inserted, table } from '#test/support/engine-tables.ts'
import { referringTables } from '#test/support/every-column.ts'

const tables = tableLookup(referringTables)
const plan = (...resources: readonly ResourceState[]) => planChanges({ tables, resources })
const lines = (...resources: readonly ResourceState[]) =>
  plan(...resources).changes.map(({ key, action }) => `${action} ${key}`)
/** Steps, each after all it needs. */
const steps = (...resources: readonly ResourceState[]): readonly string[] => {
  const ordered = orderChanges(plan(...resources).changes, tables)
  return ordered.kind === 'ordered' ? ordered.steps.map(({ key }) => key) : [ordered.message]
}
const isBefore = (all: readonly string[], first: string, then: string): boolean =>
  all.includes(first) && all.indexOf(first) < all.indexOf(then)

const target = applied('target', 1, { name: 'a', fixed: 1, note: null, arn: 'arn:1' }, { resourceId: 1 })
const other = applied('target', 2, { name: 'b', fixed: 1, note: null, arn: 'arn:2' }, { resourceId: 2 })
const pointer = applied('pointer', 3, { required_id: 2, kept_id: 1 }, { resourceId: 3 })
const expressing = (value: string, id: number, sent: string): ResourceState => {
  const row = { name: `expressing ${id}`, note: value, arn: `arn:${id}` }
  const there = { ...row, note: sent }
  return applied('target', id, row, { resourceId: id, base: there, observed: there })
}

describe('a resource that is made again', () => {
  const lost = { ...edited(target, { size: 3 }), observed: null }

  test('is what those that refer to it are pointed at', () => {
    expect(lines(lost, other, pointer)).toEqual(['update pointer/3', 'create target/1'])
  })

  test('gives those that stand for its values new ones', () => {
    expect(lines(lost, expressing('${target(1).arn}', 4, 'arn:1'))).toEqual([
      'create target/1',
      'update target/4',
    ])
  })

  test('leaves them the last value as long as it is only lost', () => {
    const missing = { ...target, observed: null }

    const [change] = plan(missing, edited(expressing('${target(1).arn}', 4, 'arn:1'), { size: 5 })).changes

    expect(change?.delta).toEqual({ size: 5 })
  })
})

describe('names', () => {
  test('that two replacements exchange are free before either is made', () => {
    const exchanged = [edited(target, { name: 'b' }), edited(other, { name: 'a' })]

    const order = steps(...exchanged)

    expect(order.slice(0, 2).sort()).toEqual(['target/1#delete', 'target/2#delete'])
  })

  test('that a replacement keeps are freed first', () => {
    const [change] = plan(edited(target, { fixed: 2 })).changes

    expect(change).toMatchObject({ action: 'replace', replaceBefore: true })
  })

  test('that one gives up are taken after it is gone', () => {
    const order = steps(edited(target, { name: 'old' }), inserted('target', 9, { name: 'a' }))

    expect(isBefore(order, 'target/1#delete', 'target/9#create')).toBe(true)
  })

  test.each([
    ['are waited for where nulls are alike', true, ['port/1']],
    ['stand side by side elsewhere', false, []],
  ])('that lack a value %s', (_, nullsAlike, needed) => {
    const number = column({ sqlType: 'integer', clearable: false })
    const columns = { host: column({ required: true, clearable: false }), number }
    const ports = tableLookup([
      table({ name: 'port', named: true, naturalKey: ['host', 'number'], nullsAlike, columns }),
    ])
    const row = { host: 'a', number: null }
    const resources = [deleted(applied('port', 1, row)), inserted('port', 2, row)]

    const { changes } = planChanges({ tables: ports, resources })

    expect(orderChanges(changes, ports)).toMatchObject({ dependsOn: { 'port/2': needed } })
  })

  test('by which others referred to a renamed target still lead to it', () => {
    const named = applied('pointer', 3, { required_id: 2, target_name: 'a' }, { resourceId: 3 })

    const order = steps(edited(target, { name: 'z' }), other, edited(named, { target_name: 'z' }))

    expect(isBefore(order, 'pointer/3#clear:target_name', 'target/1#delete')).toBe(true)
    expect(isBefore(order, 'target/1#create', 'pointer/3#update')).toBe(true)
  })
})

describe("a name that came to be another row's", () => {
  const named = applied('pointer', 3, { required_id: 2, target_name: 'a' }, { resourceId: 3 })

  test('is that of the row which has it now, and no more of the deleted one', () => {
    const heir = inserted('target', 9, { name: 'a', fixed: 1 })
    const order = steps(
      heir,
      deleted(target),
      other,
      inserted('pointer', 8, { required_id: 2, target_name: 'a' }),
    )

    expect(isBefore(order, 'target/1#delete', 'target/9#create')).toBe(true)
    expect(isBefore(order, 'target/9#create', 'pointer/8#create')).toBe(true)
  })

  test('points its users there, though they say what they said', () => {
    const heir = inserted('target', 9, { name: 'a', fixed: 1 })
    const { changes } = plan(heir, edited(target, { name: 'z' }), other, edited(named, {}))
    const order = steps(heir, edited(target, { name: 'z' }), other, edited(named, {}))

    expect(changes.find(({ key }) => key === 'pointer/3')).toMatchObject({
      action: 'update',
      delta: { target_name: 'a' },
      reason: 'target z is replaced',
    })
    expect(isBefore(order, 'pointer/3#clear:target_name', 'target/1#delete')).toBe(true)
    expect(isBefore(order, 'target/9#create', 'pointer/3#update')).toBe(true)
  })
})

describe('a resource that goes before its successor comes', () => {
  test('is let go of by those that can do without it for a while', () => {
    const order = steps(edited(target, { name: 'z' }), other, pointer)

    expect(order).toEqual([
      'pointer/3#clear:kept_id',
      'target/1#delete',
      'target/1#create',
      'pointer/3#update',
    ])
  })
})

describe('expressions', () => {
  test('about a value that is made of another are renewed with it', () => {
    const near = expressing('to ${target(1).arn}', 4, 'to arn:1')
    const far = expressing('see ${target(4).note}', 5, 'see to arn:1')

    expect(lines(edited(target, { name: 'z' }), near, far)).toEqual([
      'replace target/1',
      'update target/4',
      'update target/5',
    ])
    expect(lines(target, near, far)).toEqual([])
  })

  test('about each other have no value, and do not hang', () => {
    const [one, two] = [expressing('${target(5).note}', 4, 'x'), expressing('${target(4).note}', 5, 'x')]

    expect(plan(one, two).changes.map(({ unknown }) => unknown)).toEqual([['note'], ['note']])
  })

  test('are kept in mind, so that who referred to a row goes before it', () => {
    const sent = { name: 'near', note: 'to arn:1', $expressions: { note: 'to ${target(1).arn}' } }
    const near = applied('target', 4, sent, { resourceId: 4 })

    const order = steps(deleted(target), deleted(near))

    expect(order).toEqual(['target/4#delete', 'target/1#delete'])
  })

  test('that are a whole text stay text', () => {
    expect(substituteIn({ sqlType: 'text' }, '${target(1).size}', () => 31).value).toBe('31')
    expect(substituteIn({ sqlType: 'jsonb' }, '${target(1).size}', () => 31).value).toBe(31)
  })
})

test('a change says what it points at though that stays as it is, and a replacement what the old one was', () => {
  const [update] = plan(target, other, edited(pointer, { kept_id: 2 })).changes
  const [replace] = plan(edited(target, { fixed: 2 })).changes

  expect(update).toMatchObject({ references: [], pointsAt: ['target/2', 'target/1'], oldBase: null })
  expect(replace).toMatchObject({ pointsAt: [], oldBase: target.base })
})
