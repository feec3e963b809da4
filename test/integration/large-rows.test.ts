/** Rows larger than the Data API carries in one piece go through every part of the product. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_sqs']])
})

afterAll(() => lab.close())

/** A policy of about 48 KB of which every character takes two bytes; AWS takes up to 64 KB. */
const policy = (team: string) => ({
  Version: '2012-10-17',
  Statement: Array.from({ length: 60 }, (_, index) => ({
    Sid: `${team}${index}`,
    Effect: 'Allow',
    Principal: '*',
    Action: 'sqs:SendMessage',
    Resource: '*',
    Condition: { StringEquals: { 'aws:PrincipalTag/team': `${team} ${'ü'.repeat(300)}` } },
  })),
})

test('a row whose documents exceed 64 KiB together is previewed, applied, edited and synced', async () => {
  await lab.user.run(`INSERT INTO queue (name, policy) VALUES ('large', :policy::jsonb)`, {
    policy: JSON.stringify(policy('search')),
  })

  const [preview] = await lab.call('iasql_preview')
  const created = await lab.call('iasql_apply', [preview?.plan_id ?? null, false, true, 'wait'])
  await lab.user.run('UPDATE queue SET policy = :policy::jsonb', { policy: JSON.stringify(policy('ads')) })
  const updated = await lab.call('iasql_apply')
  const synced = await lab.call('iasql_sync')

  expect([...created, ...updated].map(({ action }) => action)).toEqual(['create', 'update'])
  expect(synced).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('many such rows are planned together', async () => {
  await lab.user.run(
    `INSERT INTO queue (name, policy) SELECT 'large-' || n, :policy::jsonb FROM generate_series(1, 30) n`,
    { policy: JSON.stringify(policy('maps')) },
  )

  const planned = await lab.call('iasql_preview')

  expect(new Set(planned.map(({ natural_name }) => natural_name)).size).toBe(30)
})

test('a value that no call could carry is refused at the statement, also where it compresses well', async () => {
  const refused = (sql: string) =>
    expect(lab.user.run(sql)).rejects.toThrow('policy of queue is larger than 256 KiB')

  await refused(
    `INSERT INTO queue (name, policy) VALUES ('over', jsonb_build_object('a', repeat('x', 300000)))`,
  )
  await refused(`UPDATE queue SET policy = jsonb_build_object('a', repeat('ü', 200000)) WHERE name = 'large'`)

  await lab.user.run(`UPDATE queue SET policy = policy WHERE name = 'large'`)
})

test('a stored row that is larger than a result is dealt with, and keeps nobody else from being planned', async () => {
  const { tenant, ports } = lab
  await lab.user.run(`DELETE FROM queue WHERE name LIKE 'large-%'`)
  await lab.user.run(`INSERT INTO queue (name) VALUES ('huge'), ('innocent')`)
  await ports.platform.run(
    `UPDATE ${tenant.schema}.queue SET policy = jsonb_build_object('a', repeat('x', 1100000)) WHERE name = 'huge'`,
  )

  const planned = await lab.call('iasql_preview')
  const applied = await lab.call('iasql_apply')
  const synced = await lab.call('iasql_sync')

  expect(planned.map(({ natural_name }) => natural_name)).toEqual(['huge', 'innocent'])
  expect(applied.map(({ description }) => description).sort()).toEqual(['queue huge', 'queue innocent'])
  expect(synced).toEqual([])
})
