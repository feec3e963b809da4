/** What the audit log says of who changed which row, and when it says nothing. */
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

interface AuditRow {
  readonly id: number
  readonly ts: string
  readonly user: string
  readonly table_name: string
  readonly change_type: string
  readonly change: { readonly original: Record<string, unknown>; readonly change: Record<string, unknown> }
  readonly message: string | null
  readonly transaction_id: string
  readonly row_id: number
  readonly actor: string
  readonly by_engine: boolean
}

let lab: TenantLab
let since = 0

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
beforeEach(async () => {
  await lab.call('iasql_apply')
  const [last] = await lab.user.query<{ id: number }>('SELECT max(id) AS id FROM iasql_audit_log')
  since = last?.id ?? 0
})
afterAll(async () => {
  await lab.close()
})

const log = (): Promise<readonly AuditRow[]> =>
  lab.user.query<AuditRow>(`SELECT * FROM iasql_audit_log WHERE id > ${since} ORDER BY id`)

test('tells an insert, an update and a delete with the row before and after', async () => {
  await lab.user.run("INSERT INTO queue (name) VALUES ('audited')")
  await lab.user.run("UPDATE queue SET visibility_timeout = 60, policy = NULL WHERE name = 'audited'")
  await lab.user.run("DELETE FROM queue WHERE name = 'audited'")

  const rows = await log()

  expect(Object.keys(rows[0] ?? {})).toEqual([
    'id',
    'ts',
    'user',
    'table_name',
    'change_type',
    'change',
    'message',
    'transaction_id',
    'row_id',
    'actor',
    'by_engine',
  ])
  expect(
    rows.map(({ table_name, change_type, change: { original, change } }) => [
      table_name,
      change_type,
      original?.visibility_timeout,
      change?.visibility_timeout,
    ]),
  ).toEqual([
    ['queue', 'INSERT', undefined, 30],
    ['queue', 'UPDATE', 30, 60],
    ['queue', 'DELETE', 60, undefined],
  ])
  expect(new Set(rows.map(({ row_id }) => row_id)).size).toBe(1)
  expect(new Set(rows.map(({ transaction_id }) => transaction_id)).size).toBe(3)
  for (const row of rows) {
    expect(row).toMatchObject({ user: lab.tenant.writerRole, actor: lab.tenant.writerRole, by_engine: false })
    expect(Math.abs(Date.now() - new Date(row.ts).getTime())).toBeLessThan(60_000)
  }
})

test('says nothing of an update that changed nothing, and names only the rows that it did change', async () => {
  await lab.user.run("INSERT INTO queue (name, visibility_timeout) VALUES ('same', 60), ('other', 61)")
  since = (await log()).at(-1)?.id ?? 0

  await lab.user.run('UPDATE queue SET visibility_timeout = 60')
  await lab.user.run("UPDATE queue SET name = name WHERE name = 'same'")

  const rows = await log()
  expect(rows.map(({ change }) => change.original?.name)).toEqual(['other'])
})

test('has the changes of one transaction together, and nothing of one that was rolled back', async () => {
  await lab.user.transaction(async (transaction) => {
    await transaction.run("INSERT INTO queue (name) VALUES ('together-1')")
    await transaction.run("INSERT INTO queue (name) VALUES ('together-2')")
  })
  await lab.user
    .transaction(async (transaction) => {
      await transaction.run("INSERT INTO queue (name) VALUES ('never')")
      throw new Error('given up')
    })
    .catch(() => undefined)

  const rows = await log()

  expect(rows.map(({ change }) => change.change?.name)).toEqual(['together-1', 'together-2'])
  expect(new Set(rows.map(({ transaction_id }) => transaction_id)).size).toBe(1)
})

