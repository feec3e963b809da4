/** A tenant at work is moved there and back over the wire: edits not yet applied, a secret, settings and history go with it. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '#cli/main.ts'
import { finishMoves } from '#operations/move/finish-moves.ts'
import { BareClient } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'
import { testTerminal } from '../support/terminal.ts'

let host: LiveHost
let token: string
let staging: BareClient

const rows = async (client: BareClient, sql: string) => {
  const { statements } = await client.run(sql)
  const failed = statements.find(({ error }) => error)
  if (failed?.error) throw new Error(`${failed.error.code}: ${failed.error.message}`)
  return statements.at(-1)?.rows ?? []
}
const comeIn = async () => {
  staging?.close()
  staging = await BareClient.open(host.serving.url, token)
}
const move = async (placement: string) => {
  const [moved] = await rows(
    host.client,
    `SELECT placement, state, problem FROM iasql_tenant_move('staging', '${placement}')`,
  )
  await comeIn()
  return moved
}

beforeAll(async () => {
  host = await startLiveHost()
  const [[made] = []] = await rows(host.client, "SELECT token FROM iasql_connect('staging')")
  token = made ?? ''
  await comeIn()
  await rows(staging, "SELECT * FROM iasql_install('aws_sqs', 'aws_secrets_manager')")
  await rows(staging, "INSERT INTO queue (name) VALUES ('orders'), ('undone'); SELECT * FROM iasql_apply()")
}, 120_000)
afterAll(async () => {
  staging?.close()
  await host?.stop()
})

/** What is the same wherever the tenant is; a preview makes a plan, whose number counts on. */
const memory = async () => ({
  history: await rows(staging, 'SELECT * FROM iasql_audit_log ORDER BY id'),
  sql: await rows(staging, 'SELECT sql FROM iasql_get_sql_since()'),
  settings: await rows(staging, 'SELECT * FROM iasql_setting ORDER BY name'),
  executions: await rows(staging, 'SELECT * FROM iasql_execution ORDER BY execution_id'),
  tokens: await rows(staging, 'SELECT name, role, created_at FROM iasql_token'),
  preview: await rows(
    staging,
    `SELECT action, table_name, id, description, natural_name, changed, reason, actor, edited_at
     FROM iasql_preview() ORDER BY action, table_name, natural_name`,
  ),
  own: await rows(staging, 'SELECT name, doubled(delay) FROM slow_queues ORDER BY name'),
})

test('what is remembered and what is still to be done is the same after a move, and an apply does it', async () => {
  await rows(staging, 'CREATE TABLE notes (name text PRIMARY KEY, delay int)')
  await rows(staging, "INSERT INTO notes VALUES ('orders', 30)")
  await rows(
    staging,
    'CREATE VIEW slow_queues AS SELECT q.name, n.delay FROM queue q LEFT JOIN notes n USING (name)',
  )
  await rows(staging, "CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2'")
  await rows(staging, "SELECT * FROM iasql_set('audit_retention_days', '730')")
  await rows(staging, "UPDATE queue SET delay_seconds = 30 WHERE name = 'orders'")
  await rows(staging, "DELETE FROM queue WHERE name = 'undone'")
  await rows(
    staging,
    "INSERT INTO secret (name, value, recovery_window_in_days) VALUES ('shop', 'correct-horse', 0)",
  )
  const before = await memory()

  const there = await move('dedicated')
  const moved = await memory()
  const back = await move('shared')
  const returned = await memory()
  await move('dedicated')

  expect([there, back]).toEqual([
    ['dedicated', 'active', null],
    ['shared', 'active', null],
  ])
  expect(before.preview.map(([action, table]) => `${action} ${table}`)).toEqual([
    'create secret',
    'delete queue',
    'update queue',
  ])
  expect(moved).toEqual(before)
  expect(returned).toEqual(before)

  const applied = await rows(staging, 'SELECT action, table_name FROM iasql_apply() ORDER BY 1, 2')

  const secrets = new SecretsManagerClient(host.awsConfiguration)
  expect(applied).toEqual([
    ['create', 'secret'],
    ['delete', 'queue'],
    ['update', 'queue'],
  ])
  expect(await rows(staging, 'SELECT count(*) FROM iasql_preview()')).toEqual([['0']])
  expect((await secrets.send(new GetSecretValueCommand({ SecretId: 'shop' }))).SecretString).toBe(
    'correct-horse',
  )
}, 180_000)

test('who is connected is told, and finds everything when they come again', async () => {
  await rows(host.client, "SELECT * FROM iasql_tenant_move('staging', 'shared')")

  expect(await staging.closed()).toBeGreaterThan(0)
  const told = staging.messages.map(
    ({ error }) => (error as { code?: string; hint?: string } | undefined)?.hint,
  )
  expect(told.at(-1)).toContain('in a moment')
  await comeIn()
  expect(await rows(staging, 'SELECT name FROM notes')).toEqual([['orders']])
}, 60_000)

test('a statement that runs keeps its tenant where it is', async () => {
  const runId = crypto.randomUUID()
  staging.send({ action: 'run', runId, sql: 'SELECT pg_sleep(40)' })
  await staging.until((message) => message.type === 'accepted' && message.runId === runId)

  const refused = await rows(host.client, "SELECT * FROM iasql_tenant_move('staging', 'dedicated')").catch(
    String,
  )
  staging.send({ action: 'cancel', runId })
  await staging.finished(runId)

  expect(refused).toContain(`staging is at work: run ${runId}`)
}, 60_000)

test('the same by the command line', async () => {
  const terminal = testTerminal()
  const server = ['--url', host.serving.url, '--token', host.token, '--format', 'csv']

  const code = await main(['tenants', 'move', 'staging', 'dedicated', ...server], terminal)

  expect(code).toBe(0)
  expect(terminal.out()).toContain('staging,dedicated,active')
}, 60_000)

test('a move that nobody is at work on goes on in a runner that the sweep starts', async () => {
  const { platform } = host.database
  await platform.run("UPDATE iasql_platform.tenant SET state = 'moving' WHERE alias = 'staging'")
  await platform.run(
    `INSERT INTO iasql_platform.tenant_move (tenant_id, placement, source_database, target_database, phase)
     SELECT tenant_id, 'shared', database_name, current_database(), 'copying' FROM iasql_platform.tenant WHERE alias = 'staging'`,
  )

  await finishMoves(host.serving.ports)

  const placement = () =>
    rows(host.client, "SELECT placement, state FROM iasql_db_list() WHERE alias = 'staging'")
  await expect.poll(placement, { timeout: 60_000 }).toEqual([['shared', 'active']])
  await comeIn()
  expect(await rows(staging, 'SELECT name FROM notes')).toEqual([['orders']])
}, 90_000)
