import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { findTable } from '#modules/registry.ts'
import { openSecrets } from '#operations/secrets/open-secrets.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { ownTransactionId } from '#postgres/statements/run-commit.ts'
import { letRestore } from '#postgres/statements/secret-restore.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_secrets_manager']])
})
afterAll(() => lab?.close())
beforeEach(() => lab.user.run('DELETE FROM secret'))

const insert = async (name: string, value: string): Promise<number> => {
  const [row] = await lab.user.query<{ id: number }>(
    'INSERT INTO secret (name, value) VALUES (:name, :value) RETURNING id',
    { name, value },
  )
  return row?.id ?? 0
}
const markers = async (): Promise<Record<string, string | null>> => {
  const rows = await lab.user.query<{ name: string; value: string | null }>('SELECT name, value FROM secret')
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}
/** As an apply opens it; undefined when it is kept no longer. */
const opened = async (marker: string | null | undefined): Promise<string | undefined> => {
  const type = findTable('secret')
  if (!type || !marker) return undefined
  const secrets = await openSecrets(lab.ports, lab.tenant, type, { value: marker }).catch(() => undefined)
  return secrets?.get(marker)
}
const refusal = async (sql: string, parameters = {}) => {
  const error = await lab.user.run(sql, parameters).then(
    () => undefined,
    (thrown: unknown) => databaseErrorOf(thrown),
  )
  return { sqlstate: error?.sqlstate, message: error?.message, detail: error?.detail }
}

test('a row shows a marker of what was written, and nobody can read what that stands for', async () => {
  await insert('shop', 'hunter2')

  const { shop } = await markers()

  expect(shop).toMatch(/^secret:\d+$/)
  expect(await opened(shop)).toBe('hunter2')
  for (const sql of ['SELECT * FROM iasql_secret', 'SELECT * FROM iasql_secret_key']) {
    expect(await refusal(sql), sql).toMatchObject({ sqlstate: '42501' })
  }
  for (const sql of [
    "SELECT iasql_keep_secret('secret', 1, 'value', 'planted')",
    "SELECT iasql_purge_secrets(interval '0', 1)",
    "SELECT pgcrypto.digest('a', 'md5')",
  ]) {
    expect(await refusal(sql), sql).toMatchObject({ sqlstate: '42501' })
  }
})

test('a table, a view over it and a function that names it are known to hold secrets', async () => {
  await lab.user.run(`CREATE VIEW ${lab.tenant.userSchema}.logins AS SELECT name, value FROM secret`)
  await lab.user.run(`CREATE FUNCTION ${lab.tenant.userSchema}.set_login(text) RETURNS void LANGUAGE sql
    AS $$ UPDATE secret SET value = $1 $$`)

  const names = await lab.user.query('SELECT name, kind FROM iasql_secret_name ORDER BY name')

  expect(names).toEqual([
    { name: 'logins', kind: 'relation' },
    { name: 'secret', kind: 'relation' },
    { name: 'set_login', kind: 'function' },
  ])
})

