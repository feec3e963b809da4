/** One resource after the other comes under management, by its cloud id or its name. */
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
let ec2: EC2Client

beforeAll(async () => {
  lab = await openTenantLab({ log: () => undefined })
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
  const configuration = {
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  }
  sqs = new SQSClient(configuration)
  ec2 = new EC2Client(configuration)
})
afterAll(async () => {
  await lab.close()
})

const adopt = (table: string, id: string, region: string | null = null, account: string | null = null) =>
  lab.call('iasql_adopt', [table, id, region, account])
const makeQueue = async (QueueName: string, timeout = '30'): Promise<string> => {
  const made = await sqs.send(
    new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: timeout } }),
  )
  return made.QueueUrl ?? ''
}
const makeVpc = async (CidrBlock: string): Promise<string> => {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock }))
  return Vpc?.VpcId ?? ''
}

test('a queue becomes a clean row by its cloud id, and nothing else is read into the tables', async () => {
  const url = await makeQueue('wanted', '77')
  await makeQueue('unwanted')

  const [row] = await adopt('queue', url)

  expect(row).toEqual({ table_name: 'queue', id: expect.any(Number) })
  expect(await lab.user.query('SELECT id, name, visibility_timeout FROM queue')).toEqual([
    { id: row?.id, name: 'wanted', visibility_timeout: 77 },
  ])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect((await lab.call('iasql_sync', [['queue']])).map(({ description }) => description)).toEqual([
    'queue unwanted',
  ])
})

test('a name does as well where people know a thing by one', async () => {
  await makeQueue('by-name')

  await adopt('queue', 'by-name')

  expect(await lab.user.query(`SELECT name FROM queue WHERE name = 'by-name'`)).toHaveLength(1)
})

test('a row that waits under the name is bound, and what differs stays its edit', async () => {
  await makeQueue('waiting', '77')
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('waiting', 50)`)

  await adopt('queue', 'waiting')

  expect(await lab.call('iasql_preview')).toMatchObject([
    { action: 'update', natural_name: 'waiting', changed: { visibility_timeout: { from: 77, to: 50 } } },
  ])
  expect(await lab.user.query(`SELECT url FROM queue WHERE name = 'waiting'`)).toMatchObject([
    { url: expect.stringContaining('/waiting') },
  ])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update' }])
  expect(await lab.call('iasql_sync', [['queue']])).toEqual([])
})

test('a row that waits with no more than its name is bound to what the cloud has, defaults and all', async () => {
  await makeQueue('plain', '77')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('plain')`)

  await adopt('queue', 'plain')

  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.user.query(`SELECT visibility_timeout FROM queue WHERE name = 'plain'`)).toEqual([
    { visibility_timeout: 77 },
  ])
})

