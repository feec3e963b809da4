import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient } from '../support/bare-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let client: BareClient

beforeAll(async () => {
  server = await startTestServer()
  client = await BareClient.open(server.url, server.token)
  const installed = await client.run("SELECT * FROM iasql_install('aws_vpc', 'aws_sqs')")
  expect(installed.state).toBe('succeeded')
})

afterAll(async () => {
  client?.close()
  await server?.stop()
})

const errorOf = async (sql: string) => (await client.run(sql)).statements.at(-1)?.error

test('runs nothing of a text with a syntax error, and points into it', async () => {
  const sql = 'CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\nSELEC 1;\nSELECT 2;\nSELECT 3'

  const result = await client.run(sql)
  const after = await client.run("SELECT to_regclass('a')::text")

  const error = result.statements[0]?.error
  expect(error?.sqlstate).toBe('42601')
  expect(error?.position).toBe(sql.indexOf('SELEC 1') + 1)
  expect(result.statements[0]?.statement).toBe(2)
  expect(result.state).toBe('failed')
  expect(after.statements[0]?.rows).toEqual([[null]])
})

test('names the nearest modules for one it does not know', async () => {
  const error = await errorOf("SELECT * FROM iasql_install('aws_sqz')")

  expect(error?.sqlstate).toBe('IQ008')
  expect(`${error?.message} ${error?.hint}`).toContain('aws_sqs')
})

test('says that a module is there already, without an error', async () => {
  const result = await client.run("SELECT * FROM iasql_install('aws_sqs')")

  expect(result.state).toBe('succeeded')
  expect(result.statements[0]?.rows).toEqual([])
  expect(result.statements[0]?.notices.join()).toContain('aws_sqs')
})

test.each([
  ['DROP TABLE queue', '42501', 'must be owner of table queue'],
  ['ALTER TABLE queue ADD COLUMN x int', '42501', 'must be owner of table queue'],
  [
    "INSERT INTO availability_zone (name) VALUES ('x')",
    '42501',
    'permission denied for table availability_zone',
  ],
  ['DELETE FROM iasql_module', '42501', 'permission denied for table iasql_module'],
])('refuses %s as PostgreSQL does', async (sql, sqlstate, message) => {
  expect(await errorOf(sql)).toMatchObject({ sqlstate, message })
})

test('says what to do instead where a right is missing', async () => {
  expect(await errorOf('TRUNCATE queue')).toMatchObject({
    sqlstate: '42501',
    hint: expect.stringContaining('DELETE'),
  })
  expect(await errorOf('DELETE FROM availability_zone')).toMatchObject({
    sqlstate: '42501',
    hint: expect.stringContaining('only read here'),
  })
  expect(await errorOf('CREATE TABLE mine (vpc bigint REFERENCES vpc)')).toMatchObject({
    sqlstate: '42501',
    hint: expect.stringContaining('No foreign key of yours'),
  })
  expect(await errorOf('SELECT * FROM iasql_run')).toMatchObject({
    sqlstate: '42501',
    hint: expect.stringContaining('for iasql alone'),
  })
})

test('applies the rest when AWS refuses a row, says what AWS said, and keeps the change in the plan', async () => {
  const result = await client.run(
    `
    INSERT INTO vpc (cidr_block, tags) VALUES ('10.7.0.0/16', '{"Name":"narrow"}');
    INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
      SELECT id, '10.99.0.0/24', 'us-east-1a' FROM vpc WHERE tags->>'Name' = 'narrow';
    INSERT INTO queue (name) VALUES ('beside');
    SELECT * FROM iasql_apply();
  `,
  )
  const state = await client.run(`
    SELECT vpc_id IS NOT NULL FROM vpc WHERE tags->>'Name' = 'narrow';
    SELECT url IS NOT NULL FROM queue WHERE name = 'beside';
    SELECT action, table_name FROM iasql_preview();
  `)

  const error = result.statements[3]?.error
  expect(error?.sqlstate).toBe('IQ001')
  expect(error?.message).toMatch(/InvalidSubnet|CIDR/)
  expect(error?.message).toMatch(/[Rr]equest/)
  expect(error?.hint).toContain('iasql_execution')
  expect(state.statements.map((statement) => statement.rows)).toEqual([
    [['t']],
    [['t']],
    [['create', 'subnet']],
  ])
})

test('refuses a function with effects after writes of its own transaction', async () => {
  const error = await errorOf(
    "DO $$ BEGIN INSERT INTO queue (name) VALUES ('late'); PERFORM * FROM iasql_apply(); END $$",
  )

  expect(error?.sqlstate).toBe('25001')
  expect(error?.hint).toContain('its own statement')
})

test.each([
  ['{"action":', 'protocol/bad-json'],
  [{ action: 'dance' }, 'protocol/unknown-action'],
  [{ action: 'run', runId: 'not a uuid', sql: 'SELECT 1' }, 'protocol/bad-field'],
  [{ action: 'resume', runId: randomUUID(), afterSeq: 0 }, 'protocol/unknown-run'],
])('answers %j with a code and keeps the socket open', async (message, code) => {
  const other = await BareClient.open(server.url, server.token)

  other.send(message)
  const answer = await other.until((candidate) => candidate.type === 'error')
  other.send({ action: 'ping' })
  await other.until((candidate) => candidate.type === 'pong')

  expect((answer.error as { code: string }).code).toBe(code)
  other.close()
})

test('closes the socket with 1009 on a message above the limit of the gateway', async () => {
  const other = await BareClient.open(server.url, server.token)

  other.send({ action: 'run', runId: randomUUID(), sql: `SELECT '${'x'.repeat(40_000)}'` })

  expect(await other.closed()).toBe(1009)
})

test('refuses SQL above 4 MiB and keeps the socket open', async () => {
  const runId = randomUUID()
  const text = 'x'.repeat(28_000)

  for (let index = 0; index < 155; index++) client.send({ action: 'part', runId, index, count: 155, text })
  const answer = await client.until((message) => message.runId === runId && message.type === 'error', 60_000)

  expect((answer.error as { code: string }).code).toBe('protocol/too-large')
  expect((await client.run('SELECT 1')).state).toBe('succeeded')
})

test.each([['wrong'], [undefined]])('refuses the token %s', async (token) => {
  await expect(BareClient.open(server.url, token)).rejects.toThrow(/40[13]/)
})
