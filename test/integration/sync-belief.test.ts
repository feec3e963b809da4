/** What a sync believes: reads lag, lists lie by omission, places fail; none of that changes a row. */
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'
import { VeiledCloud } from '#test/support/veiled-cloud.ts'

const veil = new VeiledCloud()
let lab: TenantLab
let sqs: SQSClient
let europe: SQSClient

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: veil.wrap })
  const configuration = {
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  }
  sqs = new SQSClient({ ...configuration, region: 'us-east-1' })
  europe = new SQSClient({ ...configuration, region: 'eu-west-1' })
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await sqs.send(new CreateQueueCommand({ QueueName: name }))
  }
  await lab.call('iasql_install', [['aws_sqs']])
})
beforeEach(() => {
  veil.reveal()
})
afterAll(async () => {
  await lab.close()
})

const queues = (): Promise<readonly object[]> =>
  lab.user.query('SELECT id, name, visibility_timeout, delay_seconds, url FROM queue ORDER BY id')
const missing = (): Promise<readonly object[]> =>
  lab.user.query(
    'SELECT table_name, natural_name FROM iasql_drift WHERE column_name IS NULL ORDER BY natural_name',
  )
const urlOf = async (QueueName: string): Promise<string> =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? ''
const pointAt = async (from: string, to: string): Promise<void> => {
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: `arn:aws:sqs:us-east-1:123456789012:${to}`,
    maxReceiveCount: 5,
  })
  await sqs.send(
    new SetQueueAttributesCommand({ QueueUrl: await urlOf(from), Attributes: { RedrivePolicy } }),
  )
}
const nothingHappened = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await missing()).toEqual([])
}

test('what a list leaves out and a read by id finds is not gone', async () => {
  const before = await queues()
  veil.unlisted.add('a')

  expect(await lab.call('iasql_sync')).toEqual([])

  expect(await queues()).toEqual(before)
  await nothingHappened()
})

test('what a read by id does not find and a list still shows is not gone', async () => {
  const before = await queues()
  veil.unreadable.add('a')

  expect(await lab.call('iasql_sync')).toEqual([])

  expect(await queues()).toEqual(before)
  await nothingHappened()
})

test('what neither shows goes', async () => {
  veil.hide('a')

  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'delete', description: 'queue a' }])
  veil.reveal()
  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'create', description: 'queue a' }])
})

test('a list that breaks off is a failure of its place, and nothing is gone or new by it', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'unseen' }))
  const before = await queues()
  veil.listsEndAfter = 2

  await expect(lab.call('iasql_sync')).rejects.toMatchObject({
    sqlstate: 'IQ001',
    message: expect.stringContaining('queue in us-east-1: the list broke off'),
  })

  expect(await queues()).toEqual(before)
  await nothingHappened()
  veil.reveal()
  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'create', description: 'queue unseen' }])
})

test('where reads by id are denied nothing is gone', async () => {
  const before = await queues()
  veil.hide('b')
  veil.areReadsDenied = true

  await expect(lab.call('iasql_sync')).rejects.toMatchObject({
    sqlstate: 'IQ001',
    message: expect.stringContaining('reading is not allowed'),
  })

  expect(await queues()).toEqual(before)
  await nothingHappened()
})

