/** Transactions and history as they are typed: each line a process of its own, against a server that is another one. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

const entry = fileURLToPath(new URL('../../cli/iasql.js', import.meta.url))
let server: TestServer
let sqs: SQSClient

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const iasql = (sql: string): Promise<Ended> =>
  promisify(execFile)(process.execPath, [entry, 'sql', '--format', 'csv', sql], {
    env: { PATH: process.env.PATH, IASQL_URL: server.url, IASQL_TOKEN: server.token },
  }).then(
    (output) => ({ code: 0, ...output }),
    ({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
  )

beforeAll(async () => {
  server = await startTestServer()
  sqs = new SQSClient(server.awsConfiguration)
  await iasql("SELECT count(*) FROM iasql_install('aws_sqs')")
})
afterAll(async () => {
  sqs?.destroy()
  await server?.stop()
})

const queues = async () => {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}))
  return QueueUrls.map((url) => url.split('/').at(-1)).sort()
}

test('a transaction is begun, committed, reviewed and reverted by one command after the other', async () => {
  const committed = "(SELECT transaction_id FROM iasql_transaction WHERE message = 'two queues')"
  const planned = 'SELECT action, table_name, description FROM iasql_preview() ORDER BY 3'

  const begun = await iasql(`
    SELECT count(*) AS begun FROM iasql_begin();
    INSERT INTO queue (name) VALUES ('orders'), ('bills');
    ${planned}`)
  const elsewhere = await iasql(planned)
  const commit = await iasql(
    "SELECT action, table_name, description FROM iasql_commit('two queues') ORDER BY 3",
  )
  const made = await queues()
  const reverted = await iasql(
    `SELECT action, table_name, description FROM iasql_revert(${committed}) ORDER BY 3`,
  )
  const after = await iasql(planned)
  const review = await iasql(
    "SELECT section, strpos(markdown, 'orders') > 0 AS told FROM iasql_create_review('Away', 'Nobody reads them.')",
  )
  const again = await iasql(`SELECT sql FROM iasql_get_sql_for_transaction(${committed})`)

  const rows = (action: string) =>
    `action,table_name,description\n${action},queue,queue bills\n${action},queue,queue orders\n`
  expect(begun).toEqual({ code: 0, stdout: `begun\n1\n${rows('create')}`, stderr: '' })
  expect(elsewhere).toMatchObject({ code: 0, stdout: 'action,table_name,description\n' })
  expect(elsewhere.stderr).toContain('2 changes are left out, being in the open transaction')
  // Each command is a session: the one that had begun was gone.
  expect(commit).toMatchObject({
    code: 0,
    stdout: rows('create'),
    stderr: expect.stringContaining('Taken over'),
  })
  expect(made).toEqual(['bills', 'orders'])
  expect(reverted).toEqual({ code: 0, stdout: rows('delete'), stderr: '' })
  expect(after).toEqual({ code: 0, stdout: rows('delete'), stderr: '' })
  expect(await queues()).toEqual(made)
  expect(review.stdout).toMatch(/^section,told\nsummary,\w\nsql,t\nplan,t\nrisks,\w\n$/)
  expect(again.stdout).toBe(
    [
      'sql',
      `"INSERT INTO queue (name, region) VALUES ('orders', 'us-east-1');"`,
      `"INSERT INTO queue (name, region) VALUES ('bills', 'us-east-1');"`,
      '',
    ].join('\n'),
  )
})

test.each([
  ['commit without begin', 'SELECT * FROM iasql_commit()', 'no transaction is open', 'iasql_begin()'],
  ['rollback without begin', 'SELECT * FROM iasql_rollback()', 'no transaction is open', 'iasql_begin()'],
  [
    'a time that is no time',
    "SELECT * FROM iasql_get_sql_since('half past')",
    'half past is no time',
    'now()',
  ],
  ['a transaction that is none', "SELECT * FROM iasql_revert('x')", 'no transaction "x"', 'iasql_audit_log'],
])('%s leaves with 1, an error and what to do about it', async (_, sql, message, hint) => {
  const { code, stdout, stderr } = await iasql(sql)

  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^ERROR: {2}.+\nHINT: {2}.+\n$/)
  expect(stderr).toContain(message)
  expect(stderr).toContain(hint)
})

test('begin inside begin leaves with 1, and the first transaction open', async () => {
  const twice = await iasql('SELECT message FROM iasql_begin(); SELECT message FROM iasql_begin()')
  const back = await iasql('SELECT count(*) AS undone FROM iasql_rollback()')

  expect(twice.code).toBe(1)
  expect(twice.stdout).toMatch(/^message\n"Transaction begun: [^\n]+\n$/)
  expect(twice.stderr).toMatch(
    /^ERROR: {2}this session has transaction [^\n]+ open already\nHINT: {2}End it first/,
  )
  expect(back).toMatchObject({ code: 0, stdout: 'undone\n0\n' })
})
