/** What was written into a secret column before is taken back with the rest of its row, for as long as it is kept. */
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { purgeExpired } from '#operations/retention/purge-expired.ts'
import type { RunResult } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost
let secrets: SecretsManagerClient

beforeAll(async () => {
  host = await startLiveHost()
  secrets = new SecretsManagerClient(host.awsConfiguration)
  await host.client.run("SELECT * FROM iasql_install('aws_secrets_manager')")
})
afterAll(async () => {
  secrets?.destroy()
  await host?.stop()
})
beforeEach(async () => {
  await host.client.run('DELETE FROM secret; SELECT * FROM iasql_apply()')
  await run(insert('shop', 'first'), 'SELECT * FROM iasql_apply()')
})

const insert = (name: string, value: string): string =>
  `INSERT INTO secret (name, value, recovery_window_in_days) VALUES ('${name}', '${value}', 0)`
async function run(...statements: readonly string[]): Promise<RunResult> {
  const result = await host.client.run(statements.join('; '))
  expect(result.statements.flatMap(({ error }) => error ?? [])).toEqual([])
  return result
}
const errorOf = (result: RunResult) => result.statements.find(({ error }) => error)?.error
const valueIn = async (name: string): Promise<string | undefined> =>
  (await secrets.send(new GetSecretValueCommand({ SecretId: name }))).SecretString
/** Of the edit that set a value last. */
const latest = async (): Promise<string> => {
  const { statements } = await run(
    `SELECT transaction_id FROM iasql_audit_log
     WHERE table_name = 'secret' AND NOT by_engine ORDER BY id DESC LIMIT 1`,
  )
  return statements[0]?.rows[0]?.[0] ?? ''
}

test('a rollback gives the row the value that it had', async () => {
  await run(
    'SELECT * FROM iasql_begin()',
    "UPDATE secret SET value = 'second'",
    'SELECT * FROM iasql_rollback()',
  )

  const { statements } = await run('SELECT * FROM iasql_preview()')
  await run("UPDATE secret SET description = 'of the shop'", 'SELECT * FROM iasql_apply()')

  expect(statements[0]?.rows).toEqual([])
  expect(await valueIn('shop')).toBe('first')
})

test('a revert sends the value of before', async () => {
  await run("UPDATE secret SET value = 'second'", 'SELECT * FROM iasql_apply()')
  const id = await latest()
  expect(await valueIn('shop')).toBe('second')

  await run(`SELECT * FROM iasql_revert('${id}')`, 'SELECT * FROM iasql_apply()')

  expect(await valueIn('shop')).toBe('first')
})

test('a revert of a deletion makes the secret again, with its value', async () => {
  await run('DELETE FROM secret', 'SELECT * FROM iasql_apply()')
  const id = await latest()

  await run(`SELECT * FROM iasql_revert('${id}')`, 'SELECT * FROM iasql_apply()')

  expect(await valueIn('shop')).toBe('first')
})

test('a commit that fails gives row and cloud the value of before', async () => {
  const refused = await host.client.run(
    `SELECT * FROM iasql_begin(); UPDATE secret SET value = 'second' WHERE name = 'shop';
     ${insert('bad', 'third').replace('(name,', '(replica_regions, name,').replace('VALUES (', `VALUES ('["us-east-1"]', `)};
     SELECT * FROM iasql_commit()`,
  )

  const { statements } = await run('SELECT name FROM secret')
  const plan = await run('SELECT * FROM iasql_preview()')

  expect(errorOf(refused)?.sqlstate).toBe('IQ002')
  expect(statements[0]?.rows).toEqual([['shop']])
  expect(plan.statements[0]?.rows).toEqual([])
  expect(await valueIn('shop')).toBe('first')
})

test('a commit that fails leaves the value of a secret that nobody here knows', async () => {
  await secrets.send(new CreateSecretCommand({ Name: 'imported', SecretString: 'theirs' }))
  await run('SELECT * FROM iasql_sync()')

  const refused = await host.client.run(
    `SELECT * FROM iasql_begin(); UPDATE secret SET value = 'ours' WHERE name = 'imported';
     ${insert('bad', 'third').replace('(name,', '(replica_regions, name,').replace('VALUES (', `VALUES ('["us-east-1"]', `)};
     SELECT * FROM iasql_commit()`,
  )

  expect(errorOf(refused)?.sqlstate).toBe('IQ002')
  expect(await valueIn('imported')).toBe('theirs')
})

/** What is written so far is a month old, and what is kept no longer goes. */
async function passMonth(): Promise<void> {
  const { platform } = host.database
  const [tenant] = await platform.query<{ schema: string }>(
    'SELECT schema_name AS schema FROM iasql_platform.tenant',
  )
  await platform.run(`UPDATE ${tenant?.schema}.iasql_secret SET at = at - interval '31 days'`)
  await platform.run(`UPDATE ${tenant?.schema}.iasql_audit SET ts = ts - interval '31 days'`)
  await purgeExpired(host.serving.ports)
}

test('a revert gives back a value of long ago that was replaced just now', async () => {
  await passMonth()
  await run("UPDATE secret SET value = 'second'", 'SELECT * FROM iasql_apply()')
  const id = await latest()
  await purgeExpired(host.serving.ports)

  await run(`SELECT * FROM iasql_revert('${id}')`, 'SELECT * FROM iasql_apply()')

  expect(await valueIn('shop')).toBe('first')
})

test('what an open transaction has replaced can be given back, however long it has been open', async () => {
  const begun = await run('SELECT transaction_id FROM iasql_begin()', "UPDATE secret SET value = 'second'")
  await run('SELECT * FROM iasql_apply()')
  await passMonth()

  await run('SELECT * FROM iasql_rollback()')
  await run(
    `SELECT * FROM iasql_revert('${begun.statements[0]?.rows[0]?.[0]}')`,
    'SELECT * FROM iasql_apply()',
  )

  expect(await valueIn('shop')).toBe('first')
})

test('a revert says that it cannot where the value is kept no longer', async () => {
  await run("UPDATE secret SET value = 'second'", 'SELECT * FROM iasql_apply()')
  const id = await latest()
  await passMonth()

  const refused = await host.client.run(`SELECT * FROM iasql_revert('${id}')`)

  expect(errorOf(refused)?.message).toMatch(
    /value of secret cannot be restored: the value behind secret:\d+ is kept no longer/,
  )
  expect(await valueIn('shop')).toBe('second')
})

test('a secret of that name which somebody else made is taken over with the value of the row', async () => {
  await secrets.send(new CreateSecretCommand({ Name: 'theirs', SecretString: 'old' }))
  await run(insert('theirs', 'ours'), 'SELECT * FROM iasql_preview()', 'SELECT * FROM iasql_apply()')

  expect(await valueIn('theirs')).toBe('ours')
})
