/** References by name: they mean the row of that name in their own region, and hold on to it like those by id. */
import { DeleteQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSession, sessionLab } from '#test/support/session.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient

beforeAll(async () => {
  lab = await openTenantLab()
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_sns']])
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
})
afterAll(async () => {
  sqs?.destroy()
  await lab?.close()
})
beforeEach(async () => {
  for (const table of ['subscription', 'topic', 'queue']) await lab.user.run(`DELETE FROM ${table}`)
  for (const region of ['us-east-1', 'eu-west-1'])
    await lab.user.run(`INSERT INTO queue (name, region) VALUES ('jobs', '${region}')`)
  await lab.user.run(`INSERT INTO topic (name, region) VALUES ('news', 'eu-west-1')`)
  await lab.user.run(`INSERT INTO subscription (topic_id, protocol, queue_name, region)
    SELECT id, 'sqs', 'jobs', region FROM topic`)
  await lab.call('iasql_apply')
})

const regions = async (): Promise<readonly string[]> =>
  (await lab.user.query<{ region: string }>('SELECT region FROM queue ORDER BY region')).map(
    ({ region }) => region,
  )

test('a row that is gone from the cloud goes, though one of its name is referred to elsewhere', async () => {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))
  await sqs.send(new DeleteQueueCommand({ QueueUrl }))

  await lab.call('iasql_sync', [true])

  expect(await regions()).toEqual(['eu-west-1'])
})

test('who refers by name to a row that is to be taken back stands in the way, and is named', async () => {
  const [ann, bob] = await Promise.all(['ann', 'bob'].map((actor) => openSession(sessionLab(lab), actor)))
  await ann?.call('iasql_begin')
  await ann?.write(`INSERT INTO queue (name, region) VALUES ('more', 'eu-west-1')`)
  await bob?.write(`INSERT INTO subscription (topic_id, protocol, queue_name, region)
    SELECT id, 'sqs', 'more', region FROM topic`)

  const refused = await ann?.refusal('iasql_rollback')
  await bob?.write(`DELETE FROM subscription WHERE queue_name = 'more'`)
  await ann?.call('iasql_rollback')

  expect(refused).toMatchObject({ code: 'transaction/edited' })
  expect(refused?.message).toMatch(/subscription \d+ refers to queue more/)
  expect(await regions()).toEqual(['eu-west-1', 'us-east-1'])
})

test('a row can be forgotten, though one of its name is referred to elsewhere', async () => {
  const [there] = await lab.user.query<{ id: number }>(`SELECT id FROM queue WHERE region = 'us-east-1'`)

  await lab.call('iasql_forget', ['queue', there?.id ?? null])

  expect(await regions()).toEqual(['eu-west-1'])
})
