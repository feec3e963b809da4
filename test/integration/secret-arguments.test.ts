/** A function with a secret argument: the handler gets the value, and nothing else ever has it. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { ensureSecretKey } from '#operations/secrets/ensure-secret-key.ts'
import { openRunLab, type RunLab, type ScriptedRpc } from '#test/support/run-lab.ts'

const canary = 'canary-XUtnFEMI-"K7MDENG'
let lab: RunLab
let answer: ScriptedRpc['answer']

beforeAll(async () => {
  lab = await openRunLab()
  const rpc = {
    name: 'set_key',
    module: 'test',
    kind: 'action',
    role: 'viewer',
    arguments: [
      { name: 'who', type: 'text' },
      { name: 'key', type: 'text', secret: true },
      { name: 'soon', type: 'boolean', default: 'false' },
    ],
    columns: [{ name: 'outcome', type: 'text' }],
    description: 'Sets a key.',
    sampleUsage: "SELECT * FROM set_key('ann', '…')",
  } as const
  await ensureSecretKey(lab.ports, lab.tenant, [
    { name: 'test', version: '1', requires: [], tables: [], rpc: [rpc], sql: [], examples: [] } as never,
  ])
  await lab.offer({ ...rpc, answer: (ports, call) => answer(ports, call) })
})
afterAll(() => lab?.close())
beforeEach(() => {
  lab.calls.length = 0
  answer = () => ({ kind: 'rows', rows: [{ outcome: 'done' }] })
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
const quoted = `'${canary}'`
const piece = 'XUtnFEMI'

test.each([
  `SELECT * FROM set_key('ann', ${quoted}, true)`,
  `SELECT outcome FROM set_key(key => ${quoted}, who => 'ann'::text, soon => true)`,
  `SELECT outcome FROM SET_KEY('ann', E${quoted}, soon => true)`,
])('the handler gets the value of %s, and the database never', async (sql) => {
  const { statements } = await lab.run(sql)

  expect(statements[0]?.rows).toEqual([['done']])
  expect(lab.calls.map((call) => call.arguments)).toEqual([['ann', canary, true]])
  expect(await everything()).not.toContain(piece)
})

test('two calls of one text are two calls, whatever they are given', async () => {
  const { statements } = await lab.run(
    `SELECT * FROM set_key('ann', ${quoted}); SELECT * FROM set_key('ann', ${quoted})`,
  )

  expect(statements.map(({ rows }) => rows)).toEqual([[['done']], [['done']]])
  expect(lab.calls).toHaveLength(2)
})

test('an error of the call, and what is stored and told of it, are without the value', async () => {
  answer = () => {
    throw new IasqlError('cloud/invalid', `SetKey: ${canary} is too weak`, {
      detail: `AWS error: ${canary}`,
      refusal: { operation: 'SetKey', error: 'Weak', message: canary },
    })
  }

  const { statements, messages } = await lab.run(`SELECT * FROM set_key('ann', ${quoted})`)

  expect(statements[0]?.error).toMatchObject({ code: 'cloud/invalid', message: 'SetKey: … is too weak' })
  expect(JSON.stringify(messages)).not.toContain(piece)
  expect(await everything()).not.toContain(piece)
})

test('an error about what is no secret keeps its words, its code and the id of the request', async () => {
  answer = () => {
    throw new IasqlError('cloud/not-found', 'The user with name missing-user cannot be found.', {
      awsRequestId: 'request-77',
    })
  }

  const { statements } = await lab.run(`SELECT * FROM set_key('missing-user', ${quoted})`)

  expect(statements[0]?.error).toMatchObject({
    code: 'cloud/not-found',
    message: 'The user with name missing-user cannot be found.',
    awsRequestId: 'request-77',
  })
  expect(JSON.stringify(statements)).not.toMatch(/ran before the statement failed/)
})

test('a key that cannot be read just now is no fault of the call', async () => {
  const open = vi.spyOn(lab.ports.secretKeys, 'open').mockRejectedValueOnce(new Error('throttled'))

  const { statements } = await lab.run(`SELECT * FROM set_key('ann', ${quoted})`)
  open.mockRestore()

  expect(statements[0]?.error).toMatchObject({ code: 'system/internal' })
  expect(lab.calls).toEqual([])
})

test.each([
  ['a value that is no boolean', `SELECT * FROM set_key('ann', 'x', ${quoted})`],
  ['a cast that fails', `SELECT * FROM set_key('ann', (${quoted}::int)::text)`],
  ['too few arguments', `SELECT * FROM set_key(${quoted})`],
])('%s quotes nothing', async (_what, sql) => {
  const { statements } = await lab.run(sql)

  expect(statements[0]?.error).toBeDefined()
  expect(JSON.stringify(statements)).not.toContain(piece)
  expect(lab.calls).toEqual([])
})

test('NULL is no secret', async () => {
  const { statements } = await lab.run(`SELECT * FROM set_key('ann', NULL)`)

  expect(statements[0]?.error).toMatchObject({
    sqlstate: '22004',
    message: 'key of set_key() is NULL',
    hint: 'Give it a value.',
  })
})

test.each([
  `SELECT upper(outcome) FROM set_key('ann', ${quoted})`,
  `SELECT set_key('ann', ${quoted})`,
  `EXPLAIN (VERBOSE) SELECT * FROM set_key('ann', ${quoted})`,
  `CREATE VIEW ready AS SELECT * FROM set_key('ann', ${quoted})`,
  `CREATE TABLE kept AS SELECT * FROM set_key('ann', ${quoted})`,
  `CREATE FUNCTION mine() RETURNS text LANGUAGE sql AS $$ SELECT outcome FROM set_key('ann', ${quoted}) $$`,
  `DO $$ BEGIN PERFORM * FROM set_key('ann', ${quoted}); END $$`,
  `INSERT INTO aws_regions SELECT * FROM "set_key"('ann', ${quoted})`,
  `SELECT upper(outcome) FROM U&"\\0073et_key"('ann', ${quoted})`,
  `EXPLAIN (VERBOSE) SELECT * FROM U&"!0073et!+00005Fkey" UESCAPE '!' ('ann', ${quoted})`,
  `CREATE FUNCTION hidden() RETURNS text LANGUAGE sql AS $$ SELECT outcome FROM U&"\\0073et_key"('ann', ${quoted}) $$`,
])('%s is refused before anything keeps it', async (sql) => {
  const { statements } = await lab.run(sql)

  expect(statements[0]?.error).toMatchObject({
    code: 'sql/unsupported',
    message: 'set_key() takes a secret, so it runs only as SELECT … FROM set_key(…)',
  })
  expect(lab.calls).toEqual([])
  expect(await everything()).not.toContain(piece)
})

test('its name in a text is no call', async () => {
  const { statements } = await lab.run(`SELECT lower('set_key'), 1 AS set_key`)

  expect(statements[0]?.rows).toEqual([['set_key', '1']])
})

test('what a tenant sends in place of a sealed value is refused', async () => {
  const [key] = await lab.db.platform.query<{ name: string }>(
    `SELECT key_name AS name FROM ${lab.tenant.schema}.iasql_secret_key`,
  )
  const { userSchema } = lab.tenant
  await lab.db.platform.run(`CREATE FUNCTION ${userSchema}.set_key(which int) RETURNS TABLE (outcome text)
    LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'P0004',
      MESSAGE = 'IASQL_RPC {"name":"set_key","arguments":["ann","${key?.name} d2hhdA==",false]}'; END $$`)
  await lab.db.platform.run(`GRANT EXECUTE ON FUNCTION ${userSchema}.set_key(int) TO PUBLIC`)

  const { statements } = await lab.run('SELECT * FROM set_key(which => 1)')

  expect(statements[0]?.error?.code).toBe('sql/unstable-arguments')
  expect(lab.calls).toEqual([])
})

test('what a tenant makes up in place of a call is opened under no key of others', async () => {
  const { userSchema } = lab.tenant
  await lab.db.platform.run(`CREATE FUNCTION ${userSchema}.set_key(which text) RETURNS TABLE (outcome text)
    LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'P0004',
      MESSAGE = 'IASQL_RPC {"name":"set_key","arguments":["ann","iasql/other/secrets d2hhdA==",false]}'; END $$`)
  await lab.db.platform.run(`GRANT EXECUTE ON FUNCTION ${userSchema}.set_key(text) TO PUBLIC`)

  const { statements } = await lab.run(`SELECT * FROM set_key(which => 'x')`)

  expect(statements[0]?.error?.code).toBe('sql/unstable-arguments')
  expect(lab.calls).toEqual([])
})

test('the names by which a statement may write a secret have the function', async () => {
  const { statements } = await lab.run('SELECT name, kind FROM iasql_secret_name')

  expect(statements[0]?.rows).toContainEqual(['set_key', 'function'])
})
