/** What becomes of a change made in the cloud: pulled, only listed, or written back, as the policy says. */
import {
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient

beforeAll(async () => {
  lab = await openTenantLab()
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_sqs']])
})
beforeEach(async () => {
  await lab.user.run('DELETE FROM iasql_drift_policy')
})
afterAll(async () => {
  await lab.close()
})

const urlOf = async (QueueName: string): Promise<string> =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? ''
const changeBehindOurBack = async (name: string, attributes: Record<string, string>): Promise<void> => {
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: await urlOf(name), Attributes: attributes }))
}
const inCloud = async (name: string): Promise<Record<string, string>> =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl: await urlOf(name), AttributeNames: ['All'] })))
    .Attributes ?? {}
const makeQueue = async (name: string): Promise<void> => {
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('${name}', 60)`)
  await lab.call('iasql_apply')
}
const drift = (name: string): Promise<readonly object[]> =>
  lab.user.query(`SELECT d.column_name, d.table_value, d.cloud_value, d.policy, d.changed_by FROM iasql_drift d
    WHERE d.natural_name = '${name}' ORDER BY d.column_name`)
const seconds = async (name: string): Promise<number | undefined> => {
  const [row] = await lab.user.query<{ visibility_timeout: number }>(
    `SELECT visibility_timeout FROM queue WHERE name = '${name}'`,
  )
  return row?.visibility_timeout
}
const notices = async (): Promise<string> => {
  const rows = await lab.ports.platform.query<{ body: object }>(
    `SELECT body FROM ${lab.tenant.schema}.iasql_event WHERE kind = 'notice'`,
  )
  return JSON.stringify(rows)
}

test('without a policy a sync takes over what the cloud changed, and lists nothing', async () => {
  await makeQueue('tracked')
  await changeBehindOurBack('tracked', { VisibilityTimeout: '45' })

  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'update', table_name: 'queue' }])

  expect(await seconds('tracked')).toBe(45)
  expect(await drift('tracked')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('observed, a change of the cloud is listed and nothing else happens', async () => {
  await makeQueue('observed')
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe')`)
  await changeBehindOurBack('observed', { VisibilityTimeout: '45' })

  expect(await lab.call('iasql_sync')).toEqual([])
  const [first] = await lab.user.query(`SELECT first_seen FROM iasql_drift WHERE natural_name = 'observed'`)
  expect(await lab.call('iasql_sync')).toEqual([])

  expect(await seconds('observed')).toBe(60)
  expect(await drift('observed')).toEqual([
    {
      column_name: 'visibility_timeout',
      table_value: 60,
      cloud_value: 45,
      policy: 'observe',
      changed_by: null,
    },
  ])
  expect(await lab.user.query(`SELECT first_seen FROM iasql_drift WHERE natural_name = 'observed'`)).toEqual([
    first,
  ])
  expect(await notices()).toContain('queue: 1 row differs from the cloud')
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_apply')).toEqual([])
  expect((await inCloud('observed')).VisibilityTimeout).toBe('45')
})

test('an apply of another column leaves the observed one as it is', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe')`)
  await lab.user.run(`UPDATE queue SET delay_seconds = 7 WHERE name = 'observed'`)

  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update' }])

  expect(await inCloud('observed')).toMatchObject({ DelaySeconds: '7', VisibilityTimeout: '45' })
  expect(await drift('observed')).toMatchObject([{ column_name: 'visibility_timeout', table_value: 60 }])
})

test('an edit of an observed column that the cloud changed is a conflict, and the table wins', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe')`)
  await lab.user.run(`UPDATE queue SET visibility_timeout = 90 WHERE name = 'observed'`)
  expect(await drift('observed')).toMatchObject([{ table_value: 90, cloud_value: 45 }])

  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update' }])

  expect(await notices()).toContain(
    'queue observed: visibility_timeout is 90 here and 45 in the cloud; the table wins.',
  )
  expect((await inCloud('observed')).VisibilityTimeout).toBe('90')
  expect(await drift('observed')).toEqual([])
})

