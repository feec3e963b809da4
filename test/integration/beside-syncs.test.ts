/** Syncs beside applies and beside each other: nothing is imported twice, and no edit is undone by a read that is old. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatedCloud } from '#test/support/gated-cloud.ts'
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

/** Only the first call of the operation. */
const holdFirst = (at: 'request' | 'answer', operation: string) => {
  let isTaken = false
  return cloud.hold(at, (call) => {
    if (isTaken || call.operation !== operation) return false
    isTaken = true
    return true
  })
}

const count = async (sql: string): Promise<number> =>
  (await lab.user.query<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`))[0]?.n ?? 0

const noticesOf = async (executionId: string): Promise<readonly string[]> =>
  (
    await lab.user.query<{ message: string }>(
      `SELECT body->>'message' AS message FROM iasql_event WHERE execution_id = ${executionId} AND kind = 'notice'`,
    )
  ).map(({ message }) => message)

test('two syncs at once import each resource once, and have nothing to remark', async () => {
  for (const name of ['twice-1', 'twice-2', 'twice-3'])
    await sqs.send(new CreateQueueCommand({ QueueName: name }))
  const held = cloud.hold('answer', ({ operation }) => operation === 'ListQueues')
  const syncs = [await lab.begin('iasql_sync'), await lab.begin('iasql_sync')]
  const driving = syncs.map((id) => lab.drive(id))
  await held.arrived(2)

  held.release()
  await Promise.all(driving)

  expect(await count(`queue WHERE name LIKE 'twice-%'`)).toBe(3)
  const executions = await lab.user.query<{ done: number }>(
    `SELECT done, state FROM iasql_execution WHERE execution_id IN (${syncs.join(', ')})`,
  )
  expect(executions).toMatchObject([{ state: 'succeeded' }, { state: 'succeeded' }])
  expect(executions.reduce((sum, { done }) => sum + done, 0)).toBe(3)
  expect((await Promise.all(syncs.map(noticesOf))).flat()).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a sync while the answer of a create is late makes no second row', async () => {
  const held = holdFirst('answer', 'CreateQueue')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('late')`)
  const apply = lab.call('iasql_apply')
  await held.arrived()

  const synced = await lab.call('iasql_sync')
  held.release()

  expect(synced).toEqual([])
  expect((await apply).map(lineOf)).toEqual(['create queue'])
  expect(await count(`queue WHERE name = 'late' AND url IS NOT NULL`)).toBe(1)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a sync that listed before a create, and goes on after it, makes no second row', async () => {
  const held = holdFirst('answer', 'ListQueues')
  const sync = lab.call('iasql_sync')
  await held.arrived()
  await lab.user.run(`INSERT INTO queue (name) VALUES ('overtaking')`)
  await lab.call('iasql_apply')

  held.release()

  expect(await sync).toEqual([])
  expect(await count(`queue WHERE name = 'overtaking' AND url IS NOT NULL`)).toBe(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('what AWS makes with a network is imported once, by the apply or by the sync beside it', async () => {
  const held = holdFirst('answer', 'DescribeRouteTables')
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.70.0.0/16')`)
  const apply = lab.call('iasql_apply')
  await held.arrived()

  await lab.call('iasql_sync')
  held.release()
  await apply

  const ofIt = `JOIN vpc v ON v.id = r.vpc_id WHERE v.cidr_block = '10.70.0.0/16'`
  expect(await count(`route_table r ${ofIt}`)).toBe(1)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a read from before an apply undoes nothing of it', async () => {
  const held = holdFirst('answer', 'ListQueues')
  const sync = lab.call('iasql_sync')
  await held.arrived()
  await lab.user.run(`UPDATE queue SET visibility_timeout = 51 WHERE name = 'late'`)
  await lab.call('iasql_apply')

  held.release()

  expect(await sync).toEqual([])
  const rows = await lab.user.query<{ url: string }>(
    `SELECT url, visibility_timeout FROM queue WHERE name = 'late'`,
  )
  expect(rows).toMatchObject([{ visibility_timeout: 51 }])
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: rows[0]?.url, AttributeNames: ['VisibilityTimeout'] }),
  )
  expect(Attributes).toEqual({ VisibilityTimeout: '51' })
})

test('an edit made while a sync reads stands, and is what the next apply does', async () => {
  const held = holdFirst('answer', 'ListQueues')
  const sync = lab.call('iasql_sync')
  await held.arrived()
  await lab.user.run(`UPDATE queue SET delay_seconds = 9 WHERE name = 'late'`)
  await lab.user.run(`DELETE FROM queue WHERE name = 'twice-1'`)

  held.release()
  await sync

  expect((await lab.call('iasql_apply')).map(lineOf).sort()).toEqual(['delete queue', 'update queue'])
  expect(await count(`queue WHERE name = 'twice-1'`)).toBe(0)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('what a sync brings while an apply plans an edit that came to nothing stays agreed on', async () => {
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('agreed', 30)`)
  await lab.call('iasql_apply')
  const [{ url: QueueUrl }] = (await lab.user.query(`SELECT url FROM queue WHERE name = 'agreed'`)) as [
    { url: string },
  ]
  const setTimeoutTo = (seconds: number) =>
    sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: String(seconds) } }))
  await lab.user.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'agreed'`)
  await lab.user.run(`UPDATE queue SET delay_seconds = 0 WHERE name = 'agreed'`)
  await lab.user.run(`INSERT INTO queue (name) VALUES ('planned')`)
  const held = cloud.hold(
    'request',
    ({ operation, text }) => operation === 'GetQueueUrl' && /planned/.test(text),
  )
  const apply = lab.call('iasql_apply')
  await held.arrived()
  await setTimeoutTo(77)
  await lab.call('iasql_sync')

  held.release()
  await apply

  expect(await lab.call('iasql_preview')).toEqual([])
  await setTimeoutTo(99)
  expect((await lab.call('iasql_sync')).map(lineOf)).toEqual(['update queue'])
  expect(await lab.user.query(`SELECT visibility_timeout FROM queue WHERE name = 'agreed'`)).toEqual([
    { visibility_timeout: 99 },
  ])
  expect(await lab.user.query('SELECT * FROM iasql_drift')).toEqual([])
})

test('what an apply deletes after a sync has listed it does not come back as a row', async () => {
  await lab.user.run(`INSERT INTO internet_gateway (tags) VALUES ('{"Name": "leaving"}')`)
  await lab.call('iasql_apply')
  const held = holdFirst('answer', 'DescribeInternetGateways')
  const sync = lab.call('iasql_sync')
  await held.arrived()
  await lab.user.run(`DELETE FROM internet_gateway WHERE tags->>'Name' = 'leaving'`)
  await lab.call('iasql_apply')

  held.release()

  expect(await sync).toEqual([])
  expect(await count('internet_gateway')).toBe(0)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('nor does the old one of a replacement that has not come', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.77.0.0/16', '{"Name": "net"}')`)
  await lab.user.run(`INSERT INTO subnet (vpc_id, cidr_block) VALUES (find_vpc('net'), '10.77.1.0/24')`)
  await lab.call('iasql_apply')
  const before = await count('subnet')
  const held = holdFirst('answer', 'DescribeSubnets')
  const sync = lab.call('iasql_sync')
  await held.arrived()
  await lab.user.run(`UPDATE subnet SET cidr_block = '10.99.1.0/24' WHERE cidr_block = '10.77.1.0/24'`)
  await expect(lab.call('iasql_apply')).rejects.toMatchObject({ sqlstate: 'IQ001' })

  held.release()

  expect(await sync).toEqual([])
  expect(await count('subnet')).toBe(before)
})
