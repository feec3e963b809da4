import { expect, test } from 'vitest'
import { formatExpression } from '#engine/expression/expression.ts'
import { groundsOf } from '#engine/plan/grounds.ts'
import { knowResources } from '#engine/plan/known-resources.ts'
import type { ResourceState } from '#engine/plan/resource.ts'
import { applied, deleted, inserted, networks, resourceIdOf } from '#test/support/engine-tables.ts'

const vpc = applied('vpc', 1, { cidr_block: '10.0.0.0/16', tags: { Name: 'first' }, vpc_id: 'vpc-1' })
const main = applied('route_table', 3, { vpc_id: 1 }, { companionOf: resourceIdOf('vpc', 1) })
const queue = applied('queue', 4, { name: 'jobs', url: 'https://q' })

const grounds = (resource: ResourceState, ...others: readonly ResourceState[]) =>
  groundsOf(knowResources(networks, [resource, ...others]), resource).map(
    ({ resource: { table, rowId }, used }) => ({ row: `${table} ${rowId}`, used }),
  )

test('a change rests on the rows it refers to', () => {
  expect(grounds(inserted('subnet', 2, { vpc_id: 1, cidr_block: '10.0.1.0/24' }), vpc, queue)).toEqual([
    { row: 'vpc 1', used: [] },
  ])
})

test('and on the values that stand in its expressions', () => {
  const url = formatExpression({ table: 'queue', id: 4, column: 'url' })

  expect(grounds(inserted('queue', 9, { name: 'new', policy: { to: [url, `${url}/x`] } }), queue)).toEqual([
    { row: 'queue 4', used: ['url'] },
  ])
})

test('behind what AWS makes along with a row stands that row', () => {
  const route = inserted('route', 7, { route_table_id: 3 })

  expect(grounds(route, main, vpc).map(({ row }) => row)).toEqual(['route_table 3', 'vpc 1'])
})

test('a deletion rests on nothing, nor does a row on itself', () => {
  expect(grounds(deleted(applied('subnet', 2, { vpc_id: 1 })), vpc)).toEqual([])
  expect(grounds(inserted('queue', 9, { name: 'self', redrive_target_id: 9 }))).toEqual([])
})
