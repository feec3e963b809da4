/** What AWS made for the account stays, whatever a statement without a condition says; everything else goes. */
import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ec2: EC2Client

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
})
afterAll(async () => {
  await lab.close()
})

const tables = [
  'route',
  'route_table_association',
  'subnet',
  'internet_gateway',
  'route_table',
  'vpc',
  'queue',
] as const

const counts = async (): Promise<Readonly<Record<string, number>>> => {
  const found: Record<string, number> = {}
  for (const table of tables) {
    const rows = await lab.user.query<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)
    found[table] = rows[0]?.count ?? -1
  }
  return found
}

test('DELETE without a condition empties each table of what is the user’s own, and plans just that', async () => {
  const defaults = await counts()
  await lab.user.run(`INSERT INTO queue (name) VALUES ('mine')`)
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.30.0.0/16', '{"Name":"mine"}')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, tags) SELECT id, '10.30.1.0/24', '{"Name":"mine"}' FROM vpc WHERE NOT coalesce(is_default, false)`,
  )
  await lab.user.run(
    `INSERT INTO internet_gateway (vpc_id, tags) SELECT id, '{"Name":"mine"}' FROM vpc WHERE NOT coalesce(is_default, false)`,
  )
  await lab.user.run(
    `INSERT INTO route_table (vpc_id, tags) SELECT id, '{"Name":"mine"}' FROM vpc WHERE NOT coalesce(is_default, false)`,
  )
  await lab.call('iasql_apply')
  await lab.user.run(
    `INSERT INTO route (route_table_id, destination, internet_gateway_id)
     SELECT t.id, '0.0.0.0/0', g.id FROM route_table t, internet_gateway g
     WHERE t.tags->>'Name' = 'mine' AND g.tags->>'Name' = 'mine'`,
  )
  await lab.user.run(
    `INSERT INTO route_table_association (route_table_id, subnet_id)
     SELECT t.id, s.id FROM route_table t, subnet s WHERE t.tags->>'Name' = 'mine' AND s.tags->>'Name' = 'mine'`,
  )
  await lab.call('iasql_apply')

  for (const table of tables) await lab.user.run(`DELETE FROM ${table}`)

  expect(await counts()).toEqual(defaults)
  const planned = await lab.call('iasql_preview')
  expect(planned.map(({ action, table_name }) => `${action} ${table_name}`).sort()).toEqual([
    'delete internet_gateway',
    'delete queue',
    'delete route',
    'delete route_table',
    'delete route_table_association',
    'delete subnet',
    'delete vpc',
  ])
  await lab.call('iasql_apply')
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  expect(Vpcs.map(({ IsDefault }) => IsDefault)).toEqual([true])
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  expect(Subnets.every(({ DefaultForAz }) => DefaultForAz)).toBe(true)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('nothing that would need a new resource in its place is accepted for it', async () => {
  const edits = [
    `UPDATE vpc SET cidr_block = '10.31.0.0/16' WHERE is_default`,
    `UPDATE vpc SET region = 'eu-west-1' WHERE is_default`,
    `UPDATE subnet SET cidr_block = '172.31.250.0/24' WHERE default_for_az`,
    `UPDATE route SET destination = '10.0.0.0/8' WHERE origin = 'CreateRouteTable'`,
    `UPDATE route_table SET vpc_id = vpc_id + 1 WHERE is_main`,
    `UPDATE route_table_association SET gateway_id = 'vgw-1' WHERE is_main`,
  ]

  for (const edit of edits) await expect(lab.user.run(edit), edit).rejects.toThrow(/IQ005/)

  expect(await lab.call('iasql_preview')).toEqual([])
})

test('what changes in place may be changed', async () => {
  await lab.user.run(
    `UPDATE vpc SET enable_dns_hostnames = false, tags = '{"Name":"given"}' WHERE is_default`,
  )

  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update', table_name: 'vpc' }])
  expect(await lab.call('iasql_sync')).toEqual([])
})
