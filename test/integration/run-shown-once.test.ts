import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { replayEvents } from '#operations/events/replay-events.ts'
import { acceptRun } from '#operations/run/accept-run.ts'
import { forgetUnshown } from '#operations/secrets/forget-unshown.ts'
import { openRunLab, type RunLab } from '#test/support/run-lab.ts'

const value = 'wJalr/XUtnFEMI+"K7MDENG", bPx'
let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
  await lab.offer({
    name: 'key_request',
    module: 'test',
    kind: 'action',
    role: 'viewer',
    arguments: [{ name: 'who', type: 'text' }],
    columns: [
      { name: 'key_id', type: 'text' },
      { name: 'key', type: 'text', secret: true },
    ],
    description: 'Makes a key.',
    sampleUsage: "SELECT * FROM key_request('ann')",
    answer: (_ports, call) => ({ kind: 'rows', rows: [{ key_id: `of ${call.arguments[0]}`, key: value }] }),
  })
})
afterAll(() => lab?.close())
beforeEach(() => {
  lab.calls.length = 0
  lab.onPost = () => 'sent'
})

/** All that the tenant's schema holds, as it is on disk. */
const everything = async (): Promise<string> => {
  const { schema } = lab.tenant
  const tables = await lab.db.platform.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_catalog.pg_class c
     WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind = 'r'`,
    { schema },
  )
  const all = tables.map(({ name }) =>
    lab.db.platform.query(`SELECT left(x::text, 30000) AS body FROM ${schema}."${name}" x LIMIT 100`),
  )
  return JSON.stringify(await Promise.all(all))
}
const sealedEvents = async (): Promise<number> => {
  const [found] = await lab.db.platform.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${lab.tenant.schema}.iasql_event
     WHERE body ? 'once' AND body ? 'sealed'`,
  )
  return found?.count ?? -1
}
const replayed = async (runId: string) => {
  const { connectionId } = await lab.session()
  lab.posted.length = 0
  await replayEvents(lab.ports, lab.tenant, { runId, connectionId, actor: 'tester', afterSeq: 0 })
  return lab.posted.filter((message) => message.connectionId === connectionId)
}
/** A run whose client is gone before its rows come. */
const runUnseen = async (): Promise<string> => {
  const runId = randomUUID()
  lab.onPost = (message) => (message.type === 'accepted' ? 'sent' : 'gone')
  await acceptRun(lab.ports, await lab.session(), {
    runId,
    sql: "SELECT * FROM key_request('eve')",
    options: {},
  })
  await expect
    .poll(async () => {
      const [run] = await lab.db.platform.query<{ state: string }>(
        `SELECT state FROM ${lab.tenant.schema}.iasql_run WHERE run_id = :runId::uuid`,
        { runId },
      )
      return run?.state
    })
    .toBe('succeeded')
  lab.onPost = () => 'sent'
  return runId
}

test('a secret reaches the client as it is, and nothing in the database ever has it', async () => {
  const result = await lab.run("SELECT key, key_id AS id FROM key_request('ann')")

  expect(result.statements[0]?.rows).toEqual([[value, 'of ann']])
  expect(lab.calls).toHaveLength(1)
  expect(await everything()).not.toContain('XUtnFEMI')
})

test('columns may have other names, and arguments be named', async () => {
  const result = await lab.run(
    `SELECT k.made, k.* FROM ${lab.tenant.schema}.key_request(who => 'ann'::text) AS k (id, made)`,
  )

  expect(result.statements[0]?.rows).toEqual([[value, 'of ann', value]])
})

test('what a client has is deleted, and who comes back for it is told so', async () => {
  const { runId } = await lab.run("SELECT * FROM key_request('bob')")
  await expect.poll(sealedEvents).toBe(0)

  const messages = await replayed(runId)

  expect(messages.map(({ type }) => type)).toEqual(['accepted', 'columns', 'notice', 'complete', 'done'])
  expect(JSON.stringify(messages)).not.toContain('XUtnFEMI')
})

test('a client that lost its connection gets the secret when it comes back, once', async () => {
  const runId = await runUnseen()

  const first = await replayed(runId)
  const second = await replayed(runId)

  expect(first.find(({ type }) => type === 'rows')?.rows).toEqual([['of eve', value]])
  expect(second.map(({ type }) => type)).toContain('notice')
  expect(JSON.stringify(second)).not.toContain('XUtnFEMI')
})

test('what nobody came for in 15 minutes is shown no more, and the next sweep deletes it', async () => {
  const runId = await runUnseen()
  await lab.db.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_event SET at = at - interval '16 minutes' WHERE run_id = :runId::uuid`,
    { runId },
  )

  const late = await replayed(runId)
  await forgetUnshown(lab.ports)

  expect(JSON.stringify(late)).not.toContain('XUtnFEMI')
  expect(late.map(({ type }) => type)).toContain('notice')
  expect(await sealedEvents()).toBe(0)
})

test.each([
  "SELECT upper(key) FROM key_request('ann')",
  "SELECT (key_request('ann')).*",
  "WITH k AS (SELECT * FROM key_request('ann')) SELECT * FROM k",
  "SELECT k.* FROM key_request('ann') k JOIN key_request('ann') o USING (key)",
  "CREATE TABLE kept AS SELECT * FROM key_request('ann')",
  "DO $$ BEGIN PERFORM * FROM key_request('ann'); END $$",
  "SELECT * FROM key_request('ann') WHERE key LIKE 'w%'",
  "SELECT * FROM key_request('ann') UNION ALL SELECT 'a', 'b'",
  "SELECT (SELECT key FROM key_request('ann'))",
  "SELECT * FROM lower((SELECT key FROM key_request('ann')))",
  "SELECT * FROM key_request(lower((SELECT key FROM key_request('ann'))))",
  "SELECT * FROM key_request((SELECT key FROM key_request('ann')))",
  "SELECT * FROM ROWS FROM (key_request('ann'), generate_series(1, 2))",
  "SELECT k FROM key_request('ann') k",
  "SELECT key_request FROM key_request('ann')",
])('%s is refused before anything is done', async (sql) => {
  const result = await lab.run(sql)

  expect(result.statements[0]?.error).toMatchObject({
    code: 'sql/unsupported',
    message:
      'key_request() gives a secret that is shown once, so it runs only as SELECT … FROM key_request(…)',
  })
  expect(lab.calls).toHaveLength(0)
})

test('a limit on the rows that are sent keeps no page of a secret', async () => {
  const result = await lab.run("SELECT * FROM key_request('ann')", { maxRows: 0 })

  expect(result.statements[0]?.rows).toEqual([['of ann', value]])
  expect(await everything()).not.toContain('XUtnFEMI')
})

test('an error that quotes the statement is stored encrypted, and comes back whole', async () => {
  const { runId, statements } = await lab.run("SELECT 'canary-in-error'::int")

  const messages = await replayed(runId)

  expect(statements[0]?.error?.message).toContain('canary-in-error')
  expect(await everything()).not.toContain('canary-in-error')
  expect(messages.find(({ type }) => type === 'error')).toMatchObject({
    error: { message: statements[0]?.error?.message },
  })
})

test('a text that does not parse is quoted by its error alone, which is stored encrypted', async () => {
  const { statements } = await lab.run('SELECT 1 AS one canary_in_syntax')

  expect(statements[0]?.error?.message).toContain('canary_in_syntax')
  expect(await everything()).not.toContain('canary_in_syntax')
})
