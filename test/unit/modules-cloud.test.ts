/** The cloud port: one call a send, lists to their end or an error, reads side by side within a bound. */
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CloudCall, createCloud } from '#aws/create-cloud.ts'
import { each } from '#aws/each.ts'
import { pagesOf } from '#aws/pages.ts'

const place = { accountId: '123456789012', region: 'eu-west-1' }
const sdk = mockClient(SQSClient)
const calls: CloudCall[] = []
const cloud = createCloud({
  profile: 'emulator',
  endpoint: 'http://127.0.0.1:1',
  onCall: (call) => calls.push(call),
})

beforeEach(() => {
  sdk.reset()
  calls.length = 0
})
afterEach(() => cloud.close())

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

/** A service that gives these pages in turn. */
const serve = (pages: readonly object[]) => {
  const inputs: object[] = []
  const send = async (input: object): Promise<object> => {
    inputs.push(input)
    return pages[inputs.length - 1] ?? {}
  }
  return { inputs, send }
}

test.each([
  [{ NextToken: 't' }, { NextToken: 't' }],
  [{ nextToken: 't' }, { nextToken: 't' }],
  [{ Marker: 'echo', NextMarker: 't', IsTruncated: true }, { Marker: 't' }],
  [{ Marker: 't', IsTruncated: true }, { Marker: 't' }],
  [{ NextContinuationToken: 't', IsTruncated: true }, { ContinuationToken: 't' }],
])('after a page with %o it asks with %o', async (page, asked) => {
  const service = serve([page, {}])

  const pages = await collect(pagesOf({ Filter: 1 }, service.send))

  expect(service.inputs).toEqual([{ Filter: 1 }, { Filter: 1, ...asked }])
  expect(pages).toHaveLength(2)
})

test('a page that says it is the last one ends the list, whatever else it carries', async () => {
  const service = serve([{ Marker: 'echo', IsTruncated: false }])

  const pages = await collect(pagesOf({}, service.send))

  expect(pages).toHaveLength(1)
})

test.each([
  ['a page that is truncated and has no token', [{ IsTruncated: true }]],
  ['a token that comes twice', [{ NextToken: 't' }, { NextToken: 't' }]],
])('%s is an error and no end', async (_, pages) => {
  const list = collect(pagesOf({}, serve(pages).send))

  await expect(list).rejects.toMatchObject({ code: 'cloud/unknown-outcome' })
})

test('lists through the client of its place and tells of each call', async () => {
  sdk
    .on(ListQueuesCommand)
    .resolvesOnce({ QueueUrls: ['a'], NextToken: 't' })
    .resolvesOnce({ QueueUrls: ['b'] })
  const api = cloud.api(SQSClient, place, AbortSignal.timeout(5_000))

  const urls = await collect(api.pages(ListQueuesCommand, { MaxResults: 1 }, (page) => page.QueueUrls))

  expect(urls).toEqual(['a', 'b'])
  expect(calls).toEqual(Array(2).fill({ service: 'SQS', operation: 'ListQueues', place }))
})

test('makes no call any more once its time is over', async () => {
  const api = cloud.api(SQSClient, place, AbortSignal.abort())

  await expect(api.send(ListQueuesCommand, {})).rejects.toMatchObject({ code: 'cloud/unreachable' })
  expect(calls).toEqual([])
})

test('one call is one attempt, also where the SDK would try again', async () => {
  const server = createCloud({
    profile: 'aws',
    endpoint: 'http://127.0.0.1:1',
    credentials: keys,
    onCall: (call) => calls.push(call),
  })
  sdk.restore()

  const call = server.api(SQSClient, place, AbortSignal.timeout(5_000)).send(ListQueuesCommand, {})

  await expect(call).rejects.toMatchObject({
    code: 'cloud/unreachable',
    cause: { $metadata: { attempts: 1 } },
  })
})

test('reads a bounded number at a time, leaves out what is not there and keeps the order', async () => {
  let running = 0
  let most = 0
  const read = async (id: number) => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setTimeout(resolve, 5 - id))
    running -= 1
    return id === 2 ? undefined : id * 10
  }

  const items = await each([1, 2, 3, 4, 5], read, 2)

  expect(items).toEqual([10, 30, 40, 50])
  expect(most).toBe(2)
})

test('a failed read ends all others before it is told', async () => {
  const ended: number[] = []
  const read = async (id: number) => {
    if (id === 1) throw new Error('refused')
    await new Promise((resolve) => setTimeout(resolve, 10))
    ended.push(id)
    return id
  }

  await expect(each([1, 2, 3, 4], read, 2)).rejects.toThrow('refused')
  expect(ended).toEqual([2])
})

const keys = { accessKeyId: 'a', secretAccessKey: 'b' }

test('a second write that comes too late leaves it open what became of the whole', async () => {
  sdk.on(CreateQueueCommand).resolves({ QueueUrl: 'q' })
  const time = new AbortController()
  const api = cloud.api(SQSClient, place, time.signal)
  await api.send(CreateQueueCommand, { QueueName: 'a' })
  time.abort()

  const second = api.send(CreateQueueCommand, { QueueName: 'b' })

  await expect(second).rejects.toMatchObject({ code: 'cloud/unknown-outcome' })
  expect(calls).toHaveLength(1)
})
