/** What AWS makes along with an update is in the tables with its outcome, not only after the next sync. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_vpc']])
})
afterAll(async () => {
  await lab.close()
})

const networkOf = async (cidr: string): Promise<number> => {
  const rows = await lab.user.query<{ id: number }>(`SELECT id FROM vpc WHERE cidr_block = '${cidr}'`)
  return rows[0]?.id ?? 0
}

test('the IPv6 routes of all route tables of a network come with its IPv6 block', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.40.0.0/16')`)
  await lab.call('iasql_apply')
  const id = await networkOf('10.40.0.0/16')
  await lab.user.run(`INSERT INTO route_table (vpc_id) VALUES (${id})`)
  await lab.call('iasql_apply')

  await lab.user.run(`UPDATE vpc SET amazon_provided_ipv6_cidr_block = true WHERE id = ${id}`)
  await lab.call('iasql_apply')

  expect(
    await lab.user.query(
      `SELECT t.is_main, count(*) AS routes FROM route r JOIN route_table t ON t.id = r.route_table_id
       WHERE t.vpc_id = ${id} AND r.destination LIKE '%:%' GROUP BY 1 ORDER BY 1`,
    ),
  ).toEqual([
    { is_main: false, routes: 1 },
    { is_main: true, routes: 1 },
  ])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('an update of nothing but tags asks for no companions', async () => {
  const id = await networkOf('10.40.0.0/16')
  await lab.user.run(`UPDATE vpc SET tags = '{"Name":"forty"}' WHERE id = ${id}`)
  lab.calls.length = 0

  await lab.call('iasql_apply')

  expect(lab.calls.filter(({ operation }) => operation === 'DescribeRouteTables')).toEqual([])
})

test('they go with the network, all at once', async () => {
  const id = await networkOf('10.40.0.0/16')
  await lab.user.run(`DELETE FROM route_table WHERE vpc_id = ${id} AND NOT is_main`)
  await lab.user.run(`DELETE FROM vpc WHERE id = ${id}`)
  await lab.call('iasql_apply')

  expect(await lab.user.query(`SELECT FROM route WHERE destination LIKE '%:%'`)).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})
