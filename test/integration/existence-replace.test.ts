/** One resource in place of another: what points at it follows, the old one goes, and a slow end is waited for. */
import { CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  SQSClient,
  TagQueueCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { type CloudApi, waiting } from '#engine/model/cloud.ts'
import type { Mapper, Module } from '#modules/kit/index.ts'
import { modules, registryOf } from '#modules/registry.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let isDraining = false

interface SeenQueue {
  readonly url: string
  readonly tags?: Readonly<Record<string, string>>
}

/** Deleting a queue that drains takes two calls, the second one with a new look at it. */
const draining = (mapper: Mapper): Mapper => ({
  ...mapper,
  async delete(seen, last, sqs: CloudApi) {
    const { url, tags = {} } = seen as SeenQueue
    if (!isDraining || tags.draining) return await mapper.delete(seen, last, sqs)
    await sqs.send(TagQueueCommand, { QueueUrl: url, Tags: { draining: 'yes' } })
    return waiting({ url }, 'the queue to drain', 'again')
  },
})
const withDraining = (module: Module): Module => ({
  ...module,
  tables: module.tables.map((table) =>
    table.name === 'queue' && table.mapper ? { ...table, mapper: draining(table.mapper) } : table,
  ),
})

beforeAll(async () => {
  lab = await openTenantLab({ modules: registryOf(modules.map(withDraining)) })
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterEach(async () => {
  isDraining = false
  await lab.user.run('DELETE FROM queue')
  await lab.call('iasql_apply')
})
afterAll(async () => {
  await lab.close()
})

const cloudOf = () => createCloud({ profile: 'emulator', endpoint: lab.endpoint })
const sqsAt = (accountId: string, region: string): CloudApi =>
  cloudOf().api(SQSClient, { accountId, region }, AbortSignal.timeout(10_000))
const queuesIn = async (accountId = '123456789012', region = 'us-east-1'): Promise<readonly string[]> => {
  const { QueueUrls = [] } = await sqsAt(accountId, region).send(ListQueuesCommand, {})
  return QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).sort()
}
const settled = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
}

test('a queue that becomes a FIFO queue is another queue, and its row is the same', async () => {
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('plain', 44)`)
  await lab.call('iasql_apply')
  const before = await lab.user.query(`SELECT id, arn FROM queue`)
  await lab.user.run(`UPDATE queue SET name = 'plain.fifo', fifo_queue = true`)

  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'replace', risk: 'deletes data' }])
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['replace queue'])

  expect(await queuesIn()).toEqual(['plain.fifo'])
  expect(await lab.user.query(`SELECT id, arn, visibility_timeout FROM queue`)).toEqual([
    {
      id: before[0] && 'id' in before[0] ? before[0].id : 0,
      arn: expect.stringContaining(':plain.fifo'),
      visibility_timeout: 44,
    },
  ])
  await settled()
})

test('what points at a replaced queue points at the new one afterwards', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('dead')`)
  await lab.user.run(
    `INSERT INTO queue (name, redrive_target_id, redrive_max_receive_count) SELECT 'work', id, 7 FROM queue WHERE name = 'dead'`,
  )
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE queue SET name = 'dead-2' WHERE name = 'dead'`)

  const lines = (await lab.call('iasql_preview')).map(
    ({ action, natural_name }) => `${String(action)} ${String(natural_name)}`,
  )
  expect(lines.sort()).toEqual(['replace dead-2', 'update work'])
  await lab.call('iasql_apply')

  expect(await queuesIn()).toEqual(['dead-2', 'work'])
  expect(
    await lab.user.query(
      `SELECT d.name, q.redrive_max_receive_count AS count FROM queue q JOIN queue d ON d.id = q.redrive_target_id`,
    ),
  ).toEqual([{ name: 'dead-2', count: 7 }])
  await settled()
})

test('a replacement that would undo what changed in the cloud meanwhile stops, and nothing else does', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('contested'), ('calm')`)
  await lab.call('iasql_apply')
  const sqs = sqsAt('123456789012', 'us-east-1')
  const { QueueUrl } = await sqs.send(GetQueueUrlCommand, { QueueName: 'contested' })
  await sqs.send(TagQueueCommand, { QueueUrl, Tags: { owner: 'somebody' } })
  await lab.user.run(`UPDATE queue SET name = name || '-2'`)

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    sqlstate: 'IQ001',
    message: expect.stringMatching(/^1 of 2 changes failed.*would undo that: tags is/),
  })
  expect(await queuesIn()).toEqual(['calm-2', 'contested'])
  await lab.call('iasql_sync')
  await lab.call('iasql_apply')

  expect(await queuesIn()).toEqual(['calm-2', 'contested-2'])
  expect(await lab.user.query(`SELECT tags FROM queue WHERE name = 'contested-2'`)).toEqual([
    { tags: { owner: 'somebody' } },
  ])
  await settled()
})

