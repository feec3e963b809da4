/** Unusually many rows gone at once: a sync lists them and asks, whatever place they were at, and takes nothing. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'
import { VeiledCloud } from '#test/support/veiled-cloud.ts'

const veil = new VeiledCloud()
const perRegion = 40
let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: veil.wrap })
  for (const region of ['us-east-1', 'eu-west-1']) {
    const sqs = new SQSClient({
      region,
      endpoint: lab.endpoint,
      credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
    })
    const names = Array.from({ length: perRegion }, (_, index) => `${region}-${index}`)
    await Promise.all(names.map((QueueName) => sqs.send(new CreateQueueCommand({ QueueName }))))
    sqs.destroy()
  }
  await lab.call('iasql_sync')
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const count = async (relation: string): Promise<number> => {
  const [row] = await lab.user.query<{ count: number }>(`SELECT count(*) AS count FROM ${relation}`)
  return row?.count ?? -1
}
const hide = (region: string, most: number): void => {
  for (let index = 0; index < most; index += 1) veil.hide(`${region}-${index}`)
}

/** What followers of the topic are told, by number of rows. */
const published = async (): Promise<readonly number[]> => {
  const events = await lab.ports.platform.query<{ body: { rows: number } }>(
    `SELECT body FROM ${lab.tenant.schema}.iasql_topic_event WHERE topic = 'drift' ORDER BY seq`,
  )
  return events.map(({ body }) => body.rows)
}

test('counts what is gone of a table over all places', async () => {
  hide('us-east-1', 11)
  hide('eu-west-1', 11)

  await expect(lab.call('iasql_sync')).rejects.toMatchObject({
    sqlstate: 'IQ004',
    message: expect.stringContaining('22 of 80 rows of queue are gone'),
  })

  expect(await count('queue')).toBe(80)
  expect(
    await count(`iasql_drift WHERE table_name = 'queue' AND column_name IS NULL AND policy = 'track'`),
  ).toBe(22)
  expect(await count('iasql_missing')).toBe(0)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('asks again as long as nobody answers', async () => {
  await expect(lab.call('iasql_sync')).rejects.toMatchObject({ sqlstate: 'IQ004' })

  expect(await count('queue')).toBe(80)
  expect(await published()).toEqual([22])
})

test('forgets the question when all is there again', async () => {
  veil.reveal()

  expect(await lab.call('iasql_sync')).toEqual([])

  expect(await count('iasql_drift')).toBe(0)
})

test('does not ask for the share of one place alone', async () => {
  hide('eu-west-1', 15)

  expect(await lab.call('iasql_sync')).toHaveLength(15)

  expect(await count('queue')).toBe(65)
})

test('does not ask about rows that the policy keeps, and asks once it does not any more', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe')`)
  hide('us-east-1', 25)

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await count('iasql_missing')).toBe(25)
  expect(await published()).toEqual([22, 25])
  await lab.user.run('DELETE FROM iasql_drift_policy')
  await expect(lab.call('iasql_sync')).rejects.toMatchObject({
    sqlstate: 'IQ004',
    message: expect.stringContaining('25 of 65 rows of queue'),
  })
  expect(await count('queue')).toBe(65)

  expect(await lab.call('iasql_sync', [true])).toHaveLength(25)
  expect(await count('queue')).toBe(40)
  expect(await count('iasql_drift')).toBe(0)
})
