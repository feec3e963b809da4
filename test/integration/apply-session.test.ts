/** The session of the first page: install, insert, preview, apply, change, drift, delete. */
import {
  DeleteSubnetCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { GetQueueAttributesCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ec2: EC2Client
let sqs: SQSClient

beforeAll(async () => {
  lab = await openTenantLab()
  const configuration = {
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  }
  ec2 = new EC2Client(configuration)
  sqs = new SQSClient(configuration)
})
afterAll(async () => {
  await lab.close()
})

test('installs modules and imports what the account has', async () => {
  const rows = await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])

  expect(rows).toContainEqual({ module_name: 'aws_sqs', created_table_name: 'queue', record_count: 0 })
  expect(rows).toContainEqual({ module_name: 'aws_vpc', created_table_name: 'vpc', record_count: 1 })
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('makes what was inserted, parents first, and leaves nothing to plan', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.0.0.0/16', '{"Name":"first"}')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
     SELECT id, '10.0.1.0/24', 'us-east-1a' FROM vpc WHERE tags->>'Name' = 'first'`,
  )
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('jobs', 30)`)

  const preview = await lab.call('iasql_preview')
  expect(preview.map(lineOf).sort()).toEqual(['create queue', 'create subnet', 'create vpc'])

  const applied = await lab.call('iasql_apply')
  expect(applied.map(lineOf).sort()).toEqual(['create queue', 'create subnet', 'create vpc'])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  expect(Vpcs.map((vpc) => vpc.CidrBlock)).toContain('10.0.0.0/16')
  const [companions] = await lab.user.query<{ tables: number }>(
    `SELECT count(*) AS tables FROM route_table t JOIN vpc v ON v.id = t.vpc_id WHERE v.tags->>'Name' = 'first'`,
  )
  expect(companions?.tables).toBe(1)
})

test('pushes an edit, and pulls what was changed behind its back', async () => {
  await lab.user.run(`UPDATE queue SET visibility_timeout = 60 WHERE name = 'jobs'`)
  const applied = await lab.call('iasql_apply')
  expect(applied).toMatchObject([{ action: 'update', table_name: 'queue' }])
  const [queue] = await lab.user.query<{ url: string }>(`SELECT url FROM queue WHERE name = 'jobs'`)
  const QueueUrl = queue?.url ?? ''
  const read = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  expect(read.Attributes?.VisibilityTimeout).toBe('60')

  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '90' } }))
  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'update', table_name: 'queue' }])
  const rows = await lab.user.query(`SELECT visibility_timeout FROM queue WHERE name = 'jobs'`)
  expect(rows).toEqual([{ visibility_timeout: 90 }])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('takes a row away whose resource was deleted behind its back', async () => {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  const mine = Subnets.find((subnet) => subnet.CidrBlock === '10.0.1.0/24')
  await ec2.send(new DeleteSubnetCommand({ SubnetId: mine?.SubnetId ?? '' }))

  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'delete', table_name: 'subnet' }])
  const left = await lab.user.query(`SELECT id FROM subnet WHERE cidr_block = '10.0.1.0/24'`)
  expect(left).toEqual([])
})

test('deletes a network with everything AWS made along with it, by one call', async () => {
  await lab.user.run(`DELETE FROM vpc WHERE tags->>'Name' = 'first'`)
  lab.calls.length = 0

  const applied = await lab.call('iasql_apply')

  expect(applied.map(lineOf)).toEqual(['delete vpc'])
  const deletes = lab.calls.filter(({ operation }) => operation.startsWith('Delete'))
  expect(deletes.map(({ operation }) => operation)).toEqual(['DeleteVpc'])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})
