/** What an emulator lacks is told from what it stumbles over, which it answers by the same page. */
import { createServer } from 'node:http'
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateTopicCommand, ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns'
import { CreateQueueCommand, DeleteQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AwsCloud, createCloud } from '#aws/create-cloud.ts'
import { type Listening, listening } from '../support/listening.ts'

const place = { accountId: '123456789012', region: 'eu-west-1' }
const queue = { QueueName: 'a' }
type Answer = 'page' | 'fine' | 'refused' | 'cut'
/** What the next calls are answered by; `fine` once there are no more. */
let answers: Answer[]
let calls: number
let server: Listening
let cloud: AwsCloud

beforeEach(async () => {
  answers = []
  calls = 0
  server = await listening(
    createServer((request, response) => {
      calls += 1
      const answer = answers.shift() ?? 'fine'
      const json = { 'content-type': 'application/x-amz-json-1.0' }
      request.resume()
      if (answer === 'cut') response.destroy()
      else if (answer === 'page')
        response
          .writeHead(500, { 'content-type': 'text/html; charset=utf-8' })
          .end('<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n')
      else if (answer === 'refused')
        response.writeHead(400, json).end('{"__type":"QueueDeletedRecently","message":"no"}')
      else response.writeHead(200, json).end('{}')
    }),
  )
  cloud = createCloud({ profile: 'emulator', endpoint: server.url })
})

afterEach(async () => {
  cloud.close()
  await server.stop()
})

const signal = AbortSignal.timeout(60_000)
const sqs = () => cloud.api(SQSClient, place, signal)
const codes = async (attempts: readonly (() => Promise<unknown>)[]): Promise<readonly string[]> => {
  const ends: string[] = []
  for (const attempt of attempts)
    ends.push(
      await attempt().then(
        () => 'done',
        (error) => error.code,
      ),
    )
  return ends
}
const creates = (count: number) =>
  codes(Array.from({ length: count }, () => () => sqs().send(CreateQueueCommand, queue)))
const pages = (count: number): Answer[] => Array<Answer>(count).fill('page')

test('a read is asked once more', async () => {
  answers = ['page']

  expect(await codes([() => sqs().send(ListQueuesCommand, {})])).toEqual(['done'])
  expect(calls).toBe(2)
})

test('a read that is answered so twice is lacking', async () => {
  answers = pages(4)
  const s3 = cloud.api(S3Client, place, signal)
  const sns = cloud.api(SNSClient, place, signal)

  const ends = await codes([
    () => s3.send(HeadBucketCommand, { Bucket: 'a' }),
    () => sns.send(ListTopicsCommand, {}),
  ])

  expect(ends).toEqual(['cloud/not-emulated', 'cloud/not-emulated'])
})

test('what becomes of a write is open the first time; what gets nothing else is lacking', async () => {
  answers = pages(3)

  const ends = await creates(3)

  expect(ends).toEqual(['cloud/unknown-outcome', 'cloud/not-emulated', 'cloud/not-emulated'])
  expect(calls).toBe(3)
})

test('a write that is open says so', async () => {
  answers = pages(1)

  await expect(sqs().send(CreateQueueCommand, queue)).rejects.toMatchObject({
    message: 'CreateQueue: answered (500), no reason given',
  })
})

test.each(['fine', 'refused'] as const)(
  'what was once %s is not lacking, but tried in vain at last',
  async (answer) => {
    answers = [answer, ...pages(6)]

    const ends = await creates(7)

    expect(ends.slice(1)).toEqual([...Array(5).fill('cloud/unknown-outcome'), 'cloud/not-emulated'])
  },
)

test('an answer in between begins the count anew, a cut connection does not', async () => {
  answers = ['page', 'cut', 'page', 'fine', 'page']

  const ends = await creates(5)

  const open = 'cloud/unknown-outcome'
  expect(ends).toEqual([open, open, 'cloud/not-emulated', 'done', open])
})

test('each operation of each service is counted for itself, whoever calls it', async () => {
  answers = pages(4)
  const others = cloud.as(async () => undefined)

  const ends = await codes([
    () => sqs().send(CreateQueueCommand, queue),
    () => sqs().send(DeleteQueueCommand, { QueueUrl: server.url }),
    () => cloud.api(SNSClient, place, signal).send(CreateTopicCommand, { Name: 'a' }),
    () => others.api(SQSClient, place, signal).send(CreateQueueCommand, queue),
  ])

  expect(ends).toEqual([...Array(3).fill('cloud/unknown-outcome'), 'cloud/not-emulated'])
  others.close()
})
