/** Drift policies beside everything else that happens to a row: plans by number, colleagues, locks, failures, deletion. */
import {
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'
import { VeiledCloud } from '#test/support/veiled-cloud.ts'

const veil = new VeiledCloud()
let lab: TenantLab
let sqs: SQSClient

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: veil.wrap })
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_sqs']])
})
beforeEach(async () => {
  veil.reveal()
  await lab.user.run('DELETE FROM iasql_drift_policy')
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')`)
})
afterAll(async () => {
  await lab.close()
})

const urlOf = async (QueueName: string): Promise<string> =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? ''
const secondsInCloud = async (name: string): Promise<string | undefined> => {
  const QueueUrl = await urlOf(name)
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  return Attributes?.VisibilityTimeout
}
const setSeconds = async (name: string, seconds: number): Promise<void> => {
  const Attributes = { VisibilityTimeout: String(seconds) }
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: await urlOf(name), Attributes }))
}
const removeQueue = async (name: string): Promise<void> => {
  await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf(name) }))
}
const makeQueue = async (name: string): Promise<void> => {
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('${name}', 60)`)
  await lab.call('iasql_apply')
}
const ofRow = (name: string): string => `SELECT 'queue', id, 'observe' FROM queue WHERE name = '${name}'`
const rowPolicies = (): Promise<readonly object[]> =>
  lab.user.query('SELECT policy FROM iasql_drift_policy WHERE row_id IS NOT NULL')
const drifted = async (): Promise<readonly string[]> =>
  (await lab.user.query<{ name: string }>('SELECT natural_name AS name FROM iasql_drift ORDER BY 1')).map(
    ({ name }) => name,
  )

test('of a resource that is gone the difference shows what the row says, against nothing in the cloud', async () => {
  await lab.user.run(`UPDATE iasql_drift_policy SET policy = 'observe' WHERE table_name = 'queue'`)
  await makeQueue('vanished')
  await removeQueue('vanished')

  await lab.call('iasql_sync')

  const rows = await lab.user.query(
    `SELECT column_name, table_value, jsonb_typeof(cloud_value) AS cloud, policy FROM iasql_drift WHERE natural_name = 'vanished'`,
  )
  expect(rows).toMatchObject([
    {
      ...{ column_name: null, cloud: 'null', policy: 'observe' },
      table_value: { name: 'vanished', visibility_timeout: 60, fifo_queue: false },
    },
  ])
  expect(Object.keys((rows[0] as { table_value: object }).table_value)).not.toContain('arn')
  await lab.user.run(`DELETE FROM queue WHERE name = 'vanished'`)
  await lab.call('iasql_apply')
})

test('a plan that writes drift back is applied by its number, and is stale once the cloud moved again', async () => {
  await makeQueue('numbered')
  await setSeconds('numbered', 45)
  await lab.call('iasql_sync')
  const [looked] = await lab.call('iasql_preview')
  await setSeconds('numbered', 46)
  await lab.call('iasql_sync')

  await expect(lab.call('iasql_apply', [looked?.plan_id ?? null, false, true, 'wait'])).rejects.toMatchObject(
    {
      sqlstate: 'IQ003',
    },
  )
  const [again] = await lab.call('iasql_preview')
  expect(await lab.call('iasql_apply', [again?.plan_id ?? null, false, true, 'wait'])).toMatchObject([
    { action: 'update' },
  ])

  expect(await secondsInCloud('numbered')).toBe('60')
})

test('another policy counts at once for what is known already', async () => {
  await makeQueue('changing')
  await lab.user.run(`UPDATE iasql_drift_policy SET policy = 'observe'`)
  await setSeconds('changing', 45)
  await lab.call('iasql_sync')
  expect(await lab.call('iasql_preview')).toEqual([])
  const before = await lab.user.query('SELECT policy FROM iasql_drift')

  await lab.user.run(`UPDATE iasql_drift_policy SET policy = 'enforce'`)

  const after = await lab.user.query('SELECT policy FROM iasql_drift')
  expect([before, after]).toEqual([[{ policy: 'observe' }], [{ policy: 'enforce' }]])
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'update', natural_name: 'changing' }])
  await lab.call('iasql_apply')
})

test('what the policy asks for is nobody’s own: an apply of one’s own leaves it out', async () => {
  await makeQueue('ours')
  await setSeconds('ours', 45)
  await lab.call('iasql_sync')

  expect(await lab.call('iasql_preview', [true])).toEqual([])
  expect(await lab.call('iasql_apply', [null, true, true, 'wait'])).toEqual([])

  expect(await drifted()).toEqual(['ours'])
  await lab.call('iasql_apply')
  expect(await drifted()).toEqual([])
})

test('what somebody has undone in the cloud meanwhile needs no call', async () => {
  await makeQueue('undone')
  await setSeconds('undone', 45)
  await lab.call('iasql_sync')
  await setSeconds('undone', 60)
  lab.calls.length = 0

  await lab.call('iasql_apply')

  expect(lab.calls.filter(({ operation }) => operation === 'SetQueueAttributes')).toEqual([])
  expect(await drifted()).toEqual([])
})

test('a change of the cloud that is undone there is no drift any more', async () => {
  await setSeconds('undone', 45)
  await lab.call('iasql_sync')
  expect(await drifted()).toEqual(['undone'])
  await setSeconds('undone', 60)

  expect(await lab.call('iasql_sync')).toEqual([])

  expect(await drifted()).toEqual([])
})

test('what AWS fills in at creation is taken over, whatever the policy', async () => {
  veil.stale.set('filled', { KmsMasterKeyId: 'alias/filled' })

  await makeQueue('filled')

  expect(await lab.user.query(`SELECT kms_master_key_id FROM queue WHERE name = 'filled'`)).toEqual([
    { kms_master_key_id: 'alias/filled' },
  ])
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await drifted()).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  veil.reveal()
  await lab.call('iasql_sync')
  await lab.call('iasql_apply')
})

test('an edited row whose queue is gone is listed until an apply has made it again', async () => {
  await lab.user.run('DELETE FROM iasql_drift_policy')
  await makeQueue('edited')
  await lab.user.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'edited'`)
  await removeQueue('edited')

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await drifted()).toEqual(['edited'])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'create' }])

  expect(await drifted()).toEqual([])
})

