/** Rows that cannot be without what they name: a listener of a network load balancer only forwards. */
import { expect, test } from 'vitest'
import { orderChanges } from '#engine/order/order-changes.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { type ResourceState, tableLookup } from '#engine/plan/resource.ts'
import { applied, column, edited, networks, refersTo, table } from '#test/support/engine-tables.ts'

const keptWhere = { column: 'protocol', values: ['TCP', null] }
const tables = tableLookup([
  ...networks.values(),
  table({
    name: 'group',
    naturalKey: ['name'],
    named: true,
    columns: {
      name: column({ required: true, clearable: false, replaces: 'after' }),
      port: column({ sqlType: 'integer', clearable: false, replaces: 'after' }),
      arn: column({ nature: 'output' }),
    },
  }),
  table({
    name: 'listener',
    columns: {
      protocol: column({ clearable: false }),
      group_id: refersTo('test.group', { keptWhere }),
      groups: column({ sqlType: 'jsonb', default: [], clearable: false, holds: true, keptWhere }),
    },
  }),
])

const steps = (...resources: readonly ResourceState[]): readonly string[] => {
  const ordered = orderChanges(planChanges({ tables, resources }).changes, tables)
  if (ordered.kind === 'cycle') throw new Error(ordered.message)
  return ordered.steps.map(({ key }) => key)
}

const group = applied('group', 1, { name: 'web', port: 80, arn: 'arn-1' })
const anew = edited(group, { port: 81 })
const listener = (protocol: string | null) => applied('listener', 2, { protocol, group_id: 1 })

test.each(['TCP', null])(
  'of %s, it ends before a group that goes first, and is made again after it',
  (protocol) => {
    expect(steps(anew, listener(protocol))).toEqual([
      'listener/2#delete',
      'group/1#delete',
      'group/1#create',
      'listener/2#create',
    ])
  },
)

test('so does one that shares among groups', () => {
  const groups = [{ group_id: '${group(1).arn}' }]
  const sharing = applied(
    'listener',
    2,
    { protocol: 'TCP', groups },
    { base: { protocol: 'TCP', groups: [{ group_id: 'arn-1' }], $expressions: { groups } } },
  )

  expect(steps(anew, sharing)).toEqual([
    'listener/2#delete',
    'group/1#delete',
    'group/1#create',
    'listener/2#create',
  ])
})

test('any other lets go of it meanwhile', () => {
  expect(steps(anew, listener('HTTP'))).toEqual([
    'listener/2#clear:group_id',
    'group/1#delete',
    'group/1#create',
    'listener/2#update',
  ])
})

test('where the new group stands before the old one goes, it moves over in place', () => {
  expect(steps(edited(group, { name: 'shop' }), listener('TCP'))).toEqual([
    'group/1#create',
    'listener/2#update',
    'group/1#delete',
  ])
})
