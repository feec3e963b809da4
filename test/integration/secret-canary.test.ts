/** What a user writes into a secret column is nowhere on the disk of the server, whatever becomes of the statement. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateUserCommand, GetLoginProfileCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { main } from '#cli/main.ts'
import { connect, type IasqlClient } from '#websocket/client.ts'
import { type Message, resultsOf, type StatementResult } from '../support/bare-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { testTerminal } from '../support/terminal.ts'

/** Random, so that compression leaves it as it is but for a byte of its own after every eight. */
const random = (): string => randomBytes(24).toString('base64url')
const canary = `canary.${random()}`
/** Written where everybody may read it: what finds this one would find the other. */
const open = `open.${random()}`
let server: TestServer
let client: IasqlClient
let home: string
/** All that clients were told. */
const told: StatementResult[] = []

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'iasql-canary-'))
  server = await startTestServer()
  client = await connect({ url: server.url, token: server.token })
  await run("SELECT * FROM iasql_install('aws_secrets_manager', 'aws_iam')")
})
afterAll(async () => {
  await server?.stop()
  rmSync(home, { recursive: true, force: true })
})

async function run(sql: string): Promise<readonly StatementResult[]> {
  const messages = await Array.fromAsync(client.run(sql))
  const results = resultsOf(messages as unknown as Message[])
  told.push(...results)
  return results
}
const errorsOf = (results: readonly StatementResult[]) =>
  results.flatMap(({ error }) => (error ? [error] : []))

/** Sequences that are long enough to be no accident and short enough to stand between two bytes of a compression. */
const piecesOf = (text: string): readonly Buffer[] =>
  Array.from({ length: text.length - 6 }, (_, at) => Buffer.from(text.slice(at, at + 7)))

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  )

/** Files that have a piece of the text, as it is or encoded. */
function filesWith(text: string, folder: string): readonly string[] {
  const secret = text.slice(text.indexOf('.') + 1)
  const forms = [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')]
  const pieces = forms.flatMap(piecesOf)
  return filesIn(folder).filter((file) => {
    if (statSync(file).size === 0) return false
    const bytes = readFileSync(file)
    return pieces.some((piece) => bytes.includes(piece))
  })
}

const insert = (name: string, value = canary): string =>
  `INSERT INTO secret (name, value, description, recovery_window_in_days) VALUES ('${name}', '${value}', '${open}', 0)`

test('statements that succeed, whatever their form', async () => {
  const results = [
    await run(insert('plain')),
    await run(`UPDATE secret SET value = '${canary}' WHERE name = 'plain'`),
    await run(`DO $$ BEGIN ${insert('in-block')}; END $$`),
    await run(`BEGIN; ${insert('rolled-back')}; ROLLBACK`),
    await run(`BEGIN; PREPARE keep AS ${insert('prepared')}; EXECUTE keep; COMMIT`),
    await run(`WITH made AS (${insert('in-with')} RETURNING *) SELECT * FROM made`),
    await run(
      `${insert('plain')} ON CONFLICT (name, account_id, region) DO UPDATE SET value = EXCLUDED.value`,
    ),
    await run(`${insert('long', canary + 'x'.repeat(40_000) + canary)}`),
    await run(`-- ${canary}\n${insert('commented')}`),
  ]

  expect(errorsOf(results.flat())).toEqual([])
})

test('statements that fail, whatever they fail at', async () => {
  await run(
    'CREATE FUNCTION write_login(text) RETURNS void LANGUAGE sql AS $$ UPDATE secret SET value = $1 $$',
  )
  const failing = [
    insert('plain'),
    insert('not a name'),
    insert('typed').replace(`'${canary}'`, `'${canary}'::int`),
    insert('quoted').replace(`'${canary}'`, `"${canary}"`),
    insert('json').replace(`'${canary}'`, `('{"a": ${canary}}'::jsonb)::text`),
    insert('unparsed').replace(`'${canary}'`, `'${canary}' '${canary}' x`),
    insert('marker', 'secret:7777'),
    insert('long-one', canary.repeat(2_000)),
    `DO $$ BEGIN ${insert('then-fails')}; PERFORM 1 / 0; END $$`,
    `DO $$ BEGIN ${insert('plain')}; END $$`,
    `DO $$ BEGIN RAISE EXCEPTION 'no %', '${canary}'; END $$`,
    `BEGIN; ${insert('aborted')}; SELECT 1 / 0; COMMIT`,
    `UPDATE secret SET value = '${canary}', name = NULL`,
    `UPDATE secret SET value = '${canary}', id = id + 1`,
    `EXPLAIN (VERBOSE) ${insert('explained')}`,
    `EXPLAIN (VERBOSE) UPDATE secret SET value = '${canary}'`,
    `EXPLAIN (VERBOSE) SELECT write_login('${canary}')`,
  ]

  for (const sql of failing) expect(errorsOf(await run(sql)), sql).not.toEqual([])

  const misplaced = await run(
    `INSERT INTO secret (name, recovery_window_in_days, value) VALUES ('misplaced', '${canary}', '7')`,
  )
  expect(errorsOf(misplaced)[0]?.message).toBe('invalid input syntax for type integer: "…"')
})

test('what is planned, applied, refused, read back and told of it later', async () => {
  await run('SELECT * FROM iasql_preview()')
  await run('SELECT * FROM iasql_apply()')
  await run(`UPDATE secret SET value = '${canary}-2' WHERE name = 'plain'`)
  await run('SELECT * FROM iasql_apply()')
  await run(
    insert('refused')
      .replace('(name,', '(replica_regions, name,')
      .replace('VALUES (', `VALUES ('["us-east-1"]', `),
  )
  const refused = await run('SELECT * FROM iasql_apply()')
  await run("DELETE FROM secret WHERE name = 'refused'; SELECT * FROM iasql_apply()")
  await run('SELECT * FROM iasql_sync()')
  await run('SELECT * FROM iasql_audit_log')
  await run("SELECT * FROM iasql_get_sql_since(now() - interval '1 day')")
  await run("SELECT * FROM iasql_create_review('Logins', 'New ones.')")
  await run('SELECT * FROM iasql_get_errors()')
  const secrets = new SecretsManagerClient(server.awsConfiguration)

  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'plain' }))

  expect(SecretString).toBe(`${canary}-2`)
  expect(errorsOf(refused)[0]?.code).toBe('apply/changes-failed')
  expect(JSON.stringify(told.map(({ rows, notices }) => [rows, notices]))).not.toContain(canary)
})