test('within the settle time what was just made is not gone, afterwards it is', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('young')`)
  await lab.call('iasql_apply')
  veil.hide('young')
  veil.settleMs = 60_000

  expect(await lab.call('iasql_sync')).toEqual([])
  await nothingHappened()
  veil.settleMs = 0

  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'delete', description: 'queue young' }])
  veil.reveal()
  await lab.call('iasql_sync')
})

test('within the settle time a read that shows the old value is no drift, afterwards it is', async () => {
  await lab.user.run(`UPDATE queue SET visibility_timeout = 77 WHERE name = 'c'`)
  await lab.call('iasql_apply')
  veil.stale.set('c', { VisibilityTimeout: '30' })
  veil.settleMs = 60_000

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await queues()).toContainEqual(expect.objectContaining({ name: 'c', visibility_timeout: 77 }))
  veil.settleMs = 0
  expect(await lab.call('iasql_sync')).toMatchObject([
    { action: 'update', description: 'queue c: visibility_timeout 77 → 30' },
  ])

  expect(await queues()).toContainEqual(expect.objectContaining({ name: 'c', visibility_timeout: 30 }))
  veil.reveal()
  await lab.call('iasql_sync')
})

test('within the settle time a read that shows what was written counts for what AWS sets', async () => {
  await lab.user.run(`UPDATE queue SET visibility_timeout = 78 WHERE name = 'd'`)
  await lab.call('iasql_apply')
  veil.stale.set('d', { QueueArn: 'arn:aws:sqs:us-east-1:123456789012:renamed' })
  veil.settleMs = 60_000

  expect(await lab.call('iasql_sync')).toMatchObject([
    { action: 'update', description: expect.stringMatching(/^queue d: arn .*:d → .*:renamed$/) },
  ])

  expect(await lab.user.query(`SELECT arn FROM queue WHERE name = 'd'`)).toEqual([
    { arn: 'arn:aws:sqs:us-east-1:123456789012:renamed' },
  ])
  veil.reveal()
  await lab.call('iasql_sync')
})

test('a place that fails keeps also the rows that an earlier sync saw gone', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'source' }))
  const target = await urlOf('e')
  await pointAt('source', 'e')
  await lab.call('iasql_sync')
  await sqs.send(new DeleteQueueCommand({ QueueUrl: target }))
  await lab.call('iasql_sync')
  expect(await missing()).toEqual([{ table_name: 'queue', natural_name: 'e' }])
  await lab.user.run(`DELETE FROM queue WHERE name = 'source'`)
  await lab.call('iasql_apply')
  veil.deniedRegion = 'us-east-1'

  await expect(lab.call('iasql_sync')).rejects.toMatchObject({ sqlstate: 'IQ001' })
  expect(await missing()).toEqual([{ table_name: 'queue', natural_name: 'e' }])
  veil.reveal()
  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'delete', description: 'queue e' }])
})

test('a row that is to move is not gone because the new place does not have it yet', async () => {
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await lab.user.run(`UPDATE queue SET region = 'eu-west-1' WHERE name = 'f'`)

  expect(await lab.call('iasql_sync')).toEqual([])

  expect(await missing()).toEqual([])
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'replace', natural_name: 'f' }])
  await lab.call('iasql_apply')
  await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'f' }))).rejects.toThrow()
  await europe.send(new GetQueueUrlCommand({ QueueName: 'f' }))
})

const makeRing = async (): Promise<void> => {
  for (const name of ['ping', 'pong']) await sqs.send(new CreateQueueCommand({ QueueName: name }))
  await pointAt('ping', 'pong')
  await pointAt('pong', 'ping')
}
const removeRing = async (): Promise<void> => {
  for (const name of ['ping', 'pong']) {
    await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf(name) }))
  }
}

test('queues that point at each other and are gone leave together', async () => {
  await makeRing()
  await lab.call('iasql_sync')
  await removeRing()

  const rows = await lab.call('iasql_sync')

  expect(rows.map(({ description }) => description).sort()).toEqual(['queue ping', 'queue pong'])
  await nothingHappened()
})

test('they stay as long as a queue that stands points at one of them', async () => {
  await makeRing()
  await sqs.send(new CreateQueueCommand({ QueueName: 'outside' }))
  await pointAt('outside', 'ping')
  await lab.call('iasql_sync')
  await removeRing()

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await missing()).toEqual([
    { table_name: 'queue', natural_name: 'ping' },
    { table_name: 'queue', natural_name: 'pong' },
  ])
  await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf('outside') }))

  expect(await lab.call('iasql_sync')).toHaveLength(3)
  await nothingHappened()
})