test('what could not be created again stays on the plan', async () => {
  await makeQueue('unlucky')
  await removeQueue('unlucky')
  await lab.call('iasql_sync')
  veil.hide('unlucky')

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    sqlstate: 'IQ001',
    message: expect.stringContaining('has no queue unlucky any more'),
  })
  await removeQueue('unlucky')
  veil.reveal()

  expect(await drifted()).toEqual(['unlucky'])
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'create', natural_name: 'unlucky' }])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'create' }])
  expect(await drifted()).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a policy about a row stays until its deletion is applied', async () => {
  await makeQueue('leaving')
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, row_id, policy) ${ofRow('leaving')}`)
  await lab.user.run(`DELETE FROM queue WHERE name = 'leaving'`)
  await lab.call('iasql_sync')
  expect(await rowPolicies()).toEqual([{ policy: 'observe' }])

  await lab.call('iasql_apply')

  expect(await rowPolicies()).toEqual([])
})

test('a policy about a row that was never applied goes with it', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('never')`)
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, row_id, policy) ${ofRow('never')}`)
  await lab.call('iasql_sync')
  expect(await rowPolicies()).toEqual([{ policy: 'observe' }])
  await lab.user.run(`DELETE FROM queue WHERE name = 'never'`)

  await lab.call('iasql_apply')

  expect(await rowPolicies()).toEqual([])
})

test('a policy that a transaction holds does not hold up an apply', async () => {
  await makeQueue('held')
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, row_id, policy) ${ofRow('held')}`)
  await lab.user.run(`DELETE FROM queue WHERE name = 'held'`)

  await lab.user.transaction(async (transaction) => {
    await transaction.run(`UPDATE iasql_drift_policy SET policy = 'track' WHERE row_id IS NULL`)
    await transaction.query('SELECT policy FROM iasql_drift_policy FOR UPDATE')
    expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'delete' }])
  })
  await lab.call('iasql_sync')

  expect(await rowPolicies()).toEqual([])
})

test('policies about a table go with its module', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy VALUES ('aws_regions', NULL, NULL, 'observe')`)

  await lab.call('iasql_uninstall', [['aws_sqs']])

  expect(await lab.user.query('SELECT table_name FROM iasql_drift_policy')).toEqual([
    { table_name: 'aws_regions' },
  ])
})
