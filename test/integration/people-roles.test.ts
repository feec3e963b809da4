/** Four roles through the front door, each from both sides: what it may do, and what it is refused. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '#engine/model/rpc.ts'
import { oidcIdentity } from '#operations/people/oidc-identity.ts'
import { BareClient, type StatementResult } from '../support/bare-client.ts'
import { personClaims, startTestIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

const roles: readonly Role[] = ['viewer', 'editor', 'operator', 'owner']
let issuer: TestIssuer
let host: LiveHost
let byToken: Record<Role, BareClient>
let byPerson: Record<Role, BareClient>

const run = async (client: BareClient, sql: string): Promise<StatementResult> => {
  const { statements } = await client.run(sql)
  const [first] = statements
  if (!first) throw new Error(`no result of ${sql}`)
  return first
}
const addressOf = (role: Role): string => `${role}@example.com`
const asToken = async (role: Role): Promise<BareClient> => {
  const { rows } = await run(host.client, `SELECT token FROM iasql_token_create('${role}-token', '${role}')`)
  return BareClient.open(host.serving.url, rows[0]?.[0] ?? 'none')
}
const asPerson = async (role: Role): Promise<BareClient> => {
  await run(host.client, `SELECT * FROM iasql_member_add('${addressOf(role)}', '${role}')`)
  return BareClient.open(host.serving.url, await issuer.sign(personClaims(role, addressOf(role))))
}
const each = async (open: (role: Role) => Promise<BareClient>): Promise<Record<Role, BareClient>> => ({
  viewer: await open('viewer'),
  editor: await open('editor'),
  operator: await open('operator'),
  owner: await open('owner'),
})

beforeAll(async () => {
  issuer = await startTestIssuer()
  host = await startLiveHost({ identity: oidcIdentity({ issuer: issuer.url, audiences: [testAudience] }) })
  await run(host.client, "SELECT * FROM iasql_install('aws_sqs', 'aws_iam')")
  byToken = await each(asToken)
  byPerson = await each(asPerson)
})
afterAll(async () => {
  for (const client of [...Object.values(byToken ?? {}), ...Object.values(byPerson ?? {})]) client.close()
  await host?.stop()
  await issuer?.close()
})

/** The least role that may, and what the others are refused with. */
const deeds: readonly (readonly [deed: string, least: Role, sql: string, code: string])[] = [
  ['reads rows', 'viewer', 'SELECT count(*) FROM queue', ''],
  ['calls what reads', 'viewer', 'SELECT count(*) FROM iasql_get_sql_since()', ''],
  ['looks who else there is', 'viewer', 'SELECT count(*) FROM iasql_member', ''],
  [
    'changes rows',
    'editor',
    "UPDATE queue SET visibility_timeout = 31 WHERE name = 'none'",
    'sql/statement-failed',
  ],
  ['makes tables of its own', 'editor', 'CREATE TABLE IF NOT EXISTS notes (n int)', 'sql/statement-failed'],
  ['previews', 'editor', 'SELECT count(*) FROM iasql_preview()', 'auth/role'],
  ['applies', 'operator', 'SELECT count(*) FROM iasql_apply()', 'auth/role'],
  ['syncs', 'operator', "SELECT count(*) FROM iasql_sync('queue')", 'auth/role'],
  ['installs', 'operator', "SELECT count(*) FROM iasql_install('aws_sqs')", 'auth/role'],
  ['acts in the cloud', 'operator', "SELECT accesskeyid FROM access_key_request('nobody')", 'auth/role'],
  ['changes settings', 'owner', "SELECT * FROM iasql_set('run_retention_days', '8')", 'auth/role'],
  ['lets people in', 'owner', "SELECT * FROM iasql_member_add('new@example.com', 'viewer')", 'auth/role'],
  ['makes tokens', 'owner', "SELECT name FROM iasql_token_create('made', 'owner')", 'auth/role'],
  ['revokes tokens', 'owner', "SELECT name FROM iasql_token_revoke('made')", 'auth/role'],
]

describe.each([
  ['a token', () => byToken],
  ['a person', () => byPerson],
])('%s', (_, clients) => {
  test.each(deeds)('%s from the role %s on', async (_deed, least, sql, code) => {
    const outcomes = await Promise.all(
      roles.map(async (role) => ({ role, error: (await run(clients()[role], sql)).error })),
    )

    const rank = roles.indexOf(least)
    const refused = outcomes.slice(0, rank)
    expect(refused.map(({ error }) => error?.code)).toEqual(refused.map(() => code))
    expect(refused.map(({ error }) => error?.sqlstate)).toEqual(refused.map(() => '42501'))
    const isOfRole = ({ code: of = '', sqlstate = '' } = {}): boolean =>
      of === 'auth/role' || sqlstate === '42501'
    expect(outcomes.slice(rank).filter(({ error }) => isOfRole(error))).toEqual([])
  })
})

