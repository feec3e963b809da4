import { expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { registry } from '#modules/registry.ts'
import { hideLiterals } from '#operations/secrets/hide-literals.ts'
import { hideIn, hideSecrets } from '#operations/secrets/hide-secrets.ts'
import { literalsOf } from '#operations/statement/literals.ts'
import { splitStatements } from '#operations/statement/split-statements.ts'
import type { Database } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'

const json = '{"user": "shop", "password": "p\\"ss/w rd", "port": 5432123}'

test.each([
  ['as it is', 'no correct-horse here', ['correct-horse'], 'no … here'],
  ['inside JSON', `bad: ${JSON.stringify({ a: 'line\nbreak' })}`, ['line\nbreak'], 'bad: {"a":"…"}'],
  [
    'inside JSON in JSON',
    JSON.stringify(JSON.stringify({ v: 'a"bcdef' })),
    ['a"bcdef'],
    '"{\\"v\\":\\"…\\"}"',
  ],
  ['inside an address', 'GET /?q=p%2Fss%20word', ['p/ss word'], 'GET /?q=…'],
  ['in base64', `got ${Buffer.from('hunter22').toString('base64')}`, ['hunter22'], 'got …'],
  [
    'a part of a JSON secret',
    'password p"ss/w rd is weak, port 5432123',
    [json],
    'password … is weak, port …',
  ],
  ['two of which one holds the other', 'abcdefgh', ['cdefgh', 'abcdefgh'], '…'],
  ['nothing of it', 'all is well', ['correct-horse'], 'all is well'],
])('a secret is cut out of a text: %s', (_, text, secrets, shown) => {
  expect(hideIn(text, secrets)).toBe(shown)
})

test('a text with a secret too short to be cut is hidden whole', () => {
  expect(hideIn('the abc is wrong', ['abc'])).not.toContain('abc')
})

test('an error keeps all that tells what to do, without its cause', () => {
  const error = new IasqlError('cloud/invalid', 'CreateSecret: hunter22 is weak', {
    detail: 'AWS error hunter22',
    awsRequestId: 'r-1',
    refusal: { operation: 'CreateSecret', error: 'Weak', message: 'hunter22' },
    cause: new Error('hunter22'),
  })

  const hidden = hideSecrets(error, new Map([['secret:1', 'hunter22']]))

  expect(hidden).toMatchObject({
    code: 'cloud/invalid',
    message: 'CreateSecret: … is weak',
    detail: 'AWS error …',
    awsRequestId: 'r-1',
    refusal: { operation: 'CreateSecret', error: 'Weak', message: '…' },
  })
  expect(hidden.cause).toBeUndefined()
})

test('literals are found in whatever way they are quoted, and inside of each other', () => {
  const sql = `DO $do$ BEGIN EXECUTE 'INSERT INTO t VALUES (''it''''s'', E''a\\'b'')'; END $do$; SELECT "quoted"`

  expect(literalsOf(sql)).toEqual(expect.arrayContaining(["it's", 'quoted']))
})

interface Shown {
  readonly names?: readonly string[]
  readonly sqlstate?: string
}

const shownOf = async (
  text: string,
  message: string,
  { names = ['secret'], sqlstate = '23505' }: Shown = {},
) => {
  const platform = { query: async () => names.map((name) => ({ name, kind: 'relation' })) }
  const error = {
    code: 'sql/statement-failed',
    sqlstate,
    message,
    detail: 'Token "hunter22" is invalid.',
  }
  const split = await splitStatements(text)
  if (split.kind === 'error') throw split.error
  const [statement] = split.statements
  if (!statement) throw new Error(`no statement: ${text}`)
  const lookup = tableLookup(registry.modules.flatMap(({ tables }) => tables))
  const given = { ...statement, lookup }
  return await hideLiterals({ platform: platform as unknown as Database }, {} as Tenant, error, given)
}

test('an error of a statement about a table with secrets shows none of its literals', async () => {
  const text = `INSERT INTO Secret (name, value) VALUES ('shop', '{"a": hunter22}'::int)`

  const shown = await shownOf(text, `invalid input syntax for type integer: "{"a": hunter22}"`)

  expect(shown.message).toBe('invalid input syntax for type integer: "…"')
  expect(shown.detail).toBe('Token "…" is invalid.')
})

test('a table whose name is written in quotes alone is found too', async () => {
  const text = `UPDATE "a(b ""c""" SET value = 'abcdefgh'::int`

  const shown = await shownOf(text, 'invalid input syntax for type integer: "abcdefgh"', {
    names: ['a(b "c"'],
  })

  expect(shown.message).toBe('invalid input syntax for type integer: "…"')
})

test('any other error is shown as it is', async () => {
  const message = 'invalid input syntax for type integer: "abcdefgh"'

  expect((await shownOf("SELECT 'abcdefgh'::int", message)).message).toBe(message)
  expect((await shownOf("INSERT INTO secret VALUES ('abcdefgh'::int)", message, { names: [] })).message).toBe(
    message,
  )
})

test.each([
  `INSERT INTO secret (name, value) VALUES ('frontend', 'hunter22')`,
  `INSERT INTO secret (value, name) VALUES ('other-one', 'backend'), ('hunter22', 'frontend')`,
  `INSERT INTO secret (name, value) VALUES ('frontend', 'x') ON CONFLICT (name) DO UPDATE SET value = 'hunter22'`,
  `UPDATE secret SET name = 'frontend', value = 'hunter22' WHERE description = 'hunter23'`,
])('of %s only what the secret column is given is hidden', async (text) => {
  const { message } = await shownOf(text, 'frontend and hunter22 are taken')

  expect(message).toBe('frontend and … are taken')
})

test.each([
  `INSERT INTO secret VALUES ('frontend', 'hunter22')`,
  `INSERT INTO secret (name, value) SELECT 'frontend', 'hunter22'`,
  `UPDATE secret SET (name, value) = ('frontend', 'hunter22')`,
  `UPDATE secret SET value = 'hunter22' WHERE value = 'frontend'`,
  `WITH one AS (SELECT 'hunter22' AS v) UPDATE secret SET name = 'frontend', value = v FROM one`,
  `DO $$ BEGIN INSERT INTO secret (name, value) VALUES ('frontend', 'hunter22'); END $$`,
])('of %s nobody knows which literal is whose, so all are', async (text) => {
  expect((await shownOf(text, 'frontend and hunter22')).message).toBe('… and …')
})

test.each(['22P02', '22007'])(
  'of a value that its column cannot take (%s) nobody knows for which it was meant',
  async (sqlstate) => {
    const text = `INSERT INTO secret (created_at, value) VALUES ('hunter22', '2026-11-21')`
    const shown = await shownOf(text, 'invalid input syntax: "hunter22"', { sqlstate })

    expect(shown.message).toBe('invalid input syntax: "…"')
  },
)

test('a table whose name is written in Unicode escapes is found too', async () => {
  const text = `INSERT INTO U&"s!0065cret" UESCAPE '!' (name, value) VALUES ('frontend', 'hunter22')`

  expect((await shownOf(text, 'frontend and hunter22 are taken')).message).toBe('frontend and … are taken')
})

test('a value in the wrong quotes is hidden like one in the right ones', async () => {
  const text = `INSERT INTO secret (name, value) VALUES ('frontend', "hunter22")`

  expect((await shownOf(text, 'column "hunter22" does not exist')).message).toBe('column "…" does not exist')
})

test('a statement that only quotes the word shows its names', async () => {
  const message = 'duplicate key (name)=(frontend)'

  expect((await shownOf(`INSERT INTO queue (name) VALUES ('secret'), ('frontend')`, message)).message).toBe(
    message,
  )
  expect((await shownOf(`SELECT write_to('secret', 'frontend')`, message)).message).toBe(
    'duplicate key (name)=(…)',
  )
})
