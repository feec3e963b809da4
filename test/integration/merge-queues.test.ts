/** Names that only one may have at a time, as queues and subnets have them: renamed, exchanged, given up and taken. */
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
let ec2: EC2Client

beforeAll(async () => {
  lab = await openTenantLab()
  const configuration = {
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  }
  sqs = new SQSClient(configuration)
  ec2 = new EC2Client(configuration)
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(() => lab.close())
beforeEach(async () => {
  await lab.user.run('DELETE FROM queue')
  await lab.call('iasql_apply')
  lab.calls.length = 0
})

const isSettled = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
}
const attributesOf = async (name: string) => {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: name }))
  const QueueUrl = QueueUrls.find((url) => url.endsWith(`/${name}`))
  const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  return answer.Attributes ?? {}
}
const names = async (): Promise<readonly string[]> => {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}))
  return QueueUrls.map((url) => url.split('/').at(-1) ?? '').sort()
}

test('a dead-letter queue gets another name, and its users follow with all they say of it', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('failures')`)
  await lab.user.run(`INSERT INTO queue (name, redrive_target_id, redrive_max_receive_count)
    SELECT 'jobs', id, 5 FROM queue WHERE name = 'failures'`)
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE queue SET name = 'failed' WHERE name = 'failures'`)

  await lab.call('iasql_apply')

  expect(await names()).toEqual(['failed', 'jobs'])
  expect(JSON.parse((await attributesOf('jobs')).RedrivePolicy ?? '{}')).toMatchObject({
    deadLetterTargetArn: 'arn:aws:sqs:us-east-1:123456789012:failed',
    maxReceiveCount: 5,
  })
  await isSettled()
})

test('two queues exchange their names', async () => {
  await lab.user.run(`INSERT INTO queue (name, delay_seconds) VALUES ('x', 1), ('y', 2)`)
  await lab.call('iasql_apply')
  await lab.user.transaction(async (transaction) => {
    await transaction.run(`UPDATE queue SET name = 'aside' WHERE name = 'x'`)
    await transaction.run(`UPDATE queue SET name = 'x' WHERE name = 'y'`)
    await transaction.run(`UPDATE queue SET name = 'y' WHERE name = 'aside'`)
  })

  const preview = await lab.call('iasql_preview')
  expect(preview.map(({ action }) => action)).toEqual(['replace', 'replace'])
  await lab.call('iasql_apply')

  expect((await attributesOf('x')).DelaySeconds).toBe('2')
  expect((await attributesOf('y')).DelaySeconds).toBe('1')
  await isSettled()
})

test('a queue that is deleted and inserted again under its name is made anew, not taken over', async () => {
  await lab.user.run(`INSERT INTO queue (name, delay_seconds) VALUES ('again', 1)`)
  await lab.call('iasql_apply')
  await lab.user.run(`DELETE FROM queue`)
  await lab.user.run(`INSERT INTO queue (name, delay_seconds) VALUES ('again', 2)`)

  const preview = await lab.call('iasql_preview')
  expect(preview.map(({ action }) => action).sort()).toEqual(['create', 'delete'])
  await lab.call('iasql_apply')

  const writes = lab.calls.map(({ operation }) => operation).filter((name) => /^(Create|Delete)/.test(name))
  expect(writes.slice(-2)).toEqual(['DeleteQueue', 'CreateQueue'])
  expect((await attributesOf('again')).DelaySeconds).toBe('2')
  await isSettled()
})

test('a name that one queue gives up is taken by another in the same apply', async () => {
  await lab.user.run(`INSERT INTO queue (name, delay_seconds) VALUES ('main', 1)`)
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE queue SET name = 'old'`)
  await lab.user.run(`INSERT INTO queue (name, delay_seconds) VALUES ('main', 2)`)

  await lab.call('iasql_apply')

  expect(await names()).toEqual(['main', 'old'])
  expect((await attributesOf('main')).DelaySeconds).toBe('2')
  await isSettled()
})

test('a subnet takes the addresses of one that goes', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.70.0.0/16', '{"Name":"net"}')`)
  await lab.user.run(`INSERT INTO subnet (vpc_id, cidr_block) VALUES (find_vpc('net'), '10.70.1.0/24')`)
  await lab.call('iasql_apply')
  await lab.user.run(`DELETE FROM subnet WHERE cidr_block = '10.70.1.0/24'`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, tags) VALUES (find_vpc('net'), '10.70.1.0/24', '{"Name":"new"}')`,
  )
  lab.calls.length = 0

  await lab.call('iasql_apply')

  const writes = lab.calls.map(({ operation }) => operation).filter((name) => name.endsWith('Subnet'))
  expect(writes).toEqual(['DeleteSubnet', 'CreateSubnet'])
  const Filters = [{ Name: 'cidr-block', Values: ['10.70.1.0/24'] }]
  expect((await ec2.send(new DescribeSubnetsCommand({ Filters }))).Subnets).toHaveLength(1)
  await isSettled()
})

test('NULL in a column with a default is the default at INSERT, and refused afterwards with a way out', async () => {
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('open', NULL)`)
  expect(await lab.user.query('SELECT visibility_timeout FROM queue')).toEqual([{ visibility_timeout: 30 }])

  await expect(lab.user.run('UPDATE queue SET visibility_timeout = NULL')).rejects.toThrow(
    /visibility_timeout of queue cannot be cleared[\s\S]*SET visibility_timeout = DEFAULT/,
  )
  await lab.user.run('UPDATE queue SET visibility_timeout = 40')
  await lab.user.run('UPDATE queue SET visibility_timeout = DEFAULT')
  await lab.call('iasql_apply')

  expect((await attributesOf('open')).VisibilityTimeout).toBe('30')
  await isSettled()
})

test('what AWS can clear is cleared, and a policy that AWS spells otherwise is no difference', async () => {
  await lab.user.run(`INSERT INTO queue (name, policy) VALUES ('public',
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"SQS:SendMessage","Resource":"*"}}')`)
  await lab.call('iasql_apply')
  await isSettled()

  await lab.user.run('UPDATE queue SET policy = NULL')
  await lab.call('iasql_apply')

  expect((await attributesOf('public')).Policy ?? '').toBe('')
  await isSettled()
})

test('tables that are only read are refused at the statement', async () => {
  for (const statement of [
    `INSERT INTO availability_zone (name) VALUES ('us-east-1z')`,
    `UPDATE availability_zone SET name = 'x'`,
    'DELETE FROM availability_zone',
    `UPDATE aws_regions SET region = 'x'`,
  ])
    await expect(lab.user.run(statement)).rejects.toThrow(/permission denied for table/)
})

test('a module stays while a text elsewhere stands for a value of its rows', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('named')`)
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags)
    SELECT '10.71.0.0/16', jsonb_build_object('Name', 'user', 'queue', iasql_ref('queue', id, 'arn')) FROM queue`)

  await expect(lab.call('iasql_uninstall', [['aws_sqs']])).rejects.toThrow(
    /tags of vpc \d+ refers to its rows/,
  )

  await lab.user.run(`DELETE FROM vpc WHERE tags->>'Name' = 'user'`)
  expect(await lab.call('iasql_uninstall', [['aws_sqs']])).toHaveLength(1)
  await lab.call('iasql_install', [['aws_sqs']])
})