test('the history of the shell has the other statements', async () => {
  const terminal = testTerminal({
    env: { IASQL_URL: server.url, IASQL_TOKEN: server.token, XDG_STATE_HOME: home },
    isTTY: true,
  })
  const code = main(['shell'], terminal)
  // As long as the machine takes; the limit of the test is the only one.
  const shown = (text: string) =>
    vi.waitFor(() => expect(`${terminal.out()}${terminal.err()}`).toContain(text), { timeout: 110_000 })
  await shown('local=> ')
  terminal.stdin.write('CREATE VIEW logins AS SELECT name, value FROM secret;\n')
  await shown('CREATE VIEW')
  terminal.stdin.write(`UPDATE logins SET value =\n'${canary}' WHERE name = 'plain';\n`)
  await shown('UPDATE 1')
  terminal.stdin.write(`SELECT * FROM set_user_password('unknown', '${canary}');\n`)
  await shown('cannot be found')
  terminal.stdin.write(`INSRT INTO secret (name, value) VALUES ('typed', '${canary}');\n`)
  await shown('syntax error')
  terminal.stdin.write(`INSERT INTO secrets (name, value) VALUES ('typed', '${canary}');\n`)
  await shown('"secrets" does not exist')
  terminal.stdin.write(`SELECT '${open}';\n`)
  await shown('(1 row)')
  terminal.stdin.write('\\q\n')
  await code

  expect(readFileSync(join(home, 'iasql', 'history'), 'utf8')).toContain('CREATE VIEW logins')
  expect(filesWith(open, home)).not.toEqual([])
  expect(filesWith(canary, home)).toEqual([])
})

test('a password that is an argument of a function is set, and is told nobody', async () => {
  const password = `Aa1!${canary}`
  const iam = new IAMClient(server.awsConfiguration)
  await iam.send(new CreateUserCommand({ UserName: 'guest' }))

  const results = [
    await run(`SELECT * FROM set_user_password('guest', '${password}')`),
    await run(
      `SELECT * FROM set_user_password(user_name => 'guest', password => '${password}', reset_required => true)`,
    ),
    await run(`SELECT * FROM set_user_password('missing-user', '${password}')`),
    await run(`SELECT * FROM set_user_password('guest', 'long enough', '${password}')`),
    await run(`EXPLAIN (VERBOSE) SELECT * FROM set_user_password('guest', '${password}')`),
    await run(`CREATE VIEW later AS SELECT * FROM set_user_password('guest', '${password}')`),
    await run(`DO $$ BEGIN PERFORM * FROM set_user_password('guest', '${password}'); END $$`),
    await run(`BEGIN; SELECT * FROM set_user_password('guest', '${password}'); COMMIT`),
  ]

  const { LoginProfile } = await iam.send(new GetLoginProfileCommand({ UserName: 'guest' }))
  expect(LoginProfile?.PasswordResetRequired).toBe(true)
  expect(results.slice(0, 2).map(([result]) => result?.rows)).toEqual([[['created']], [['changed']]])
  expect(results.slice(2).map((failed) => errorsOf(failed).length)).toEqual([1, 1, 1, 1, 1, 1])
  expect(errorsOf(results[2] ?? [])[0]).toMatchObject({
    code: 'cloud/not-found',
    message: expect.stringContaining('missing-user'),
  })
  expect(JSON.stringify(results)).not.toContain(canary)
})

test('an access key is shown once, and is in no file', async () => {
  await new IAMClient(server.awsConfiguration).send(new CreateUserCommand({ UserName: 'deployer' }))

  const [made] = await run("SELECT * FROM access_key_request('deployer')")
  const missing = await run("SELECT * FROM access_key_request('nobody')")

  const [id = '', key = ''] = made?.rows[0] ?? []
  expect([made?.columns, id?.length, key?.length]).toEqual([['accesskeyid', 'secretaccesskey'], 20, 40])
  expect(errorsOf(missing)[0]).toMatchObject({ code: 'cloud/not-found' })
  client.close()
  await server.server.stop()
  expect(filesWith(`key.${key}`, server.dataDirectory)).toEqual([])
})

test('no file of the server has it: tables, log ahead of them, logs, keys', () => {
  const { dataDirectory } = server

  expect(filesIn(dataDirectory).length).toBeGreaterThan(500)
  expect(filesWith(open, dataDirectory).some((file) => file.includes('/pg_wal/'))).toBe(true)
  expect(filesWith(open, dataDirectory).some((file) => file.includes('/base/'))).toBe(true)
  expect(filesWith(canary, dataDirectory)).toEqual([])
  expect(server.server.errors()).not.toContain(canary)
})