test('a network brings what AWS made along with it', async () => {
  const vpcId = await makeVpc('10.70.0.0/16')

  const [row] = await adopt('vpc', vpcId)

  const tables = await lab.user.query(`SELECT is_main FROM route_table WHERE vpc_id = ${Number(row?.id)}`)
  expect(tables).toEqual([{ is_main: true }])
  const routes = await lab.user.query(`SELECT destination FROM route WHERE destination = '10.70.0.0/16'`)
  expect(routes).toHaveLength(1)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('what it refers to comes first, and the refusal says how', async () => {
  const VpcId = await makeVpc('10.71.0.0/16')
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.71.1.0/24' }))
  const subnetId = Subnet?.SubnetId ?? ''

  await expect(adopt('subnet', subnetId)).rejects.toMatchObject({
    sqlstate: '23503',
    message: `subnet ${subnetId} refers to vpc ${VpcId}, which no row describes`,
    hint: `Adopt that first: SELECT * FROM iasql_adopt('vpc', '${VpcId}', 'us-east-1', '123456789012').`,
  })
  await adopt('vpc', VpcId)
  await adopt('subnet', subnetId)

  expect(await lab.user.query(`SELECT id FROM subnet WHERE cidr_block = '10.71.1.0/24'`)).toHaveLength(1)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('an id of several parts is written as previews show it', async () => {
  const [{ id }] = (await lab.user.query(`SELECT id FROM vpc WHERE cidr_block = '10.71.0.0/16'`)) as [
    { id: number },
  ]
  await lab.user.run(`INSERT INTO route_table (vpc_id) VALUES (${id})`)
  await lab.call('iasql_apply')
  await lab.user.run(`INSERT INTO internet_gateway (vpc_id, tags) VALUES (${id}, '{"Name":"out"}')`)
  await lab.call('iasql_apply')
  await lab.user.run(
    `INSERT INTO route (route_table_id, destination, internet_gateway_id)
     SELECT t.id, '0.0.0.0/0', g.id FROM route_table t, internet_gateway g
     WHERE t.vpc_id = ${id} AND NOT t.is_main AND g.vpc_id = ${id}`,
  )
  await lab.call('iasql_apply')
  await lab.user.run(
    `UPDATE route SET internet_gateway_id = NULL, gateway_id = 'local' WHERE destination = '0.0.0.0/0' AND NOT is_default`,
  )
  const [shown] = await lab.call('iasql_preview')
  await lab.user.run(
    `UPDATE route r SET gateway_id = NULL, internet_gateway_id = g.id FROM internet_gateway g
     WHERE g.vpc_id = ${id} AND r.destination = '0.0.0.0/0' AND NOT r.is_default`,
  )
  await lab.call('iasql_apply')
  const [route] = (await lab.user.query(
    `SELECT id FROM route WHERE destination = '0.0.0.0/0' AND NOT is_default`,
  )) as [{ id: number }]
  await lab.call('iasql_forget', ['route', route.id])

  await adopt('route', String(shown?.id))

  expect(shown?.id).toMatch(/^0\.0\.0\.0\/0\|rtb-/)
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(
    await lab.user.query(`SELECT origin FROM route WHERE destination = '0.0.0.0/0' AND NOT is_default`),
  ).toHaveLength(1)
})

test('says what is wrong with what was asked', async () => {
  const [held] = (await lab.user.query(`SELECT id, url FROM queue WHERE name = 'wanted'`)) as [
    { id: number; url: string },
  ]
  const refusals: [string, string, string | null, string | null, object][] = [
    [
      'queu',
      'wanted',
      null,
      null,
      { sqlstate: 'IQ008', message: expect.stringContaining('did you mean queue') },
    ],
    [
      'queue',
      'wantes',
      null,
      null,
      { sqlstate: 'P0002', message: expect.stringContaining('us-east-1 of account 123456789012') },
    ],
    [
      'queue',
      held.url,
      null,
      null,
      { sqlstate: '23505', message: expect.stringContaining(`by row ${held.id} already`) },
    ],
    [
      'queue',
      'wanted',
      'eu-west-1',
      null,
      { sqlstate: '22023', message: expect.stringContaining('region eu-west-1 is not enabled') },
    ],
    [
      'queue',
      'wanted',
      null,
      '999999999999',
      { sqlstate: '22023', message: expect.stringContaining('account 999999999999 is not linked') },
    ],
    [
      'availability_zone',
      'us-east-1a',
      null,
      null,
      { sqlstate: '42501', message: expect.stringContaining('only read') },
    ],
  ]

  for (const [table, id, region, account, refusal] of refusals) {
    await expect(adopt(table, id, region, account)).rejects.toMatchObject(refusal)
  }
  await expect(
    lab.call('iasql_adopt', ['queue', 'wanted', null, null], { role: 'editor' }),
  ).rejects.toMatchObject({ code: 'auth/role' })
})

test('an address that somebody makes up is never called', async () => {
  lab.calls.length = 0

  await expect(adopt('queue', 'http://127.0.0.1:1/123456789012/evil')).rejects.toMatchObject({
    sqlstate: 'P0002',
  })

  expect(lab.calls.map(({ operation }) => operation)).toEqual(['ListQueues'])
})
