/** What a plan says and an apply does about replacements, references to later values, conflicts and moves. */
import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
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
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const settled = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
}

test('replaces a network and what stands in it, and leaves none of the old ones behind', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.40.0.0/16', '{"Name":"old"}')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
     SELECT id, '10.40.1.0/24', 'us-east-1a' FROM vpc WHERE tags->>'Name' = 'old'`,
  )
  await lab.call('iasql_apply')
  const before = await lab.user.query<{ vpc_id: string }>(
    `SELECT vpc_id FROM vpc WHERE cidr_block = '10.40.0.0/16'`,
  )
  await lab.user.transaction(async (transaction) => {
    await transaction.run(`UPDATE vpc SET cidr_block = '10.41.0.0/16' WHERE tags->>'Name' = 'old'`)
    await transaction.run(`UPDATE subnet SET cidr_block = '10.41.1.0/24' WHERE cidr_block = '10.40.1.0/24'`)
  })

  const preview = await lab.call('iasql_preview')
  expect(preview.map(lineOf).sort()).toEqual(['replace subnet', 'replace vpc'])
  expect(await lab.call('iasql_apply')).toHaveLength(2)

  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  expect(Vpcs.map((vpc) => vpc.CidrBlock).sort()).toEqual(['10.41.0.0/16', '172.31.0.0/16'])
  const after = await lab.user.query<{ vpc_id: string }>(
    `SELECT vpc_id FROM vpc WHERE cidr_block = '10.41.0.0/16'`,
  )
  expect(after[0]?.vpc_id).not.toBe(before[0]?.vpc_id)
  const { Subnets = [] } = await ec2.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [after[0]?.vpc_id ?? ''] }] }),
  )
  expect(Subnets.map((subnet) => subnet.CidrBlock)).toEqual(['10.41.1.0/24'])
  await settled()
})

test('resolves a reference to a value that is known only once the other row is applied', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('target')`)
  await lab.user.run(
    `INSERT INTO queue (name, tags)
     SELECT 'pointing', jsonb_build_object('peer', iasql_ref('queue', id, 'arn')) FROM queue WHERE name = 'target'`,
  )

  const preview = await lab.call('iasql_preview')
  expect(preview.find((row) => row.natural_name === 'pointing')).toMatchObject({ unknown: ['tags'] })
  await lab.call('iasql_apply')

  const rows = await lab.user.query<{ written: string }>(
    `SELECT tags->>'peer' AS written FROM queue WHERE name = 'pointing'`,
  )
  expect(rows[0]?.written).toMatch(/^\$\{queue\(\d+\)\.arn\}$/)
  const [base] = await lab.ports.platform.query<{ base: { tags: Record<string, string> } }>(
    `SELECT base FROM ${lab.tenant.schema}.iasql_resource WHERE natural_name = 'pointing'`,
  )
  expect(base?.base.tags.peer).toMatch(/^arn:aws:sqs:us-east-1:123456789012:target$/)
  await settled()
})

test('lets the table win a conflict on apply, and keeps the edit on sync', async () => {
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('contested', 30)`)
  await lab.call('iasql_apply')
  const [{ url }] = (await lab.user.query(`SELECT url FROM queue WHERE name = 'contested'`)) as [
    { url: string },
  ]
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: '45' } }))
  await lab.user.run(`UPDATE queue SET visibility_timeout = 60 WHERE name = 'contested'`)

  expect(await lab.call('iasql_sync')).toEqual([])
  const kept = await lab.user.query(`SELECT visibility_timeout FROM queue WHERE name = 'contested'`)
  expect(kept).toEqual([{ visibility_timeout: 60 }])
  const preview = await lab.call('iasql_preview')
  expect(preview[0]?.changed).toEqual({ visibility_timeout: { from: 45, to: 60 } })
  expect(await lab.call('iasql_apply')).toHaveLength(1)
  await settled()
})

test('stops only the change whose resource moved in the cloud after it was planned', async () => {
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('moved', 30), ('calm', 30)`)
  await lab.call('iasql_apply')
  const [{ url }] = (await lab.user.query(`SELECT url FROM queue WHERE name = 'moved'`)) as [{ url: string }]
  await lab.user.run(`UPDATE queue SET visibility_timeout = 60 WHERE name IN ('moved', 'calm')`)
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: '45' } }))

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    sqlstate: 'IQ001',
    message: expect.stringContaining('changed in the cloud since it was planned'),
  })

  const calm = await lab.user.query(
    `SELECT execution_id FROM iasql_change WHERE natural_name = 'calm' AND state = 'done'`,
  )
  expect(calm.length).toBeGreaterThan(1)
  await lab.call('iasql_sync')
  expect(await lab.call('iasql_apply')).toHaveLength(1)
  await settled()
})

test('needs no call for an edit that was undone, nor for a row that came and went', async () => {
  await lab.user.run(`UPDATE queue SET visibility_timeout = 61 WHERE name = 'calm'`)
  await lab.user.run(`UPDATE queue SET visibility_timeout = 60 WHERE name = 'calm'`)
  await lab.user.run(`INSERT INTO queue (name) VALUES ('fleeting')`)
  await lab.user.run(`DELETE FROM queue WHERE name = 'fleeting'`)
  lab.calls.length = 0

  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_apply')).toEqual([])

  expect(lab.calls).toEqual([])
  const edits = await lab.ports.platform.query(`SELECT edit_id FROM ${lab.tenant.schema}.iasql_edit`)
  expect(edits).toEqual([])
})

test('moves a queue to another region by making it there and deleting it here', async () => {
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await lab.call('iasql_sync')
  await lab.user.run(`UPDATE queue SET region = 'eu-west-1' WHERE name = 'calm'`)

  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'replace', table_name: 'queue' }])
  expect(await lab.call('iasql_apply')).toHaveLength(1)

  const rows = await lab.user.query<{ arn: string }>(`SELECT arn FROM queue WHERE name = 'calm'`)
  expect(rows[0]?.arn).toBe('arn:aws:sqs:eu-west-1:123456789012:calm')
  await settled()
})
