/** AWS throttles more than its pages say, for a while: the apply slows down, succeeds, and does nothing twice. */
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operationOf } from '#aws/operation-of.ts'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { limitedCloud } from '#operations/limits/limited-cloud.ts'
import { sharedLimits } from '#operations/limits/shared-limits.ts'
import type { Cloud } from '#operations/ports.ts'
import { systemClock } from '#operations/system-clock.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
/** How often each operation is still refused. */
const refusals = new Map<string, number>()

const throttling = (cloud: Cloud): Cloud => ({
  ...cloud,
  api(...given) {
    const api = cloud.api(...given)
    const send: CloudApi['send'] = async (command, input) => {
      const operation = operationOf(new command(input))
      const left = refusals.get(operation) ?? 0
      if (left === 0) return await api.send(command, input)
      refusals.set(operation, left - 1)
      throw new IasqlError('cloud/throttled', `${operation}: Rate exceeded`)
    }
    return { ...api, send }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({
    wrapCloud: (cloud, db) =>
      limitedCloud(throttling(cloud), sharedLimits({ db, clock: systemClock, log: () => undefined })),
  })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(() => lab.close())

const made = (): number => lab.calls.filter(({ operation }) => operation === 'CreateQueue').length

const queuesInCloud = async (): Promise<number> => {
  const sqs = new SQSClient({
    endpoint: lab.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'emulator' },
  })
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ MaxResults: 1_000 }))
  sqs.destroy()
  return QueueUrls.length
}

test('writes and reads that are throttled are made later, each once', async () => {
  await lab.user.run(`INSERT INTO queue (name) SELECT 'q-' || n FROM generate_series(1, 20) n`)
  refusals.set('CreateQueue', 12).set('GetQueueAttributes', 5)

  const rows = await lab.call('iasql_apply')

  expect(rows).toHaveLength(20)
  expect([made(), await queuesInCloud()]).toEqual([20, 20])
  const paces = await lab.ports.platform.query<{ name: string; pace: number }>(
    'SELECT name, pace FROM iasql_platform.bucket WHERE slowed_at IS NOT NULL ORDER BY name',
  )
  expect(paces.map(({ name }) => name)).toEqual(['sqs:read', 'sqs:write'])
  expect(Math.max(...paces.map(({ pace }) => pace))).toBeLessThan(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a sync reads what was throttled again instead of failing', async () => {
  refusals.set('ListQueues', 3).set('ListQueueTags', 3)

  expect(await lab.call('iasql_sync')).toEqual([])

  expect([...refusals.values()]).toEqual([0, 0, 0, 0])
})
