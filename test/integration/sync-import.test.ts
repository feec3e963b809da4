/** What an import links within one table, what a sync tells of edits it leaves alone, and what becomes of a create that is lost. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
let isForgetful = false
let lag = 0
/** Whether the next create is answered, or its queue only found by a look-up and then gone. */
let answer: 'given' | 'none' | 'found' = 'given'

beforeAll(async () => {
  lab = await openTenantLab({
    wrapCloud: (cloud) => ({
      ...cloud,
      settleMs: () => lag,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          send: async (command, input) => {
            const output = await api.send(command, input)
            if (isForgetful && command.name === 'CreateQueueCommand') {
              isForgetful = false
              await lab.resetCloud()
            }
            if (answer === 'none' && command.name === 'CreateQueueCommand') {
              answer = 'found'
              throw new IasqlError('cloud/unknown-outcome', 'no answer')
            }
            if (answer === 'found' && command.name === 'GetQueueAttributesCommand') {
              answer = 'given'
              await lab.resetCloud()
            }
            return output
          },
        }
      },
    }),
  })
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
})
afterAll(async () => {
  await lab.close()
})

const makeQueue = async (name: string): Promise<string> =>
  (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl ?? ''
const redrive = async (from: string, to: string): Promise<void> => {
  const read = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: to, AttributeNames: ['QueueArn'] }))
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: read.Attributes?.QueueArn,
    maxReceiveCount: 5,
  })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: from, Attributes: { RedrivePolicy } }))
}
const links = (): Promise<readonly object[]> =>
  lab.user.query(`SELECT q.name, d.name AS target FROM queue q JOIN queue d ON d.id = q.redrive_target_id
    ORDER BY q.name`)
const notices = async (): Promise<string> => {
  const rows = await lab.ports.platform.query<{ body: object }>(
    `SELECT body FROM ${lab.tenant.schema}.iasql_event WHERE kind = 'notice'`,
  )
  return JSON.stringify(rows)
}

test('an install links rows of one table to each other, also in a circle', async () => {
  const [src, dlq, ping, pong] = await Promise.all(['a-src', 'b-dlq', 'ping', 'pong'].map(makeQueue))
  await redrive(src ?? '', dlq ?? '')
  await redrive(ping ?? '', pong ?? '')
  await redrive(pong ?? '', ping ?? '')

  await lab.call('iasql_install', [['aws_sqs']])

  expect(await links()).toEqual([
    { name: 'a-src', target: 'b-dlq' },
    { name: 'ping', target: 'pong' },
    { name: 'pong', target: 'ping' },
  ])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a sync links a known row to one that it imports', async () => {
  const [known, target] = await Promise.all([makeQueue('b-dlq'), makeQueue('z-new')])
  await redrive(known, target)

  const rows = await lab.call('iasql_sync')

  expect(rows.map(({ action, description }) => `${action} ${description}`).sort()).toEqual([
    'create queue z-new',
    expect.stringMatching(/^update queue b-dlq: redrive_/),
  ])
  expect(await links()).toContainEqual({ name: 'b-dlq', target: 'z-new' })
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('tells which edits it leaves standing although the cloud changed the same', async () => {
  const QueueUrl = await makeQueue('z-new')
  await lab.user.run(`UPDATE queue SET visibility_timeout = 200 WHERE name = 'z-new'`)
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '201' } }))

  expect(await lab.call('iasql_sync')).toEqual([])

  expect(await notices()).toContain(
    'queue z-new: visibility_timeout is 200 here and 201 in the cloud; the edit waits for an apply.',
  )
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update' }])
})

test('a queue that is gone when it is read back is created by the next apply', async () => {
  await lab.resetCloud()
  await lab.call('iasql_sync', [true])
  await lab.user.run(`INSERT INTO queue (name) VALUES ('lost')`)
  isForgetful = true

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    sqlstate: 'IQ001',
    message: expect.stringContaining('has no queue lost any more'),
  })
  expect(await lab.call('iasql_sync', [true])).toEqual([])
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'create', natural_name: 'lost' }])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'create' }])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test.each([0, 3_000])(
  'so is one that was only found by its name, then gone (reads lag %i ms)',
  async (lagMs) => {
    lag = lagMs
    await lab.user.run(`INSERT INTO queue (name) VALUES ('unanswered-${lagMs}')`)
    answer = 'none'

    await expect(lab.call('iasql_apply')).rejects.toMatchObject({
      sqlstate: 'IQ001',
      message: expect.stringContaining('has no queue unanswered'),
    })
    lag = 0
    await lab.call('iasql_sync', [true])
    expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'create' }])
    expect(await lab.call('iasql_preview')).toEqual([])
  },
)