test('an edit that says what the cloud has ends the difference', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe')`)
  await changeBehindOurBack('observed', { VisibilityTimeout: '46' })
  await lab.call('iasql_sync')

  await lab.user.run(`UPDATE queue SET visibility_timeout = 46 WHERE name = 'observed'`)

  expect(await drift('observed')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_apply')).toEqual([])
  await lab.user.run(`UPDATE queue SET visibility_timeout = 47 WHERE name = 'observed'`)
  expect(await drift('observed')).toEqual([])
  await lab.call('iasql_apply')
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('enforced, the table is written back although nobody edited the row', async () => {
  await makeQueue('enforced')
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')`)
  await changeBehindOurBack('enforced', { VisibilityTimeout: '45' })

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await drift('enforced')).toMatchObject([{ table_value: 60, cloud_value: 45, policy: 'enforce' }])
  expect(await lab.call('iasql_preview')).toMatchObject([
    {
      action: 'update',
      changed: { visibility_timeout: { from: 45, to: 60 } },
      reason: 'visibility_timeout changed in the cloud; the policy enforces the table',
      actor: null,
    },
  ])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update' }])

  expect((await inCloud('enforced')).VisibilityTimeout).toBe('60')
  expect(await drift('enforced')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('enforced, what is gone in the cloud is kept, listed and created again', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')`)
  await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf('enforced') }))

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await drift('enforced')).toMatchObject([{ column_name: null, policy: 'enforce' }])
  expect(await lab.call('iasql_preview')).toMatchObject([
    { action: 'create', reason: 'gone in the cloud; the policy enforces the table' },
  ])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'create' }])

  expect((await inCloud('enforced')).VisibilityTimeout).toBe('60')
  expect(await drift('enforced')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('observed, a row whose queue is gone is kept until the policy tracks again', async () => {
  await makeQueue('lost')
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, row_id, policy)
    SELECT 'queue', id, 'observe' FROM queue WHERE name = 'lost'`)
  await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf('lost') }))

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await drift('lost')).toMatchObject([{ column_name: null, policy: 'observe' }])
  expect(await lab.call('iasql_preview')).toEqual([])
  await lab.user.run(`UPDATE iasql_drift_policy SET policy = 'track'`)
  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'delete', table_name: 'queue' }])

  expect(await drift('lost')).toEqual([])
  expect(await lab.user.query('SELECT * FROM iasql_drift_policy')).toEqual([])
})

test('once the policy tracks, the next sync pulls', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')`)
  await changeBehindOurBack('enforced', { VisibilityTimeout: '47' })
  await lab.call('iasql_sync')
  await lab.user.run('DELETE FROM iasql_drift_policy')
  expect(await lab.call('iasql_preview')).toEqual([])

  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'update' }])

  expect(await seconds('enforced')).toBe(47)
  expect(await drift('enforced')).toEqual([])
})

test('the most particular policy decides: row and column, row, column, table', async () => {
  await makeQueue('particular')
  const id = `(SELECT id FROM queue WHERE name = 'particular')`
  await lab.user.run(`INSERT INTO iasql_drift_policy VALUES
    ('queue', NULL, NULL, 'observe'), ('queue', NULL, 'delay_seconds', 'track'),
    ('queue', ${id}, NULL, 'enforce'), ('queue', ${id}, 'visibility_timeout', 'observe')`)
  await changeBehindOurBack('particular', { VisibilityTimeout: '45', DelaySeconds: '9' })
  await changeBehindOurBack('enforced', { VisibilityTimeout: '45', DelaySeconds: '9' })

  expect(await lab.call('iasql_sync')).toMatchObject([
    { action: 'update', description: 'queue enforced: delay_seconds 0 → 9' },
  ])

  expect(await drift('particular')).toMatchObject([
    { column_name: 'delay_seconds', policy: 'enforce' },
    { column_name: 'visibility_timeout', policy: 'observe' },
  ])
  expect(await drift('enforced')).toMatchObject([{ column_name: 'visibility_timeout', policy: 'observe' }])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update' }])
  expect(await inCloud('particular')).toMatchObject({ VisibilityTimeout: '45', DelaySeconds: '0' })
})

test('a conflict is listed until an apply has decided it', async () => {
  await makeQueue('disputed')
  await lab.user.run(`UPDATE queue SET visibility_timeout = 100 WHERE name = 'disputed'`)
  await changeBehindOurBack('disputed', { VisibilityTimeout: '45' })

  await lab.call('iasql_sync')
  expect(await drift('disputed')).toMatchObject([{ table_value: 100, cloud_value: 45, policy: 'track' }])
  await lab.call('iasql_apply')

  expect(await drift('disputed')).toEqual([])
})