test('what gets at a secret over others is known too, in whatever way it is written and named', async () => {
  const own = lab.tenant.userSchema
  for (const sql of [
    `CREATE VIEW ${own}."a(b ""c""" AS SELECT name, value FROM secret`,
    `CREATE FUNCTION ${own}.by_parts(given text) RETURNS void
     BEGIN ATOMIC UPDATE secret SET value = given; END`,
    `CREATE FUNCTION ${own}.by_another(given text) RETURNS void LANGUAGE plpgsql
     AS $$ BEGIN PERFORM by_parts(given); END $$`,
    `CREATE FUNCTION ${own}.by_third(given text) RETURNS void BEGIN ATOMIC SELECT ${own}.by_another(given); END`,
    `CREATE FUNCTION ${own}.by_quoted(given text) RETURNS void LANGUAGE sql
     AS $$ UPDATE "a(b ""c""" SET value = given $$`,
    `CREATE FUNCTION ${own}.pass_on() RETURNS trigger LANGUAGE plpgsql
     AS $$ BEGIN PERFORM by_parts(NEW.word); RETURN NULL; END $$`,
    `CREATE TABLE ${own}.inbox (word text)`,
    `CREATE TRIGGER pass_on AFTER INSERT ON ${own}.inbox FOR EACH ROW EXECUTE FUNCTION ${own}.pass_on()`,
    `CREATE FUNCTION ${own}.harmless() RETURNS text LANGUAGE sql AS $$ SELECT 'secrets_of_by_parts_2' $$`,
  ]) {
    await lab.user.run(sql)
  }

  const rows = await lab.user.query<{ name: string; kind: string }>(
    'SELECT name, kind FROM iasql_secret_name',
  )

  const found = rows.map(({ name, kind }) => `${kind} ${name}`)
  expect(found).toEqual(
    expect.arrayContaining([
      'relation a(b "c"',
      'relation inbox',
      'function by_parts',
      'function by_another',
      'function by_third',
      'function by_quoted',
      'function pass_on',
    ]),
  )
  expect(found).not.toContain('function harmless')
})

test('the same value again is a rotation, an update of something else is none', async () => {
  await insert('shop', 'hunter2')
  const { shop: first } = await markers()

  await lab.user.run("UPDATE secret SET description = 'of the shop', value = value")
  const { shop: second } = await markers()
  await lab.user.run("UPDATE secret SET value = 'hunter2'")
  const { shop: third } = await markers()

  expect(second).toBe(first)
  expect(third).not.toBe(first)
  expect(await opened(third)).toBe('hunter2')
})

test('a row that is there takes the value of the one that was to be inserted', async () => {
  await insert('shop', 'old')

  await lab.user.run(`INSERT INTO secret (name, value) VALUES ('shop', 'new')
    ON CONFLICT (name, account_id, region) DO UPDATE SET value = EXCLUDED.value`)

  expect(await opened((await markers()).shop)).toBe('new')
})

test('what a transaction has written it may copy, and each row has its own afterwards', async () => {
  await lab.user.run(`WITH made AS (INSERT INTO secret (name, value) VALUES ('one', 'shared') RETURNING value)
    INSERT INTO secret (name, value) SELECT 'two', value FROM made`)

  const { one, two } = await markers()

  expect(one).not.toBe(two)
  expect([await opened(one), await opened(two)]).toEqual(['shared', 'shared'])
})

test.each([
  ['one of another row', "(SELECT value FROM secret WHERE name = 'other')"],
  ['one that was current before', "'secret:1'"],
  ['one that does not exist', "'secret:999999999'"],
  ['one beyond all numbers', `'secret:${'9'.repeat(40)}'`],
])('a marker written by hand is refused: %s', async (_, marker) => {
  await insert('other', 'theirs')
  await insert('shop', 'mine')

  const refused = await refusal(`UPDATE secret SET value = ${marker} WHERE name = 'shop'`)

  expect(refused.sqlstate).toBe('22023')
  expect(refused.message).toMatch(/^value of secret is write-only, and secret:\d+ only stands for/)
  expect(await opened((await markers()).shop)).toBe('mine')
})

test('a value that AWS would not take is refused without being shown', async () => {
  const long = 'x'.repeat(65_537)

  const empty = await refusal("INSERT INTO secret (name, value) VALUES ('shop', '')")
  const large = await refusal("INSERT INTO secret (name, value) VALUES ('shop', :long)", { long })
  const unnamed = await refusal("INSERT INTO secret (name, value) VALUES ('a b', 'hunter2')")

  expect(empty).toMatchObject({
    sqlstate: '23514',
    message: 'value of secret is not of the form that AWS takes',
  })
  expect(large).toMatchObject({ sqlstate: '54000', message: 'value of secret is larger than 64 KiB' })
  expect(unnamed.sqlstate).toBe('23514')
  expect(JSON.stringify([empty, large, unnamed])).not.toMatch(/hunter2|xxxx/)
})

