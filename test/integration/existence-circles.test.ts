/** Queues that are each other's dead-letter queues are made and deleted like any others. */
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_sqs']])
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
})
afterEach(async () => {
  await lab.user.run('DELETE FROM queue')
  await lab.call('iasql_apply')
})
afterAll(async () => {
  await lab.close()
})

const urls = async (): Promise<readonly string[]> =>
  (await sqs.send(new ListQueuesCommand({}))).QueueUrls ?? []
const redrivesInCloud = async (): Promise<Readonly<Record<string, unknown>>> => {
  const found: Record<string, unknown> = {}
  for (const QueueUrl of await urls()) {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    const { RedrivePolicy } = Attributes ?? {}
    found[QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1)] = RedrivePolicy
      ? Number(JSON.parse(RedrivePolicy).maxReceiveCount)
      : null
  }
  return found
}
/** Names in the order in which each points at the next; the last one at the first, if `isCircle`. */
const makeQueues = async (names: readonly string[], isCircle: boolean): Promise<void> => {
  for (const name of names) await lab.user.run(`INSERT INTO queue (name) VALUES ('${name}')`)
  for (const [place, name] of names.entries()) {
    const target = names[place + 1] ?? (isCircle ? names[0] : undefined)
    if (!target) continue
    await lab.user.run(
      `UPDATE queue SET redrive_target_id = (SELECT id FROM queue WHERE name = '${target}'),
         redrive_max_receive_count = ${place + 3} WHERE name = '${name}'`,
    )
  }
  await lab.call('iasql_apply')
}

test('a circle is made with the counts that were asked for', async () => {
  await makeQueues(['a', 'b', 'c'], true)

  expect(await redrivesInCloud()).toEqual({ a: 3, b: 4, c: 5 })
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(
    await lab.user.query('SELECT name, redrive_max_receive_count AS count FROM queue ORDER BY 1'),
  ).toEqual([
    { name: 'a', count: 3 },
    { name: 'b', count: 4 },
    { name: 'c', count: 5 },
  ])
})

test('a circle and a queue that is its own are deleted in one go', async () => {
  await makeQueues(['a', 'b', 'c'], true)
  await makeQueues(['self'], true)

  await lab.user.run('DELETE FROM queue')
  const rows = await lab.call('iasql_apply')

  expect(rows).toHaveLength(4)
  expect(await urls()).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a chain is deleted from its head', async () => {
  await makeQueues(['a', 'b', 'c'], false)

  await lab.user.run('DELETE FROM queue')
  await lab.call('iasql_apply')

  expect(await urls()).toEqual([])
})

test('a target that is taken away takes its count along', async () => {
  await makeQueues(['a', 'b'], false)

  await lab.user.run(`UPDATE queue SET redrive_target_id = NULL WHERE name = 'a'`)
  await lab.call('iasql_apply')

  expect(await redrivesInCloud()).toEqual({ a: null, b: null })
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(
    await lab.user.query(`SELECT redrive_max_receive_count AS count FROM queue WHERE name = 'a'`),
  ).toEqual([{ count: null }])
})

test('a circle whose queues are replaced by others of new names', async () => {
  await makeQueues(['a', 'b'], true)

  await lab.user.run(`UPDATE queue SET name = name || '-2'`)
  await lab.call('iasql_apply')

  expect(await redrivesInCloud()).toEqual({ 'a-2': 3, 'b-2': 4 })
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})
