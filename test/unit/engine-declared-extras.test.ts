/** What a table says of rows that come before its own though no column names them: a NAT gateway and its VPC's way out. */
import { expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { orderChanges } from '#engine/order/order-changes.ts'
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

const tables = tableLookup([
  ...networks.values(),
  table({
    name: 'nat',
    columns: {
      subnet_id: refersTo('test.subnet', { required: true, clearable: false, replaces: 'before' }),
      is_public: column({ sqlType: 'boolean', default: true, clearable: false }),
      size: column({ sqlType: 'integer' }),
    },
    after: [
      {
        table: 'test.gateway',
        by: ['vpc_id'],
        via: ['subnet_id', 'vpc_id'],
        where: { column: 'is_public', values: [true] },
      },
    ],
  }),
  table({
    name: 'target',
    naturalKey: ['name'],
    named: true,
    columns: { name: column({ required: true }), port: column({ sqlType: 'integer', replaces: 'before' }) },
  }),
  table({ name: 'sender', columns: { targets: column({ sqlType: 'jsonb', default: [] }) } }),
  table({
    name: 'receiver',
    columns: { groups: column({ sqlType: 'jsonb', default: [] }) },
    after: [{ table: 'test.sender', by: ['targets'], via: ['groups'] }],
  }),
])

const ordered = (...resources: readonly ResourceState[]) => {
  const { changes } = planChanges({ tables, resources })
  const order = orderChanges(changes, tables)
  if (order.kind === 'cycle') throw new Error(order.message)
  return order
}
const dependsOn = (...resources: readonly ResourceState[]) => ordered(...resources).dependsOn
const keys = (...resources: readonly ResourceState[]) => ordered(...resources).steps.map(({ key }) => key)

const vpc = applied('vpc', 1, { cidr_block: '10.1.0.0/16' })
const other = applied('vpc', 2, { cidr_block: '10.2.0.0/16' })
const subnet = applied('subnet', 11, { vpc_id: 1, cidr_block: '10.1.1.0/24' })
const gateway = applied('gateway', 5, { vpc_id: 1 })
const nat = applied('nat', 7, { subnet_id: 11, is_public: true, size: 1 })
const newNat = (row: Row = {}) => inserted('nat', 7, { subnet_id: 11, is_public: true, ...row })

test('a row is made after those that lead to the same row', () => {
  expect(dependsOn(newNat(), inserted('gateway', 5, { vpc_id: 1 }), subnet, vpc)).toEqual({
    'gateway/5': [],
    'nat/7': ['gateway/5'],
  })
})

test('so it is where everything on the way is new as well', () => {
  const made = [
    newNat(),
    inserted('gateway', 5, { vpc_id: 1 }),
    inserted('subnet', 11, { vpc_id: 1, cidr_block: '10.1.1.0/24' }),
    inserted('vpc', 1, { cidr_block: '10.1.0.0/16' }),
  ]

  expect(dependsOn(...made)).toMatchObject({ 'nat/7': ['gateway/5', 'subnet/11'] })
})

test('and after one that only now comes to lead there', () => {
  const attached = edited(applied('gateway', 5, { vpc_id: null }), { vpc_id: 1 })

  expect(dependsOn(newNat(), attached, subnet, vpc)).toMatchObject({ 'nat/7': ['gateway/5'] })
})

test('it waits for none that leads elsewhere, that stood before, or that it has no need of', () => {
  const far = inserted('gateway', 5, { vpc_id: 2 })
  const near = inserted('gateway', 5, { vpc_id: 1 })

  expect(dependsOn(newNat(), far, subnet, vpc, other)).toMatchObject({ 'nat/7': [] })
  expect(dependsOn(newNat(), edited(gateway, { vpc_id: 1 }), subnet, vpc)).toMatchObject({ 'nat/7': [] })
  expect(dependsOn(newNat({ is_public: false }), near, subnet, vpc)).toMatchObject({ 'nat/7': [] })
  expect(dependsOn(edited(nat, { size: 2 }), near, subnet, vpc)).toMatchObject({ 'nat/7': [] })
})

test('an edit by which it comes to need them waits for them', () => {
  const quiet = applied('nat', 7, { subnet_id: 11, is_public: false, size: 1 })

  expect(
    dependsOn(edited(quiet, { is_public: true }), inserted('gateway', 5, { vpc_id: 1 }), subnet, vpc),
  ).toMatchObject({ 'nat/7': ['gateway/5'] })
})

test('those it needs go, or are led elsewhere, once it is gone or needs them no more', () => {
  const moved = edited(gateway, { vpc_id: 2 })

  expect(keys(deleted(gateway), deleted(nat), subnet, vpc)).toEqual(['nat/7#delete', 'gateway/5#delete'])
  expect(keys(moved, deleted(nat), subnet, vpc, other)).toEqual(['nat/7#delete', 'gateway/5#update'])
  expect(keys(deleted(gateway), edited(nat, { is_public: false }), subnet, vpc)).toEqual([
    'nat/7#update',
    'gateway/5#delete',
  ])
})

test('what another network takes over comes between the end of one and the start of another', () => {
  const far = applied('subnet', 12, { vpc_id: 2, cidr_block: '10.2.1.0/24' })
  const steps = keys(
    edited(gateway, { vpc_id: 2 }),
    deleted(nat),
    inserted('nat', 8, { subnet_id: 12, is_public: true }),
    ...[subnet, far, vpc, other],
  )

  expect(steps).toEqual(['nat/7#delete', 'gateway/5#update', 'nat/8#create'])
})

test('a replaced network takes gateway and NAT gateway over in turn', () => {
  const steps = keys(edited(vpc, { cidr_block: '10.9.0.0/16' }), subnet, gateway, nat)
  const at = (key: string) => steps.indexOf(key)

  expect(at('nat/7#delete')).toBeLessThan(at('gateway/5#update'))
  expect(at('gateway/5#update')).toBeLessThan(at('nat/7#create'))
})

test('what both name is replaced: the other is pointed at the new one first', () => {
  const [sender, receiver] = [
    applied('sender', 1, { targets: ['${target(3).name}'] }),
    applied('receiver', 2, { groups: ['${target(3).name}'] }),
  ]
  const target = applied('target', 3, { name: 't', port: 80 })

  const steps = keys(edited(target, { port: 81 }), sender, receiver)

  expect(steps.indexOf('sender/1#update')).toBeGreaterThan(steps.indexOf('target/3#create'))
  expect(steps.indexOf('receiver/2#update')).toBeGreaterThan(steps.indexOf('sender/1#update'))
})

test('an extra never closes a circle', () => {
  const sender = inserted('sender', 1, { targets: ['${target(3).name}', '${receiver(2).id}'] })
  const receiver = inserted('receiver', 2, { groups: ['${target(3).name}'] })

  expect(keys(sender, receiver, inserted('target', 3, { name: 't' })).at(-1)).toBe('sender/1#create')
})

test('documents lead where their expressions do, and where their ids do that were read from the cloud', () => {
  const target = applied('target', 3, { name: 't' })
  const written = inserted('receiver', 2, { groups: [{ target: '${target(3).name}' }] })
  const read = applied('receiver', 2, { groups: [{ target: 'target-3' }] })

  expect(dependsOn(written, inserted('sender', 1, { targets: ['target-3'] }), target)).toMatchObject({
    'receiver/2': ['sender/1'],
  })
  expect(
    keys(deleted(read), deleted(applied('sender', 1, { targets: ['target-3'] })), deleted(target)).indexOf(
      'sender/1#delete',
    ),
  ).toBeGreaterThan(0)
})
