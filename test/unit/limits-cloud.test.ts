/** What stands around the cloud port: when a call waits, what a throttling answer does, and what being too late means. */
import {
  CreateQueueCommand,
  ListQueuesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { limitedCloud } from '#operations/limits/limited-cloud.ts'
import type { LimitedCall } from '#operations/limits/shared-limits.ts'

const place = { accountId: '1', region: 'eu-west-1' }

/** A cloud that throttles its first answers; draws fail once no more are allowed. */
function openCloud({ throttled = 0, allowed = Number.POSITIVE_INFINITY } = {}) {
  const told: string[] = []
  const tell = (what: string, { service, operation }: LimitedCall): void => {
    told.push(`${what} ${service} ${operation}`)
  }
  let left = throttled
  const api = {
    place,
    send: async () => {
      told.push('sent')
      if (left-- > 0) throw new IasqlError('cloud/throttled', 'Rate exceeded')
      return {}
    },
  } as unknown as CloudApi
  let drawn = 0
  const cloud = limitedCloud(
    { settleMs: () => 0, api: () => api },
    {
      draw: async (call) => {
        drawn += 1
        if (drawn > allowed) throw new Error('out of time')
        tell('drew', call)
      },
      slowDown: async (call) => tell('slowed', call),
    },
  )
  return { cloud, told }
}

const { signal } = new AbortController()

test('a call that was reserved does not wait again, and the next one does', async () => {
  const { cloud, told } = openCloud()
  const lead = { client: SQSClient, place, operation: 'CreateQueue', priorityMs: 0 }

  const api = ((await cloud.reserve?.(lead, signal)) ?? cloud).api(SQSClient, place, signal)
  await api.send(CreateQueueCommand, { QueueName: 'a' })
  await api.send(CreateQueueCommand, { QueueName: 'b' })

  expect(told).toEqual(['drew SQS CreateQueue', 'sent', 'drew SQS CreateQueue', 'sent'])
})

test('a write that is throttled is told of and left to whoever asked for it', async () => {
  const { cloud, told } = openCloud({ throttled: 1 })

  const sent = cloud.api(SQSClient, place, signal).send(CreateQueueCommand, { QueueName: 'a' })

  await expect(sent).rejects.toMatchObject({ code: 'cloud/throttled' })
  expect(told).toEqual(['drew SQS CreateQueue', 'sent', 'slowed SQS CreateQueue'])
})

test('a read that is throttled is asked again', async () => {
  const { cloud, told } = openCloud({ throttled: 2 })

  await cloud.api(SQSClient, place, signal).send(ListQueuesCommand, {})

  const once = ['drew SQS ListQueues', 'sent', 'slowed SQS ListQueues']
  expect(told).toEqual([...once, ...once, 'drew SQS ListQueues', 'sent'])
})

test('but not for ever', async () => {
  const { cloud } = openCloud({ throttled: 1_000 })

  const sent = cloud.api(SQSClient, place, signal).send(ListQueuesCommand, {})

  await expect(sent).rejects.toMatchObject({ code: 'cloud/throttled' })
})

test('who is left no time has called nobody, unless something was written before', async () => {
  const { cloud } = openCloud({ allowed: 1 })
  const first = openCloud({ allowed: 0 }).cloud.api(SQSClient, place, signal)
  const second = cloud.api(SQSClient, place, signal)
  const attributes = { QueueUrl: 'q', Attributes: {} }

  await expect(first.send(CreateQueueCommand, { QueueName: 'a' })).rejects.toMatchObject({
    code: 'cloud/throttled',
  })
  await second.send(CreateQueueCommand, { QueueName: 'a' })
  await expect(second.send(SetQueueAttributesCommand, attributes)).rejects.toMatchObject({
    code: 'cloud/unknown-outcome',
  })
})

test('reads of a sync line up with what has not begun, and calls of steps that run go first', async () => {
  const ranks: number[] = []
  const cloud = limitedCloud(
    { settleMs: () => 0, api: () => ({ place, send: async () => ({}) }) as unknown as CloudApi },
    { draw: async ({ priorityMs }) => void ranks.push(priorityMs), slowDown: async () => undefined },
  )
  const running = cloud.running?.() ?? cloud

  await cloud.api(SQSClient, place, signal).send(ListQueuesCommand, {})
  await cloud.reserve?.({ client: SQSClient, place, operation: 'CreateQueue', priorityMs: 5_000 }, signal)
  await running.api(SQSClient, place, signal).send(ListQueuesCommand, {})

  const [reading = 0, waiting = 0, ran = 0] = ranks
  expect(reading).toBeLessThan(waiting)
  expect(ran).toBeGreaterThan(waiting)
})

test('a cloud whose calls others make waits for the same limits, and cannot be had where there is none', async () => {
  const drawn: string[] = []
  const made: string[] = []
  const apiBy = (who: string) => ({ place, send: async () => made.push(who) }) as unknown as CloudApi
  const limits = {
    draw: async ({ operation }: LimitedCall) => {
      drawn.push(operation)
    },
    slowDown: async () => undefined,
  }
  const own = { settleMs: () => 0, api: () => apiBy('server') }
  const others = { ...own, api: () => apiBy('role') }

  const cloud = limitedCloud({ ...own, as: () => others }, limits).as?.(async () => undefined)
  await cloud?.running?.().api(SQSClient, place, signal).send(CreateQueueCommand, { QueueName: 'a' })

  expect(made).toEqual(['role'])
  expect(drawn).toEqual(['CreateQueue'])
  expect(limitedCloud(own, limits).as).toBeUndefined()
})
