/** A transaction that a tenant leaves open for minutes blocks nobody, loses no outcome and none of its own edits. */
import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { projectLeftovers } from '#operations/apply/project-leftovers.ts'
import type { Queryable } from '#postgres/database.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { handClock } from '#test/support/hand-clock.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
const cloud = gatedCloud()

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: cloud.wrap })
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

/** A transaction that is open while `meanwhile` happens. */
const holding = (sql: string, meanwhile: () => Promise<unknown>): Promise<unknown> =>
  lab.user.transaction(async (transaction: Queryable) => {
    await transaction.query(sql)
    await meanwhile()
  })

/** An execution to its end, by a clock on which no second is long. */
const drive = async (name: string, given?: readonly never[]): Promise<string> => {
  const clock = handClock()
  const executionId = await lab.begin(name, given)
  await clock.during(lab.drive(executionId, { ...lab.ports, clock }))
  return executionId
}

const stateOf = async (executionId: string) =>
  (
    await lab.user.query<{ state: string; done: number }>(
      `SELECT state, done FROM iasql_execution WHERE execution_id = ${executionId}`,
    )
  )[0]

const callsOf = (operation: string): number =>
  cloud.made.filter((call) => call.operation === operation).length

const queue = async (name: string) =>
  (
    await lab.user.query<{ url: string | null; visibility_timeout: number; delay_seconds: number }>(
      `SELECT url, visibility_timeout, delay_seconds FROM queue WHERE name = '${name}'`,
    )
  )[0]

test('an outcome whose row is locked is stored, and reaches the row by itself once that is free', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('locked')`)
  const before = callsOf('CreateQueue')
  let executionId = ''

  await holding(`UPDATE queue SET delay_seconds = 3 WHERE name = 'locked' RETURNING id`, async () => {
    executionId = await drive('iasql_apply')
  })
  const left = await queue('locked')
  await projectLeftovers(lab.ports)

  expect(await stateOf(executionId)).toEqual({ state: 'succeeded', done: 1 })
  expect(left).toMatchObject({ url: null, delay_seconds: 3 })
  expect(await queue('locked')).toMatchObject({ url: expect.stringContaining('/locked'), delay_seconds: 3 })
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['update queue'])
  expect(callsOf('CreateQueue') - before).toBe(1)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('what AWS made along with a locked row is neither lost nor made to wait for', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.80.0.0/16')`)
  let executionId = ''

  await holding(`SELECT id FROM vpc WHERE cidr_block = '10.80.0.0/16' FOR UPDATE`, async () => {
    executionId = await drive('iasql_apply')
  })
  await projectLeftovers(lab.ports)

  expect(await stateOf(executionId)).toMatchObject({ state: 'succeeded' })
  await lab.call('iasql_sync')
  const tables = await lab.user.query(
    `SELECT r.id FROM route_table r JOIN vpc v ON v.id = r.vpc_id WHERE v.cidr_block = '10.80.0.0/16'`,
  )
  expect(tables).toHaveLength(1)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(callsOf('CreateVpc')).toBe(1)
})

test('a sync goes past a locked row; what it read reaches the row once that is free, under the edit made there', async () => {
  const { url } = (await queue('locked')) ?? {}
  await sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl: url ?? '',
      Attributes: { VisibilityTimeout: '77', DelaySeconds: '8' },
    }),
  )
  let executionId = ''

  await holding(`UPDATE queue SET delay_seconds = 4 WHERE name = 'locked' RETURNING id`, async () => {
    executionId = await drive('iasql_sync')
  })
  await projectLeftovers(lab.ports)

  expect(await stateOf(executionId)).toMatchObject({ state: 'succeeded' })
  expect(await queue('locked')).toMatchObject({ visibility_timeout: 77, delay_seconds: 4 })
  await lab.call('iasql_apply')
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await queue('locked')).toMatchObject({ visibility_timeout: 77, delay_seconds: 4 })
})

test('a sync goes past a row that is being inserted under the name of what it would import', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'same-name' }))
  await sqs.send(new CreateQueueCommand({ QueueName: 'other-name' }))
  let executionId = ''

  await holding(`INSERT INTO queue (name) VALUES ('same-name') RETURNING id`, async () => {
    executionId = await drive('iasql_sync')
  })

  expect(await stateOf(executionId)).toMatchObject({ state: 'succeeded' })
  expect(await queue('other-name')).toMatchObject({ url: expect.stringContaining('/other-name') })
  expect((await lab.call('iasql_preview')).map(lineOf)).toEqual(['adopt queue'])
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['adopt queue'])
})