test('tells what an apply wrote as the engine’s, on behalf of who applied and with its execution', async () => {
  await lab.user.run("INSERT INTO queue (name) VALUES ('outputs')")
  await lab.call('iasql_apply', undefined, { actor: 'bob' })

  const rows = await log()

  const [edit, projection] = rows
  expect(edit).toMatchObject({ change_type: 'INSERT', by_engine: false })
  expect(edit?.change.change?.arn).toBeNull()
  expect(projection).toMatchObject({
    change_type: 'UPDATE',
    by_engine: true,
    actor: 'bob',
    row_id: edit?.row_id,
  })
  expect(projection?.change.change?.arn).toContain('outputs')
  const [execution] = await lab.ports.platform.query<{ kind: string }>(
    `SELECT kind FROM ${lab.tenant.schema}.iasql_audit a
     JOIN ${lab.tenant.schema}.iasql_execution_record USING (execution_id) WHERE a.id = ${projection?.id}`,
  )
  expect(execution?.kind).toBe('apply')
})

test('tells what a sync pulled and what it took away, and what was forgotten', async () => {
  await lab.user.run("INSERT INTO queue (name) VALUES ('pulled'), ('forgotten')")
  await lab.call('iasql_apply')
  since = (await log()).at(-1)?.id ?? 0
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'pulled' }))
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '77' } }))

  await lab.call('iasql_sync', [['queue']], { actor: 'cal' })
  const [forgotten] = await lab.user.query<{ id: number }>("SELECT id FROM queue WHERE name = 'forgotten'")
  await lab.call('iasql_forget', ['queue', forgotten?.id ?? null], { actor: 'dee' })

  const rows = await log()
  expect(rows.map(({ change_type, actor, by_engine }) => [change_type, actor, by_engine])).toEqual([
    ['UPDATE', 'cal', true],
    ['DELETE', 'dee', true],
  ])
  expect(rows[0]?.change.change?.visibility_timeout).toBe(77)
})

test('has edits of regions and of drift policies too', async () => {
  await lab.user.run("UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'")
  await lab.user.run("INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')")
  await lab.user.run("UPDATE iasql_drift_policy SET policy = 'enforce'")
  await lab.user.run('DELETE FROM iasql_drift_policy')

  const rows = await log()

  expect(rows.map(({ table_name, change_type }) => `${table_name} ${change_type}`)).toEqual([
    'aws_regions UPDATE',
    'iasql_drift_policy INSERT',
    'iasql_drift_policy DELETE',
  ])
})

test('cannot be written or changed by a tenant, and takes no author from one', async () => {
  await expect(lab.user.run('DELETE FROM iasql_audit_log')).rejects.toThrow(/cannot delete|permission denied/)
  await expect(lab.user.run('DELETE FROM iasql_audit')).rejects.toThrow('permission denied')
  await lab.user.transaction(async (transaction) => {
    await transaction.query(
      `SELECT set_config('iasql.author', '{"actor"' || chr(58) || ' "somebody else"}', true)`,
    )
    await transaction.run("INSERT INTO queue (name) VALUES ('forged')")
  })

  expect(await log()).toMatchObject([{ actor: lab.tenant.writerRole, by_engine: false }])
})

test('writes times alike, whatever the session has set', async () => {
  await lab.user.run("INSERT INTO queue (name) VALUES ('clock')")
  await lab.call('iasql_apply')
  await lab.user.transaction(async (transaction) => {
    await transaction.run("SET LOCAL timezone = 'Asia/Tokyo'")
    await transaction.run("UPDATE queue SET delay_seconds = 1 WHERE name = 'clock'")
  })

  const last = (await log()).at(-1)
  expect(last?.change.change?.created_at).toMatch(/\+00:00$/)
  expect(last?.change.original?.created_at).toBe(last?.change.change?.created_at)
})

test('stays the sum of its changes when modules are uninstalled and installed again', async () => {
  await lab.call('iasql_uninstall', [['aws_sqs']])
  await lab.call('iasql_install', [['aws_sqs']])

  const [left] = await lab.user.query<{ count: number }>(
    `SELECT count(*) FILTER (WHERE change_type = 'INSERT') - count(*) FILTER (WHERE change_type = 'DELETE') AS count
     FROM iasql_audit_log WHERE table_name = 'queue'`,
  )
  const [rows] = await lab.user.query<{ count: number }>('SELECT count(*) AS count FROM queue')
  expect(left?.count).toBe(rows?.count)
})