test('a value of 64 KiB comes back whole', async () => {
  const value = '€'.repeat(21_845)
  await insert('shop', value)

  expect(await opened((await markers()).shop)).toBe(value)
})

test('nothing can refer to a value', async () => {
  const id = await insert('shop', 'hunter2')

  const refused = await refusal(`SELECT iasql_ref('secret', ${id}, 'value')`)
  const written = await refusal(`UPDATE secret SET description = '\${secret(${id}).value}'`)

  expect(refused).toMatchObject({ sqlstate: '42501' })
  expect(refused.message).toBe('value of secret is write-only, so nothing can refer to its value')
  expect(written.sqlstate).toBe('42501')
})

test('who restores writes an earlier marker of the same row, as long as that is kept', async () => {
  await insert('other', 'theirs')
  const id = await insert('shop', 'first')
  const { shop: first, other } = await markers()
  await lab.user.run("UPDATE secret SET value = 'second' WHERE name = 'shop'")
  const restore = (marker: string | null | undefined) =>
    lab.user.transaction(async (transaction) => {
      await letRestore(lab.ports.platform, lab.tenant, await ownTransactionId(transaction))
      await transaction.run('UPDATE secret SET value = :marker WHERE id = :id', { marker: marker ?? '', id })
    })

  await restore(first)

  expect((await markers()).shop).toBe(first)
  await expect(restore(other)).rejects.toThrow('only stands for what this row does not hold')
  await expect(restore('secret:999999999')).rejects.toThrow('is kept no longer')
})

test('a tenant cannot say itself that it restores, so no value of a deleted row moves to another name', async () => {
  const id = await insert('shop', 'hunter2')
  const { shop } = await markers()
  await lab.user.run('DELETE FROM secret')
  const forge = (settle: string): Promise<unknown> =>
    lab.user.transaction(async (transaction) => {
      await transaction.run(settle)
      await transaction.run("INSERT INTO secret (id, name, value) VALUES (:id, 'elsewhere', :shop)", {
        id,
        shop: shop ?? '',
      })
    })

  const bySetting = forge("SET LOCAL iasql.restores_secrets = 'on'")
  await expect(bySetting).rejects.toThrow('only stands for what this row does not hold')
  const byTable = forge('INSERT INTO iasql_restoring (xid) VALUES (pg_current_xact_id())')
  await expect(byTable).rejects.toThrow('permission denied for table iasql_restoring')

  expect(await markers()).toEqual({})
})

test('what is noted of transactions that restored goes when they have ended', async () => {
  const { schema } = lab.tenant
  const note = () =>
    lab.user.transaction(async (transaction) => {
      const xid = await ownTransactionId(transaction)
      await letRestore(lab.ports.platform, lab.tenant, xid)
      return xid
    })

  await note()
  const last = await note()

  const noted = await lab.ports.platform.query(`SELECT xid::text AS xid FROM ${schema}.iasql_restoring`)
  expect(noted).toEqual([{ xid: last }])
})

test('a version goes so long after its row has given it up, however old it is; those that rows hold stay', async () => {
  const { schema } = lab.tenant
  await insert('shop', 'first')
  const { shop: first } = await markers()
  const purgeAt40Days = async (table: string, column: string) => {
    await lab.ports.platform.run(`UPDATE ${schema}.${table} SET ${column} = ${column} - interval '40 days'`)
    await lab.ports.platform.query(`SELECT ${schema}.iasql_purge_secrets(interval '30 days', 1000)`)
  }
  await lab.user.run("UPDATE secret SET value = 'second'")
  const { shop: second } = await markers()

  await purgeAt40Days('iasql_secret', 'at')
  const early = await opened(first)
  await purgeAt40Days('iasql_audit', 'ts')

  expect(early).toBe('first')
  expect(await opened(first)).toBeUndefined()
  expect(await opened(second)).toBe('second')
})