test('a network that would lose what somebody gave it is not replaced either', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.21.0.0/16', '{"Name":"lasting"}')`)
  await lab.call('iasql_apply')
  const [net] = await lab.user.query<{ vpc_id: string }>(
    `SELECT vpc_id FROM vpc WHERE cidr_block = '10.21.0.0/16'`,
  )
  const ec2 = createCloud({ profile: 'emulator', endpoint: lab.endpoint }).api(
    EC2Client,
    { accountId: '123456789012', region: 'us-east-1' },
    AbortSignal.timeout(10_000),
  )
  await ec2.send(CreateTagsCommand, {
    Resources: [net?.vpc_id ?? ''],
    Tags: [{ Key: 'owner', Value: 'somebody' }],
  })
  await lab.user.run(`UPDATE vpc SET cidr_block = '10.22.0.0/16' WHERE cidr_block = '10.21.0.0/16'`)

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    message: expect.stringContaining('would undo'),
  })
  await lab.call('iasql_sync')
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['replace vpc'])

  expect(
    await lab.user.query(`SELECT tags->>'owner' AS owner FROM vpc WHERE cidr_block = '10.22.0.0/16'`),
  ).toEqual([{ owner: 'somebody' }])
  await settled()
  await lab.user.run(`DELETE FROM vpc`)
  await lab.call('iasql_apply')
})

test('a subnet whose zone changes goes before the new one takes its addresses, with what serves it', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.20.0.0/16', '{"Name":"net"}')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone) SELECT id, '10.20.1.0/24', 'us-east-1a' FROM vpc WHERE tags->>'Name' = 'net'`,
  )
  await lab.user.run(
    `INSERT INTO route_table (vpc_id, tags) SELECT id, '{"Name":"table"}' FROM vpc WHERE tags->>'Name' = 'net'`,
  )
  await lab.user.run(
    `INSERT INTO route_table_association (subnet_id, route_table_id)
     SELECT s.id, t.id FROM subnet s, route_table t WHERE s.cidr_block = '10.20.1.0/24' AND t.tags->>'Name' = 'table'`,
  )
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE subnet SET availability_zone = 'us-east-1b' WHERE cidr_block = '10.20.1.0/24'`)

  expect((await lab.call('iasql_preview')).map(lineOf).sort()).toEqual([
    'replace route_table_association',
    'replace subnet',
  ])
  await lab.call('iasql_apply')

  await settled()
  expect(
    await lab.user.query(
      `SELECT s.availability_zone FROM route_table_association a JOIN subnet s ON s.id = a.subnet_id`,
    ),
  ).toEqual([{ availability_zone: 'us-east-1b' }])
  for (const table of ['route_table_association', 'route_table', 'subnet', 'vpc']) {
    await lab.user.run(`DELETE FROM ${table}`)
  }
  await lab.call('iasql_apply')
})

test('an end that takes two calls is waited for, and only then the row is gone for good', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('slow')`)
  await lab.call('iasql_apply')
  isDraining = true
  await lab.user.run(`DELETE FROM queue`)
  lab.calls.length = 0

  const executionId = await lab.begin('iasql_apply')
  await lab.drive(executionId)

  expect(
    lab.calls
      .filter(({ operation }) => /^(Tag|Delete)Queue$/.test(operation))
      .map(({ operation }) => operation),
  ).toEqual(['TagQueue', 'DeleteQueue'])
  const waits = await lab.user.query<{ message: string }>(
    `SELECT body->>'message' AS message FROM iasql_event WHERE execution_id = ${executionId} AND body->>'state' = 'waiting'`,
  )
  expect(waits.map(({ message }) => message)).toContain('waiting for the queue to drain')
  expect(await queuesIn()).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a queue is deleted where it is, not where its row was about to move it', async () => {
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await lab.user.run(`INSERT INTO queue (name) VALUES ('moving')`)
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE queue SET region = 'eu-west-1' WHERE name = 'moving'`)
  await lab.user.run(`DELETE FROM queue WHERE name = 'moving'`)

  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['delete queue'])

  expect(await queuesIn()).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a queue of another linked account is deleted there, and one of the same name here stays', async () => {
  await lab.ports.platform.run(
    `INSERT INTO ${lab.tenant.schema}.aws_accounts (account_id) VALUES ('222222222222')`,
  )
  await lab.user.run(`INSERT INTO queue (name) VALUES ('twin')`)
  await lab.user.run(`INSERT INTO queue (name, account_id) VALUES ('twin', '222222222222')`)
  await lab.call('iasql_apply')
  expect(await queuesIn('222222222222')).toEqual(['twin'])
  await lab.user.run(`DELETE FROM queue WHERE account_id = '222222222222'`)

  await lab.call('iasql_apply')

  expect(await queuesIn('222222222222')).toEqual([])
  expect(await queuesIn()).toEqual(['twin'])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a queue that somebody else deleted meanwhile counts as deleted, in its own place', async () => {
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await lab.user.run(`INSERT INTO queue (name, region) VALUES ('lost', 'eu-west-1')`)
  await lab.call('iasql_apply')
  const there = sqsAt('123456789012', 'eu-west-1')
  await sqsAt('123456789012', 'us-east-1').send(CreateQueueCommand, { QueueName: 'lost' })
  const { QueueUrl } = await there.send(GetQueueUrlCommand, { QueueName: 'lost' })
  await there.send(DeleteQueueCommand, { QueueUrl })
  await lab.user.run(`DELETE FROM queue WHERE name = 'lost'`)

  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['delete queue'])

  expect(await queuesIn()).toEqual(['lost'])
  expect(await lab.call('iasql_preview')).toEqual([])
  await lab.call('iasql_sync')
})
