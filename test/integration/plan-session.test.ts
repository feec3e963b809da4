/** Looking, choosing and applying as a user types it, over the socket of a server in a process of its own. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient, type RunResult } from '../support/bare-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let client: BareClient

beforeAll(async () => {
  server = await startTestServer()
  client = await BareClient.open(server.url, server.token)
})
afterAll(async () => {
  client?.close()
  await server?.stop()
})

async function run(sql: string): Promise<RunResult['statements']> {
  const { statements } = await client.run(sql)
  return statements
}

const lastOf = async (sql: string) => (await run(sql)).at(-1)

test('a plan is a relation to choose from, explain and apply', async () => {
  await run(`SELECT * FROM iasql_install('aws_vpc', 'aws_sqs');
    INSERT INTO vpc (cidr_block, tags) VALUES ('10.80.0.0/16', '{"Name":"net"}');
    INSERT INTO subnet (vpc_id, cidr_block, availability_zone, tags)
      SELECT id, '10.80.1.0/24', 'us-east-1a', '{"Name":"sub"}' FROM vpc WHERE tags->>'Name' = 'net';
    INSERT INTO queue (name) VALUES ('jobs');`)

  const preview =
    await lastOf(`SELECT plan_id, natural_name, calls, risk, actor IS NOT NULL, edited_at <= now()
    FROM iasql_preview() ORDER BY change_id`)
  const [planId] = preview?.rows[0] ?? []
  expect(preview?.rows.map((row) => row.slice(1))).toEqual([
    ['jobs', '1', 'none', 't', 't'],
    ['sub', '1', 'none', 't', 't'],
    ['net', '1', 'none', 't', 't'],
  ])

  const skipped = await lastOf(`INSERT INTO iasql_plan_choice (plan_id, change_id, skip)
    SELECT plan_id, change_id, true FROM iasql_change WHERE plan_id = ${planId} AND table_name = 'vpc'`)
  expect(skipped?.tag).toBe('INSERT 0 1')

  const explained = await lastOf(`SELECT wave, natural_name, action, starts_ms, ends_ms, bound_by
    FROM iasql_explain_apply(plan_id => ${planId})`)
  expect(explained?.rows).toEqual([['1', 'jobs', 'create', '0', '1000', 'critical path: nothing']])
  expect(explained?.notices).toEqual([
    '1 change is left out by choice: create vpc net; 1 more, which cannot be done without: create subnet sub. The rows stay edited.',
  ])

  const applied = await lastOf(
    `SELECT action, table_name, description FROM iasql_apply(plan_id => ${planId})`,
  )
  expect(applied?.rows).toEqual([['create', 'queue', 'queue jobs']])
  expect(applied?.notices).toEqual(explained?.notices)
  expect((await lastOf(`SELECT stale FROM iasql_plan WHERE plan_id = ${planId}`))?.rows).toEqual([['f']])
})

test('a stale plan is refused with the rows that moved', async () => {
  const [planId] = (await lastOf('SELECT plan_id FROM iasql_preview() LIMIT 1'))?.rows[0] ?? []
  await run(`UPDATE vpc SET tags = '{"Name":"renamed"}' WHERE tags->>'Name' = 'net'`)

  const refused = await lastOf(`SELECT * FROM iasql_apply(${planId})`)

  expect(refused?.error).toMatchObject({ code: 'plan/stale', sqlstate: 'IQ003' })
  expect(refused?.error?.detail).toMatch(
    /^subnet sub: vpc net, which it refers to, was edited\nvpc net: edited again by \S+$/,
  )
})

test('a choice about nothing is refused at the statement', async () => {
  const refused = await lastOf('INSERT INTO iasql_plan_choice (plan_id, change_id) VALUES (4711, 1)')

  expect(refused?.error).toMatchObject({
    sqlstate: '23503',
    message: 'there is no plan 4711',
    hint: expect.stringContaining('iasql_preview()'),
  })
})
