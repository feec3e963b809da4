/** Settings of a tenant: who may change them, what they may be, and what obeys them. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { purgeExpired } from '#operations/retention/purge-expired.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'
import { VeiledCloud } from '#test/support/veiled-cloud.ts'

const veil = new VeiledCloud()
let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: veil.wrap })
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  for (const QueueName of ['a', 'b', 'c']) await sqs.send(new CreateQueueCommand({ QueueName }))
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const settingOf = async (name: string): Promise<object | undefined> => {
  const rows = await lab.user.query<object>(
    `SELECT value, default_value FROM iasql_setting WHERE name = '${name}'`,
  )
  return rows[0]
}

test('shows every setting with its default and what it is for', async () => {
  const rows = await lab.user.query<Record<string, string>>('SELECT * FROM iasql_setting ORDER BY name')

  const shown = rows.map(({ name, value, default_value }) => [name, value, default_value])
  for (const one of [
    ['audit_retention_days', '365', '365'],
    ['execution_retention_days', '90', '90'],
    ['preview_retention_days', '1', '1'],
    ['run_retention_days', '7', '7'],
    ['sync_threshold_percent', '30', '30'],
    ['sync_threshold_rows', '20', '20'],
  ]) {
    expect(shown).toContainEqual(one)
  }
  expect(rows.every(({ description = '' }) => description.endsWith('.'))).toBe(true)
})

test('is changed by an owner, in text or as a number, and the log says by whom', async () => {
  expect(await lab.call('iasql_set', ['run_retention_days', '30'], { actor: 'olga' })).toEqual([
    { name: 'run_retention_days', value: '30' },
  ])
  await lab.call('iasql_set', ['execution_retention_days', 60])

  expect(await settingOf('run_retention_days')).toEqual({ value: '30', default_value: '7' })
  expect(await settingOf('execution_retention_days')).toEqual({ value: '60', default_value: '90' })
  const [change] = await lab.user.query<object>(
    `SELECT actor, change_type, change #>> '{original,value}' AS before, change #>> '{change,value}' AS after
     FROM iasql_audit_log WHERE table_name = 'iasql_setting' ORDER BY id LIMIT 1`,
  )
  expect(change).toEqual({ actor: 'olga', change_type: 'UPDATE', before: '7', after: '30' })
})

test.each([
  ['retention_days', '30', /there is no setting retention_days; did you mean .*run_retention_days/],
  ['run_retention_days', 'thirty', /run_retention_days cannot be thirty/],
  ['run_retention_days', '0', /run_retention_days cannot be 0/],
  ['run_retention_days', '-1', /run_retention_days cannot be -1/],
  ['sync_threshold_percent', '101', /sync_threshold_percent cannot be 101/],
  ['sync_threshold_rows', null, /sync_threshold_rows cannot be empty/],
])('refuses to set %s to %s', async (name, value, message) => {
  const before = await settingOf('run_retention_days')

  await expect(lab.call('iasql_set', [name, value])).rejects.toThrow(message)

  expect(await settingOf('run_retention_days')).toEqual(before)
})

test('is not changed by an operator, nor by an UPDATE', async () => {
  const set = lab.call('iasql_set', ['run_retention_days', '1'], { role: 'operator' })

  await expect(set).rejects.toMatchObject({ code: 'auth/role' })
  await expect(lab.user.run("UPDATE iasql_setting SET value = '1'")).rejects.toThrow('permission denied')
})

test('the audit log is kept for as long as is set, with who did it', async () => {
  const t = lab.tenant.schema
  await lab.user.run("INSERT INTO queue (name) VALUES ('old'), ('young')")
  for (const [name, days] of [
    ['old', 31],
    ['young', 29],
  ] as const) {
    await lab.ports.platform.run(
      `UPDATE ${t}.iasql_audit SET ts = ts - interval '${days} days', xid = '${days}' WHERE change->>'name' = '${name}'`,
    )
    await lab.ports.platform.run(
      `INSERT INTO ${t}.iasql_commit (xid, actor, run_id, statement, tag, row_count, at)
       VALUES ('${days}', '${name}', gen_random_uuid(), 0, 'INSERT', 1, now() - interval '${days} days')`,
    )
  }
  await lab.call('iasql_set', ['run_retention_days', '7'])
  await lab.call('iasql_set', ['audit_retention_days', '30'])
  await purgeExpired(lab.ports, { batchRows: 1 })
  await purgeExpired(lab.ports)

  const rows = await lab.user.query(
    `SELECT actor FROM iasql_audit_log WHERE change #>> '{change,name}' IN ('old', 'young')`,
  )
  expect(rows).toEqual([{ actor: 'young' }])
  const commits = await lab.ports.platform.query(`SELECT actor FROM ${t}.iasql_commit`)
  expect(commits).toEqual([{ actor: 'young' }])
})

test('a sync asks from as many rows as are set', async () => {
  await lab.call('iasql_apply')
  veil.hide('a')
  veil.hide('b')
  await lab.call('iasql_set', ['sync_threshold_rows', '1'])

  await expect(lab.call('iasql_sync', [['queue']])).rejects.toThrow(/2 of \d+ rows of queue are gone/)

  await lab.call('iasql_set', ['sync_threshold_rows', '2'])
  expect(await lab.call('iasql_sync', [['queue']])).toMatchObject([
    { action: 'delete' },
    { action: 'delete' },
  ])
})
