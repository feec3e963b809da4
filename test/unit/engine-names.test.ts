/** Names that an update takes and leaves: places of rules, ports of listeners. */
import { expect, test } from 'vitest'
import { orderChanges } from '#engine/order/order-changes.ts'
import type { Step } from '#engine/order/step.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { type ResourceState, tableLookup } from '#engine/plan/resource.ts'
import {
  applied,
  column,
  deleted,
  edited,
  inserted,
  networks,
  refersTo,
  table,
} from '#test/support/engine-tables.ts'

const columns = {
  vpc_id: refersTo('test.vpc', { required: true, clearable: false, replaces: 'after' }),
  place: column({ sqlType: 'integer', required: true, clearable: false }),
  gateway_id: refersTo('test.gateway'),
}
const named = { naturalKey: ['vpc_id', 'place'], uniqueKey: true, named: true, columns }
const by = { create: ['vpc_id'], update: ['vpc_id'], delete: ['vpc_id'] }
const tables = tableLookup([
  ...networks.values(),
  table({ ...named, name: 'door' }),
  table({ ...named, name: 'rule', grouped: { by, max: 100 } }),
])

const steps = (...resources: readonly ResourceState[]): readonly Step[] => {
  const { changes } = planChanges({ tables, resources })
  const ordered = orderChanges(changes, tables)
  if (ordered.kind === 'cycle') throw new Error(ordered.message)
  return ordered.steps
}
const keys = (all: readonly Step[]) => all.map(({ key }) => key)
const needsOf = (all: readonly Step[], key: string) =>
  all.find((step) => step.key === key)?.needs.map((need) => need.step)

const at = (name: string, rowId: number, place: number) => applied(name, rowId, { vpc_id: 1, place })

test.each(['door', 'rule'])('a new %s waits for the one that leaves its place', (name) => {
  const all = steps(inserted(name, 1, { vpc_id: 1, place: 10 }), edited(at(name, 2, 10), { place: 20 }))

  expect(keys(all)).toEqual([`${name}/2#update`, `${name}/1#create`])
})

test.each(['door', 'rule'])('a %s takes the place of one that is deleted after that is gone', (name) => {
  const all = steps(edited(at(name, 1, 10), { place: 20 }), deleted(at(name, 2, 20)))

  expect(keys(all)).toEqual([`${name}/2#delete`, `${name}/1#update`])
})

test('one that stays in its place makes nobody wait', () => {
  const door = edited(at('door', 2, 10), { gateway_id: 5 })
  const all = steps(inserted('door', 1, { vpc_id: 1, place: 20 }), door, applied('gateway', 5, {}))

  expect(needsOf(all, 'door/1#create')).toEqual([])
})

test.each(['door', 'rule'])('who takes the place of one that moves on follows it: %s', (name) => {
  const all = steps(edited(at(name, 1, 10), { place: 20 }), edited(at(name, 2, 20), { place: 30 }))

  expect(all.map(({ key, needs }) => [key, needs])).toEqual([
    [`${name}/2#update`, []],
    [`${name}/1#update`, [{ step: `${name}/2#update`, milestone: 'gone' }]],
  ])
})

test.each(['door', 'rule'])('places that go round are asked for all the same: %s', (name) => {
  const all = steps(edited(at(name, 1, 10), { place: 20 }), edited(at(name, 2, 20), { place: 10 }))

  expect(all.map(({ needs }) => needs)).toEqual([[], []])
})

test('who trades places in one call waits for all that the others wait for', () => {
  const one = edited(at('rule', 1, 10), { place: 20, gateway_id: 5 })
  const two = edited(at('rule', 2, 20), { place: 10 })
  const three = edited(at('rule', 3, 30), { place: 40 })
  const all = steps(one, two, three, inserted('gateway', 5, {}))

  expect(needsOf(all, 'rule/1#update')).toEqual(['gateway/5#create'])
  expect(needsOf(all, 'rule/2#update')).toEqual(['gateway/5#create'])
  expect(needsOf(all, 'rule/3#update')).toEqual([])
})

test('one that goes by the name of another row is called by that where others are pointed at the new one', () => {
  const pointing = tableLookup([
    ...networks.values(),
    table({ ...named, name: 'door' }),
    table({ name: 'rule', naturalKey: ['door_id'], columns: { door_id: refersTo('test.door') } }),
  ])
  const here = (rowId: number, name: string) =>
    applied('vpc', rowId, { cidr_block: '10.0.0.0/16', tags: { Name: name } })
  const door = edited(at('door', 3, 10), { vpc_id: 2 })
  const resources = [here(1, 'old'), here(2, 'front'), door, applied('rule', 4, { door_id: 3 })]

  const { changes } = planChanges({ tables: pointing, resources })

  expect(changes.find(({ key }) => key === 'rule/4')?.changed.door_id?.replaced).toBe('front/10')
})

test('a new door takes the place of one that the cloud has lost after that is forgotten', () => {
  const lost = { ...deleted(at('door', 2, 20)), observed: null }

  const all = steps(inserted('door', 1, { vpc_id: 1, place: 20 }), lost)

  expect(keys(all)).toEqual(['door/2#forget', 'door/1#create'])
  expect(needsOf(all, 'door/1#create')).toEqual(['door/2#forget'])
})
