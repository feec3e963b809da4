/** What a sync may remove, what it must ask about, and what it leaves alone. */

import { DeleteVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
let ec2: EC2Client
let downRegion: string | undefined

beforeAll(async () => {
  lab = await openTenantLab({
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (client, place, signal) => {
        if (place.region === downRegion) throw new IasqlError('cloud/denied', 'not allowed there')
        return cloud.api(client, place, signal)
      },
    }),
  })
  const configuration = {
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  }
  sqs = new SQSClient(configuration)
  ec2 = new EC2Client(configuration)
  for (let index = 0; index < 12; index += 1) {
    await sqs.send(new CreateQueueCommand({ QueueName: `there-${index}` }))
  }
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const countQueues = async (): Promise<number> => {
  const rows = await lab.user.query<{ count: number }>('SELECT count(*) AS count FROM queue')
  return rows[0]?.count ?? -1
}
const urlOf = async (name: string): Promise<string> => {
  const rows = await lab.user.query<{ url: string }>(`SELECT url FROM queue WHERE name = '${name}'`)
  return rows[0]?.url ?? ''
}

test('imports what existed, with the calls a list needs and no more', async () => {
  expect(await countQueues()).toBe(12)
  lab.calls.length = 0

  expect(await lab.call('iasql_sync', [['queue']])).toEqual([])

  expect(lab.calls.filter(({ operation }) => operation === 'ListQueues')).toHaveLength(1)
  expect(lab.calls.filter(({ operation }) => operation === 'GetQueueAttributes')).toHaveLength(12)
  expect(lab.calls.some(({ operation }) => operation === 'DescribeVpcs')).toBe(false)
})

test('asks before it removes unusually many rows, and does it when told so', async () => {
  for (let index = 0; index < 6; index += 1) {
    await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf(`there-${index}`) }))
  }

  await expect(lab.call('iasql_sync')).rejects.toMatchObject({
    sqlstate: 'IQ004',
    message: expect.stringContaining('6 of 12 rows of queue'),
    hint: expect.stringContaining('confirm => true'),
  })
  expect(await countQueues()).toBe(12)
  const rows = await lab.call('iasql_sync', [true])

  expect(rows.map(({ action }) => action)).toEqual(Array(6).fill('delete'))
  expect(await countQueues()).toBe(6)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('keeps an edited row whose queue is gone, and an apply makes it again', async () => {
  await lab.user.run(`UPDATE queue SET visibility_timeout = 99 WHERE name = 'there-7'`)
  await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf('there-7') }))

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'create', natural_name: 'there-7' }])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'create' }])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('forgets a row that was deleted here and there', async () => {
  const QueueUrl = await urlOf('there-8')
  await lab.user.run(`DELETE FROM queue WHERE name = 'there-8'`)
  await sqs.send(new DeleteQueueCommand({ QueueUrl }))

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'forget' }])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'forget' }])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('changes nothing of a place that cannot be read, and says so', async () => {
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await lab.call('iasql_sync')
  const before = await lab.user.query('SELECT * FROM vpc ORDER BY id')
  downRegion = 'eu-west-1'

  await expect(lab.call('iasql_sync')).rejects.toMatchObject({
    sqlstate: 'IQ001',
    message: expect.stringContaining('not allowed there'),
  })
  downRegion = undefined

  expect(await lab.user.query('SELECT * FROM vpc ORDER BY id')).toEqual(before)
})

test('keeps a network whose row others refer to until they are gone too', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.60.0.0/16', '{"Name":"lost"}')`)
  await lab.call('iasql_apply')
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block) SELECT id, '10.60.1.0/24' FROM vpc WHERE tags->>'Name' = 'lost'`,
  )
  const [{ vpc_id: VpcId }] = (await lab.user.query(
    `SELECT vpc_id FROM vpc WHERE tags->>'Name' = 'lost'`,
  )) as [{ vpc_id: string }]
  await ec2.send(new DeleteVpcCommand({ VpcId }))

  const first = await lab.call('iasql_sync')
  expect(first.map(({ table_name }) => table_name)).not.toContain('vpc')
  await lab.user.run(`DELETE FROM subnet WHERE cidr_block = '10.60.1.0/24'`)
  const second = await lab.call('iasql_sync')

  expect(second.map(({ table_name }) => table_name)).toContain('vpc')
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('brings outputs into a row that was locked while its queue was made', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('locked')`)
  await lab.user.transaction(async (transaction) => {
    await transaction.query(`SELECT id FROM queue WHERE name = 'locked' FOR UPDATE`)
    expect(await lab.call('iasql_apply')).toHaveLength(1)
  })
  expect(await urlOf('locked')).toBe('')

  await lab.call('iasql_sync')

  expect(await urlOf('locked')).toContain('/locked')
})

test('names the tables there are when one is unknown', async () => {
  await expect(lab.call('iasql_sync', [['queu']])).rejects.toMatchObject({
    sqlstate: 'IQ008',
    message: expect.stringContaining('did you mean queue'),
  })
})
