/** Places are read at once: when one of them ends the sync, the others end with it. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
const cloud = gatedCloud()
const regions = ['us-east-1', 'eu-west-1']

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: cloud.wrap })
  await lab.call('iasql_sync')
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

test('a place that is still being read writes nothing after the sync has failed at another', async () => {
  for (const region of regions) {
    const sqs = new SQSClient({
      region,
      endpoint: lab.endpoint,
      credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
    })
    await sqs.send(new CreateQueueCommand({ QueueName: 'news' }))
    sqs.destroy()
  }
  let lists = 0
  const failing = cloud.hold('answer', ({ operation }) => operation === 'ListQueues' && ++lists === 1)
  const slow = cloud.hold('answer', ({ operation }) => operation === 'ListQueues' && failing.held.length > 0)
  const sync = lab.call('iasql_sync').catch((error: unknown) => error)
  await Promise.all([failing.arrived(), slow.arrived()])

  failing.refuse(new IasqlError('plan/cycle', 'not to be gone on with'))

  // The held call ends by the failure alone: nobody lets it go on.
  expect(await sync).toMatchObject({ message: expect.stringContaining('not to be gone on with') })
  slow.release()
  expect(await lab.user.query('SELECT name FROM queue')).toEqual([])
  expect(await lab.call('iasql_sync')).toHaveLength(regions.length)
})