test('a viewer cannot write however the text is put', async () => {
  for (const sql of [
    "DO $$ BEGIN INSERT INTO queue (name) VALUES ('sneaked'); END $$",
    "WITH w AS (INSERT INTO queue (name) VALUES ('sneaked') RETURNING 1) SELECT * FROM w",
    'BEGIN; SET TRANSACTION READ WRITE; DELETE FROM queue; COMMIT',
    'SET ROLE NONE',
    'CREATE TABLE mine (n int)',
  ]) {
    const { statements } = await byToken.viewer.run(sql)
    const errors = statements.flatMap(({ error }) => error ?? [])
    expect([sql, errors[0]?.sqlstate]).toEqual([sql, '42501'])
  }
})

test('a viewer reads no table that editors kept from viewers, and is told who can let them', async () => {
  const reader = (await run(byToken.viewer, 'SELECT current_user')).rows[0]?.[0]
  await run(byToken.editor, 'CREATE TABLE wages AS SELECT 1 AS n')
  await run(byToken.editor, `REVOKE SELECT ON wages FROM ${reader}`)
  await run(byToken.viewer, "DO $$ BEGIN EXECUTE 'DROP OWNED BY current_user'; END $$")
  await byToken.viewer.run('SELECT n FROM wages')

  const { statements } = await byToken.viewer.run('SELECT n FROM wages')

  expect(statements[0]?.error).toMatchObject({
    sqlstate: '42501',
    hint: `It is kept from readers; an editor can let them in: GRANT SELECT ON wages TO ${reader}`,
  })
})

test('what people and tokens do is told under their own names, whatever their statements claim', async () => {
  await run(
    byPerson.editor,
    'SELECT set_config(\'iasql.author\', \'{"actor": "owner@example.com"}\', false); ',
  )
  const { statements } = await byPerson.editor.run(
    `BEGIN; SELECT set_config('iasql.author', '{"actor": "owner@example.com"}', true);
     INSERT INTO queue (name) VALUES ('by-a-person'); COMMIT`,
  )
  await run(byToken.editor, "INSERT INTO queue (name) VALUES ('by-a-token')")

  const told = await run(
    host.client,
    `SELECT change #>> '{change,name}', actor FROM iasql_audit_log
     WHERE table_name = 'queue' AND change_type = 'INSERT' ORDER BY id`,
  )

  expect(statements.flatMap(({ error }) => error ?? [])).toEqual([])
  expect(told.rows).toEqual([
    ['by-a-person', 'editor@example.com'],
    ['by-a-token', 'editor-token'],
  ])
})

test('the one who asks is told the text of a token once, and whoever follows the run later is not', async () => {
  const result = await host.client.run("SELECT * FROM iasql_token_create('once', 'viewer')")
  const text = result.statements[0]?.rows[0]?.at(-1) ?? ''

  const other = await BareClient.open(host.serving.url, host.token)
  other.send({ action: 'resume', runId: result.runId, afterSeq: 0 })
  const again = await other.finished(result.runId)
  other.close()

  expect(text).toMatch(/^iasql_/)
  expect(JSON.stringify(again.messages)).not.toContain(text)
  const composed = await run(host.client, "SELECT upper(token) FROM iasql_token_create('twice', 'viewer')")
  expect(composed.error?.message).toMatch(/shown once/)
})

const newToken = async (): Promise<string> => {
  const { rows } = await run(host.client, "SELECT token FROM iasql_token_create('leaving', 'editor')")
  return rows[0]?.[0] ?? ''
}
const newPerson = async (): Promise<string> => {
  await run(host.client, "SELECT * FROM iasql_member_add('u-leaving', 'editor')")
  return await issuer.sign(personClaims('u-leaving', 'leaving@example.com'))
}

test.each([
  ['a token', newToken, "SELECT * FROM iasql_token_revoke('leaving')"],
  ['a person, who goes by another name', newPerson, "SELECT * FROM iasql_member_remove('u-leaving')"],
])(
  'what %s has running ends when they are taken away, even if they are not there',
  async (_, enter, remove) => {
    const client = await BareClient.open(host.serving.url, await enter())
    const runId = randomUUID()
    client.send({ action: 'run', runId, sql: 'SELECT pg_sleep(20); SELECT pg_sleep(20)' })
    await client.until(({ type }) => type === 'accepted')
    client.close()
    await client.closed()

    await run(host.client, remove)

    host.client.send({ action: 'resume', runId, afterSeq: 0 })
    const { state } = await host.client.finished(runId)
    expect(state).toBe('cancelled')
  },
)
