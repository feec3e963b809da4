/** Emulators of tests are forks of one that has loaded everything: each is as new, and as alone, as one that was started by itself. */
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestMoto, type TestMoto } from '../support/moto.ts'

let one: TestMoto
let other: TestMoto

beforeAll(async () => {
  one = await startTestMoto()
  other = await startTestMoto()
})
afterAll(async () => {
  await Promise.all([one?.stop(), other?.stop()])
})

const at = ({ endpoint }: TestMoto) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' },
})
const queuesOf = async (moto: TestMoto) =>
  (await new SQSClient(at(moto)).send(new ListQueuesCommand({}))).QueueUrls ?? []

test('what each account comes with has other ids in each', async () => {
  const networks = await Promise.all(
    [one, other].map((moto) => new EC2Client(at(moto)).send(new DescribeVpcsCommand({}))),
  )

  const ids = networks.flatMap(({ Vpcs = [] }) => Vpcs.map(({ VpcId }) => VpcId))
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(2)
})

test('what is made in one is in no other', async () => {
  await new SQSClient(at(one)).send(new CreateQueueCommand({ QueueName: 'jobs' }))

  expect(await queuesOf(one)).toHaveLength(1)
  expect(await queuesOf(other)).toEqual([])
})

test('stopped, it answers nobody, and another one at its address knows nothing of it', async () => {
  const { endpoint } = one
  await one.stop()

  await expect(fetch(endpoint)).rejects.toThrow('fetch failed')

  one = await startTestMoto(Number(new URL(endpoint).port))
  expect(one.endpoint).toBe(endpoint)
  expect(await queuesOf(one)).toEqual([])
})
