/** Drift while several things happen at once, and while a sync is handed from one invocation to the next. */
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

const names = Array.from({ length: 12 }, (_, index) => `queue-${index}`)
let lab: TenantLab
let sqs: SQSClient

beforeAll(async () => {
  // So little time that each invocation works on one kind of resource.
  lab = await openTenantLab({ budgetMs: 40 })
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await Promise.all(names.map((QueueName) => sqs.send(new CreateQueueCommand({ QueueName }))))
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')`)
})
afterAll(async () => {
  await lab.close()
})

const urlOf = async (QueueName: string): Promise<string> =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? ''
const setSeconds = async (seconds: number): Promise<void> => {
  const Attributes = { VisibilityTimeout: String(seconds) }
  for (const name of names) {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: await urlOf(name), Attributes }))
  }
}
const secondsInCloud = async (): Promise<ReadonlySet<string | undefined>> => {
  const read = names.map(async (name) => {
    const QueueUrl = await urlOf(name)
    return (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes
  })
  return new Set((await Promise.all(read)).map((attributes) => attributes?.VisibilityTimeout))
}
const count = async (relation: string): Promise<number> => {
  const [row] = await lab.user.query<{ count: number }>(`SELECT count(*) AS count FROM ${relation}`)
  return row?.count ?? -1
}

test('a sync and an apply at once end with the table in the cloud and no drift', async () => {
  await setSeconds(45)
  await lab.call('iasql_sync')
  expect(await count('iasql_drift')).toBe(names.length)

  await Promise.all([lab.call('iasql_apply'), lab.call('iasql_sync'), lab.call('iasql_sync')])

  expect(await secondsInCloud()).toEqual(new Set(['30']))
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await count('iasql_drift')).toBe(0)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('two syncs at once list each difference once', async () => {
  await setSeconds(46)

  await Promise.all([lab.call('iasql_sync'), lab.call('iasql_sync')])

  expect(await count('iasql_drift')).toBe(names.length)
  await lab.call('iasql_apply')
  expect(await count('iasql_drift')).toBe(0)
})

test('a sync in many invocations takes away what it saw gone, and says each once', async () => {
  await lab.user.run('DELETE FROM iasql_drift_policy')
  for (const name of names.slice(0, 3)) {
    await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf(name) }))
  }

  const rows = await lab.call('iasql_sync')

  expect(rows.map(({ action, description }) => `${action} ${description}`).sort()).toEqual([
    'delete queue queue-0',
    'delete queue queue-1',
    'delete queue queue-2',
  ])
  expect(await count('queue')).toBe(names.length - 3)
})
