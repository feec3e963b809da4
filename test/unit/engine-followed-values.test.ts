/** What a resource follows of the rows it names: a load balancer stands in the network of its subnets. */
import { expect, test } from 'vitest'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { type ResourceState, tableLookup } from '#engine/plan/resource.ts'
import { applied, column, edited, networks, refersTo, table } from '#test/support/engine-tables.ts'

const tables = tableLookup([
  ...networks.values(),
  table({
    name: 'balancer',
    naturalKey: ['name'],
    named: true,
    columns: {
      name: column({ required: true, clearable: false, replaces: 'after' }),
      subnets: column({ sqlType: 'jsonb', default: [], clearable: false }),
      vpc: refersTo('test.vpc', {
        nature: 'output',
        replaces: 'after',
        follows: { column: 'subnets', of: 'vpc_id' },
      }),
    },
  }),
])

const lines = (...ids: readonly number[]) => ids.map((id) => ({ subnet_id: `\${subnet(${id}).id}` }))
const [near, far] = [1, 2].map((id) => applied('vpc', id, { cidr_block: `10.${id}.0.0/16` })) as [
  ResourceState,
  ResourceState,
]
const subnets = [11, 12, 21].map((id) =>
  applied('subnet', id, { vpc_id: Math.floor(id / 10), cidr_block: `10.0.${id}.0/24` }),
)
const balancer = applied('balancer', 5, { name: 'lb', subnets: lines(11), vpc: 1 })

const planned = (...resources: readonly ResourceState[]) => {
  const found = new Map(
    [near, far, ...subnets, ...resources].map((one) => [`${one.table}/${one.rowId}`, one]),
  )
  const { changes } = planChanges({ tables, resources: [...found.values()] })
  return changes.find(({ table: name }) => name === 'balancer')
}

test('names of the same are changed in place', () => {
  expect(planned(edited(balancer, { subnets: lines(12) }))).toMatchObject({ action: 'update' })
})

test('names of another make another resource, which the old one makes room for', () => {
  expect(planned(edited(balancer, { subnets: lines(21) }))).toMatchObject({
    action: 'replace',
    replaceBefore: true,
    changed: { vpc: { from: 1, to: 2 } },
    reason: 'subnets changed; vpc cannot change in place',
  })
})

test('so does a row that is named and moves', () => {
  const [subnet] = subnets
  if (!subnet) throw new Error('a subnet is given')

  expect(planned(edited(subnet, { vpc_id: 2 }), balancer)).toMatchObject({
    action: 'replace',
    changed: { vpc: { from: 1, to: 2 } },
  })
})

test('and one whose own row is another resource', () => {
  expect(planned(edited(near, { cidr_block: '10.9.0.0/16' }), balancer)).toMatchObject({
    action: 'replace',
    replaceBefore: true,
  })
})

test('names that disagree are left to AWS', () => {
  expect(planned(edited(balancer, { subnets: lines(11, 21) }))).toMatchObject({ action: 'update' })
})
